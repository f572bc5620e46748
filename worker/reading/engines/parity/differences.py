"""How far two sets of measurements are apart, and whether that is more than rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

import torch
from torch import Tensor

from worker.reading.engines.parity.native import Measured

_COLUMNS = ("ids", "tiles", "max Δ pixel", "max Δ feature", "max Δ logit", "greedy tokens")


@dataclass(frozen=True, slots=True)
class Tolerances:
    """Largest differences that are rounding; that of features is a part of their largest value.

    Where the numbers are coarse, rounding alone swaps tokens: they are shown, and not judged.
    """

    pixels: float = 2e-2
    features: float = 1e-3
    logits: float = 1e-3
    tokens: bool = True


LIMITS = {"float32": Tolerances(), "bfloat16": Tolerances(features=5e-2, logits=0.5, tokens=False)}


@dataclass(frozen=True, slots=True)
class _Finding:
    """A cell of the table; `good` is None where nothing could be compared."""

    text: str = "-"
    good: bool | None = None


def report(
    names: Sequence[str], reference: Measured, native: Measured, *, limits: Tolerances, out: TextIO
) -> bool:
    """Print a row for each case and a verdict; True when all that could be measured agrees."""
    rows = {name: _row(name, reference, native, limits) for name in names}
    _print_table(rows, out)
    for whose, missing in (("its own code", reference.missing), ("this implementation", native.missing)):
        for name, reason in missing.items():
            print(f"not measured with {whose}: {name} ({reason})", file=out)
    wrong = [
        f"{name}: {column}"
        for name, row in rows.items()
        for column, found in zip(_COLUMNS, row, strict=True)
        if found.good is False
    ]
    ran = all(row[4].good is not None or row[5].good is not None for row in rows.values())
    good = not wrong and not native.missing and ran
    print(f"verdict: {_verdict(wrong, good=good, ran=ran)}", file=out)
    return good


def _verdict(wrong: Sequence[str], *, good: bool, ran: bool) -> str:
    if good:
        return "agrees in all that could be measured"
    if wrong:
        return f"DIFFERS ({'; '.join(wrong)})"
    reason = "this implementation cannot take its input" if ran else "too little was measured"
    return f"NOT PROVEN: {reason}"


def _print_table(rows: dict[str, tuple[_Finding, ...]], out: TextIO) -> None:
    lines = [["page", *_COLUMNS], *([name, *(found.text for found in row)] for name, row in rows.items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip(), file=out)


def _row(case: str, reference: Measured, native: Measured, limits: Tolerances) -> tuple[_Finding, ...]:
    def both(name: str) -> tuple[Tensor | None, Tensor | None]:
        return reference.tensors.get(f"{case}.{name}"), native.tensors.get(f"{case}.{name}")

    features = reference.tensors.get(f"{case}.features")
    scale = 1.0 if features is None else float(features.abs().max())
    types = both("token_type_ids")
    ids = _ids(*both("input_ids"))
    if ids.good and types[0] is not None and types[1] is not None and not torch.equal(types[0], types[1]):
        ids = _Finding("token types differ", good=False)
    return (
        ids,
        _tiles(*both("pixel_values")),
        _distance(*both("pixel_values"), limits.pixels),
        _distance(*both("features"), limits.features * scale),
        _distance(*both("logits"), limits.logits),
        _tokens(*both("greedy"), judged=limits.tokens),
    )


def _ids(reference: Tensor | None, native: Tensor | None) -> _Finding:
    if reference is None or native is None:
        return _Finding()
    if torch.equal(reference, native):
        return _Finding(f"{len(reference)} equal", good=True)
    return _Finding(f"{len(reference)} / {len(native)}, equal up to {_common(reference, native)}", good=False)


def _tiles(reference: Tensor | None, native: Tensor | None) -> _Finding:
    if reference is None or native is None:
        return _Finding()
    return _Finding(f"{len(reference)} / {len(native)}", good=len(reference) == len(native))


def _distance(reference: Tensor | None, native: Tensor | None, limit: float) -> _Finding:
    if reference is None or native is None:
        return _Finding()
    if reference.shape != native.shape:
        return _Finding(f"{list(reference.shape)} / {list(native.shape)}", good=False)
    found = float((reference.float() - native.float()).abs().max())
    return _Finding(f"{found:.1e}", good=found <= limit)  # a NaN is not within any limit


def _tokens(reference: Tensor | None, native: Tensor | None, *, judged: bool) -> _Finding:
    if reference is None or native is None:
        return _Finding()
    same = torch.equal(reference, native)
    text = (
        f"{len(reference)} equal" if same else f"equal up to {_common(reference, native)} of {len(reference)}"
    )
    return _Finding(text, good=same or not judged)


def _common(one: Tensor, other: Tensor) -> int:
    """How many tokens are the same before the first that is not."""
    length = min(len(one), len(other))
    differ = (one[:length] != other[:length]).nonzero()
    return int(differ[0]) if len(differ) else length
