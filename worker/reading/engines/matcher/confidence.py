"""How probable it is that a candidate is right: a logistic model with few terms.

Its weights (`confidence.json`) are fitted by `bench/calibrate.py` on labelled documents; AUROC
and calibration error stand in `bench/README.md`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files

from worker.reading.engines.matcher.sheet import Candidate

_WORDY = 12  # characters from which a value is a name or an address rather than a number or code


def features(candidate: Candidate, others: Sequence[Candidate]) -> dict[str, float]:
    """What the model looks at, each roughly 0 to 1."""
    runner_up = max((other.score for other in others), default=None)
    margin = 1.0 if runner_up is None else max(0.0, min(1.0, candidate.score - runner_up))
    ocr = candidate.ocr_confidence
    length = sum(span.end - span.start for span in candidate.spans)
    return {
        "strength": candidate.strength,
        "margin": margin,
        "alone": float(runner_up is None),
        "ocr": min(1.0, max(0.0, (ocr - 0.5) * 2)),
        "clear": float(ocr > 0.97),
        "length": min(1.0, length / 80),
        "lines": min(1.0, (len(candidate.spans) - 1) / 4),
        "number": float(isinstance(candidate.value, Decimal)),
        "sure_words": candidate.strength * float(length > _WORDY),
    }


def of(candidate: Candidate, others: Sequence[Candidate]) -> float:
    """Probability that the candidate's value is right, never quite 0 or 1."""
    if candidate.certainty is not None:
        return min(0.99, max(0.01, candidate.certainty))
    weights = _weights()
    total = weights["bias"] + sum(
        weights[name] * value for name, value in features(candidate, others).items()
    )
    return min(0.99, max(0.01, 1 / (1 + math.exp(-total))))


def shares(left: float, others: Sequence[Candidate]) -> list[float]:
    """What is left of the probability, shared out among alternatives by their scores."""
    powers = [math.exp(min(2.0, max(-4.0, other.score))) for other in others]
    total = sum(powers) + 1.0  # something must be left for values nobody thought of
    return [left * power / total for power in powers]


@cache
def _weights() -> Mapping[str, float]:
    raw = (files(__package__) / "confidence.json").read_text(encoding="utf-8")
    weights: Mapping[str, float] = json.loads(raw)["weights"]
    return weights
