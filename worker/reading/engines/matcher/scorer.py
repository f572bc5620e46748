"""The scorer: gradient-boosted trees over the rows of `features`, evaluated with NumPy.

They are trained by `python -m bench.train` on drawn documents; `scorer.npz` holds the trees and `scorer.json` what
they were trained on and how well they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Forest:
    """Trees of binary splits, one row of nodes per tree: go left where a feature is at most the threshold.

    A leaf is its own child; `value` is what it adds to the log-odds. `knots` map log-odds to probability.
    """

    feature: NDArray[np.int16]
    threshold: Floats
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: Floats
    depth: int
    knots: Floats

    def log_odds(self, rows: Floats) -> Floats:
        """How much speaks for each row."""
        total = np.zeros(len(rows), dtype=np.float32)
        index = np.arange(len(rows))
        for tree in range(len(self.feature)):
            node = np.zeros(len(rows), dtype=np.int16)
            for _ in range(self.depth):
                low = rows[index, self.feature[tree, node]] <= self.threshold[tree, node]
                node = np.where(low, self.left[tree, node], self.right[tree, node])
            total += self.value[tree, node]
        return total

    def probability(self, log_odds: Floats) -> Floats:
        """Log-odds as the share of values that are right, as measured on documents kept out of the training."""
        found: Floats = np.interp(log_odds, self.knots[0], self.knots[1]).astype(np.float32)
        return found


@cache
def forest() -> Forest:
    """The shipped trees."""
    with (files(__package__) / "scorer.npz").open("rb") as file, np.load(file) as kept:
        feature, left, right = kept["feature"], kept["left"], kept["right"]
        return Forest(
            feature, kept["threshold"], left, right, kept["value"], int(kept["depth"]), kept["knots"]
        )
