"""Measures of text and of confidence, by their usual names."""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import Levenshtein


def cer(expected: str, read: str) -> float:
    """Character error rate: edits over the length of what should be read, above 1 for much too long."""
    if not expected:
        return float(bool(read))
    return Levenshtein.distance(expected, read) / len(expected)


def anls(expected: str, read: str, *, threshold: float = 0.5) -> float:
    """Average normalised Levenshtein similarity of one answer (Biten et al., ICCV 2019)."""
    similarity: float = Levenshtein.normalized_similarity(expected, read)
    return similarity if similarity >= threshold else 0.0


def f1(found: int, expected: int, read: int) -> float:
    """Harmonic mean of precision and recall from counts; 1 when nothing was there to be read."""
    return 2 * found / (expected + read) if expected + read else 1.0


def auroc(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """Probability that a right value is surer than a wrong one; None when all are alike."""
    positives = sum(right)
    negatives = len(right) - positives
    if positives == 0 or negatives == 0:
        return None
    ranks = _ranks(confidences)
    rank_sum = sum(rank for rank, is_right in zip(ranks, right, strict=True) if is_right)
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def calibration_error(confidences: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> float | None:
    """Expected calibration error over bins of equal width (Guo et al., ICML 2017); None without values."""
    if not confidences:
        return None
    total = 0.0
    for number in range(bins):
        members = [
            (confidence, is_right)
            for confidence, is_right in zip(confidences, right, strict=True)
            if min(int(confidence * bins), bins - 1) == number
        ]
        if members:
            mean = sum(confidence for confidence, _ in members) / len(members)
            share = sum(is_right for _, is_right in members) / len(members)
            total += len(members) / len(confidences) * abs(mean - share)
    return total


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1, equal values sharing the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for index in order[start : end + 1]:
            ranks[index] = (start + end) / 2 + 1
        start = end + 1
    return ranks
