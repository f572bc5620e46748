"""Which script a line is written in, where the recogniser cannot read it: a small convolutional network.

picture ─to ink on paper, 32 pixels high─► 3 convolutions ─mean over the width─► odds of each script

It only ever sees lines that were read unsurely, so pages that read well cost nothing. Its weights are
trained by `python -m bench.scripts` on drawn lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.reading.pages.base import Picture

KNOWN = "known"
"""The class of everything that the recogniser has letters for, and of what is no writing."""

HEIGHT = 32
"""Pixels of a line's picture for the network."""

UNNAMED = "unknown"
"""Told of a page in an unknown script that could not be named."""

_NARROWEST, _WIDEST = 32, 384  # pixels: the middle of a longer line tells as much
_STRIDE, _LAYERS = 2, 3
_LOWEST, _HIGHEST = 16, 160  # pixels of a line: lower, its letters are smudges; higher, it is a drawing
_MOST = 16  # lines looked at
_FEWEST = 2  # a single line is a logo or a signature more often than a page in another script
_FOREIGN = 0.6  # mean odds over these lines that they are in none of the known scripts
_SURE = 0.4  # share of those odds that one script has where it is named
_LEAST_CONTRAST = 8.0  # grey levels
_EDGE_INK = 0.02  # share of a row that is ink, below which the row is margin

Floats = NDArray[np.float32]


def foreign_script(crops: Sequence[Picture]) -> str | None:
    """The script of lines hardly read, by its name in Unicode or `UNNAMED`; None where it is known."""
    crops = [crop for crop in crops if _LOWEST <= crop.shape[0] <= _HIGHEST]
    if len(crops) < _FEWEST:
        return None
    widest = sorted(crops, key=lambda crop: -crop.shape[1] / crop.shape[0])[:_MOST]
    names, odds = script_odds(widest)
    mean = dict(zip(names, odds.mean(axis=0).tolist(), strict=True))
    foreign = 1.0 - mean.pop(KNOWN)
    best = max(mean, key=mean.__getitem__)
    if foreign < _FOREIGN:
        return None
    return best if mean[best] >= _SURE * foreign else UNNAMED


def script_odds(crops: Sequence[Picture]) -> tuple[tuple[str, ...], Floats]:
    """The names of the scripts, and how likely each is for each line: lines x scripts, rows sum to 1."""
    weights, names = _network()
    return names, np.stack([_softmax(_scores(normalised(crop), weights)) for crop in crops])


def normalised(crop: Picture) -> Floats:
    """Ink from 0 (paper) to 1 without margins above and below: `HEIGHT` rows, at most `_WIDEST` columns."""
    grey = np.asarray(crop[..., 1], dtype=np.float32)
    paper = float(np.median(grey))
    dark, bright = np.percentile(grey, (2, 98))
    ink = paper - grey if paper - dark >= bright - paper else grey - paper
    ink = np.clip(ink / max(_LEAST_CONTRAST, 0.8 * float(max(paper - dark, bright - paper))), 0, 1)
    [rows] = np.nonzero((ink > 0.5).mean(axis=1) > _EDGE_INK)
    if len(rows):
        ink = ink[rows[0] : rows[-1] + 1]
    width = int(np.clip(round(ink.shape[1] * HEIGHT / ink.shape[0]), _NARROWEST, 4 * _WIDEST))
    scaled = cv2.resize(ink, (width, HEIGHT), interpolation=cv2.INTER_AREA)
    start = max(0, (width - _WIDEST) // 2)
    return np.asarray(scaled[:, start : start + _WIDEST], dtype=np.float32)


def _scores(ink: Floats, weights: Mapping[str, Floats]) -> Floats:
    maps = ink[None]
    for layer in range(_LAYERS):
        maps = np.maximum(_convolved(maps, weights[f"kernel{layer}"], weights[f"bias{layer}"]), 0)
    pooled = maps.mean(axis=2).reshape(-1)  # channels x rows: where in the line a shape stands is kept
    return np.asarray(weights["out"] @ pooled + weights["out_bias"], dtype=np.float32)


def _convolved(maps: Floats, kernel: Floats, bias: Floats) -> Floats:
    """Channels x rows x columns through a kernel of outputs x channels x k x k, every second place."""
    size = kernel.shape[-1]
    rim = size // 2
    padded = np.pad(maps, ((0, 0), (rim, rim), (rim, rim)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size), axis=(1, 2))
    columns = windows[:, ::_STRIDE, ::_STRIDE].transpose(0, 3, 4, 1, 2)
    rows, wide = columns.shape[3:]
    answers = kernel.reshape(len(kernel), -1) @ columns.reshape(-1, rows * wide)
    return np.asarray(answers.reshape(-1, rows, wide) + bias[:, None, None])


def _softmax(scores: Floats) -> Floats:
    grown = np.exp(scores - scores.max())
    return np.asarray(grown / grown.sum(), dtype=np.float32)


@cache
def _network() -> tuple[Mapping[str, Floats], tuple[str, ...]]:
    """The weights, kept as halves, and the scripts in the order of the answers."""
    with (files(__package__) / "scripts.npz").open("rb") as file, np.load(file) as kept:
        names = tuple(str(name) for name in kept["names"])
        return {name: kept[name].astype(np.float32) for name in kept.files if name != "names"}, names
