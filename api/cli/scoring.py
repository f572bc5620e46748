"""Labelled documents, what was read of them, and the table of how well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.registry import Schema
from worker.reading.documents import DocumentOutcome
from worker.reading.score.compare import FieldScore
from worker.reading.score.metrics import auroc, calibration_error


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document of a manifest: its file, what to read it as, what should come out."""

    id: str
    path: Path
    schema: Schema
    expected: Mapping[str, Any]
    boxes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Compared:
    """A labelled document against what was read of it before."""

    labelled: Labelled
    scores: Sequence[FieldScore]


@dataclass(frozen=True, slots=True)
class Scored:
    """A labelled document after reading."""

    labelled: Labelled
    outcome: DocumentOutcome
    scores: Sequence[FieldScore]


def table(results: Sequence[Scored | Compared]) -> str:
    """One line per field: how many, share right, F1, ANLS, CER, share of boxes that overlap."""
    by_path: dict[str, list[FieldScore]] = {}
    for result in results:
        for item in result.scores:
            by_path.setdefault(f"{result.labelled.schema.name} {item.path}", []).append(item)
    lines = [f"{'field':<44}{'n':>5}{'exact':>8}{'F1':>8}{'ANLS':>8}{'CER':>8}{'IoU>.5':>8}"]
    lines += [_line(path, scores) for path, scores in by_path.items()]
    every = [item for scores in by_path.values() for item in scores]
    lines.append(_line("all", every))
    rated = [item for item in every if item.confidence is not None]
    surely = [item.confidence or 0.0 for item in rated]
    right = [item.right for item in rated]
    lines.append(
        f"confidence: AUROC {_cell(auroc(surely, right)).strip()}, calibration error "
        f"{_cell(calibration_error(surely, right)).strip()}, {len(rated)} values"
    )
    return "\n".join(lines)


def _line(path: str, scores: Sequence[FieldScore]) -> str:
    overlaps = [float(item.iou >= 0.5) for item in scores if item.iou is not None]
    cells = (
        _mean([float(item.right) for item in scores]),
        _mean([item.f1 for item in scores if item.f1 is not None]),
        _mean([item.anls for item in scores if item.anls is not None]),
        _mean([item.cer for item in scores if item.cer is not None]),
        _mean(overlaps),
    )
    return f"{path:<44}{len(scores):>5}" + "".join(_cell(cell) for cell in cells)


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _cell(value: float | None) -> str:
    return f"{'-':>8}" if value is None else f"{value:>8.3f}"
