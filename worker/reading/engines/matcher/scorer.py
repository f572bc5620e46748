"""The scorer: two forests of gradient-boosted trees, evaluated with NumPy.

The ranker puts the values that a field may have in order, from the rows of `features`; the reranker looks at the
first of them again, beside those of the other fields (`reranking`), and says how probably each is right. They are trained by
`python -m bench.train`; `ranker.npz` and `reranker.npz` hold the trees and `scorer.json` what they were trained on
and how well they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_AT_ONCE = 256  # rows, so that what they need at a time stays in the processor's cache


@dataclass(frozen=True)
class Forest:
    """Trees of binary splits, one row of nodes per tree: go left where a feature is at most the threshold.

    A leaf is its own child; `value` is what it adds to the score. `knots` map scores to probabilities, where they can.
    """

    feature: NDArray[np.int16]
    threshold: Floats
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: Floats
    depth: int
    knots: Floats

    def scores(self, rows: Floats) -> Floats:
        """How much speaks for each row."""
        found = [self._scores(rows[at : at + _AT_ONCE]) for at in range(0, len(rows), _AT_ONCE)]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.float32)

    def _scores(self, rows: Floats) -> Floats:
        """All trees at once go down a level, from their roots."""
        trees, size = self.feature.shape
        feature, threshold, value = self.feature.ravel(), self.threshold.ravel(), self.value.ravel()
        start = (np.arange(trees, dtype=np.int32) * size)[None, :]
        children = np.stack([self.left, self.right], axis=-1).reshape(-1)
        row = (np.arange(len(rows), dtype=np.int32) * rows.shape[1])[:, None]
        flat = rows.ravel()
        node = np.broadcast_to(start, (len(rows), trees)).copy()
        for _ in range(self.depth):
            high = flat.take(row + feature.take(node)) > threshold.take(node)
            node = start + children.take(2 * node + high)
        found: Floats = value.take(node).sum(axis=1, dtype=np.float32)
        return found

    def probability(self, scores: Floats) -> Floats:
        """Scores as the share of values that are right, as measured on documents kept out of the training."""
        found: Floats = np.interp(scores, self.knots[0], self.knots[1]).astype(np.float32)
        return found


@cache
def ranker() -> Forest:
    """The trees that put the candidates of a field in order."""
    return _shipped("ranker.npz")


@cache
def reranker() -> Forest:
    """The trees that look again at the first ones."""
    return _shipped("reranker.npz")


@cache
def column_scorer() -> Forest:
    """The trees that tell which column of a table holds which field of an item."""
    return _shipped("columns.npz")


def _shipped(name: str) -> Forest:
    with (files(__package__) / name).open("rb") as file, np.load(file) as kept:
        feature, left, right = kept["feature"], kept["left"], kept["right"]
        return Forest(
            feature, kept["threshold"], left, right, kept["value"], int(kept["depth"]), kept["knots"]
        )
