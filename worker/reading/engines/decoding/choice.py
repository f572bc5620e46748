"""The next token of every row of a batch, chosen on the device: one copy to it and one from it a step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from worker.errors import UnsupportedByEngine
from worker.reading.engines.decoding.answer_row import AnswerRow

_WORD = 32  # tokens in a word of a mask
_TINIEST = 1e-38


def choose(rows: Sequence[AnswerRow], scores: Tensor, *, vocabulary: int) -> None:
    """Let each row say the likeliest allowed token, or draw one; `scores` are [rows, vocabulary].

    The model's own probability of the token and that of all that was allowed are noted with it, but not
    where only one was: it tells nothing. Raises UnsupportedByEngine where the scores are no numbers.
    """
    masks = np.full((len(rows), -(-vocabulary // _WORD)), -1, dtype=np.int32)
    for row, mask in zip(rows, masks, strict=True):
        row.mask(mask)
    draws = [(row.temperature, row.draw()) for row in rows] if any(row.temperature for row in rows) else []
    chosen, own, share = _chosen(scores, masks, draws)
    for index, row in enumerate(rows):
        if _single(masks[index]):
            row.take(int(chosen[index]), None, None)
            continue
        if np.isnan(own[index]):
            raise UnsupportedByEngine(detail="the model's numbers overflow on this page")
        likely = max(float(own[index]), _TINIEST)
        row.take(int(chosen[index]), float(np.log(likely)), min(1.0, max(likely, float(share[index]))))


def _chosen(
    scores: Tensor, masks: NDArray[np.int32], draws: Sequence[tuple[float, float]]
) -> NDArray[np.float32]:
    """For each row the token, its probability, and that of all that is allowed, in three lines."""
    scores = scores.float()  # exact for whole numbers up to 2^24, which no token is above
    packed = torch.from_numpy(masks).to(scores.device)
    places = torch.arange(_WORD, dtype=torch.int32, device=scores.device)
    bits = (packed[:, :, None] >> places & 1).flatten(1).bool()
    missing = scores.shape[1] - bits.shape[1]  # padding of the model's table, which no token is
    allowed = torch.nn.functional.pad(bits, (0, missing)) if missing > 0 else bits[:, : scores.shape[1]]
    probabilities = torch.softmax(scores, dim=-1)
    held = scores.masked_fill(~allowed, float("-inf"))
    token = held.argmax(dim=-1, keepdim=True)
    if draws:
        token = _drawn(held, torch.tensor(draws).to(scores.device), token)
    own = probabilities.gather(1, token)
    share = (probabilities * allowed).sum(dim=-1, keepdim=True)
    told: NDArray[np.float32] = torch.cat([token.float(), own, share], dim=1).T.cpu().numpy()
    return told


def _drawn(held: Tensor, draws: Tensor, likeliest: Tensor) -> Tensor:
    """The token of each row at its temperature and draw [rows, 2]; the likeliest at a temperature of 0."""
    temperature, draw = draws[:, :1], draws[:, 1:]
    below = torch.softmax(held / temperature.clamp(min=_TINIEST), dim=-1).cumsum(dim=-1)
    drawn = (below <= draw * below[:, -1:]).sum(dim=-1, keepdim=True)
    return torch.where(temperature > 0, drawn, likeliest)


def _single(mask: NDArray[np.int32]) -> bool:
    """Whether exactly one bit is set."""
    words = mask[np.flatnonzero(mask)].view(np.uint32)
    return len(words) == 1 and not int(words[0]) & (int(words[0]) - 1)
