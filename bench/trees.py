"""LightGBM's trees as arrays, and what their log-odds are worth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 40
NO_KNOTS = np.zeros((2, 1), dtype=np.float32)
"""Of trees whose scores are no probabilities."""


def arrays(*dumps: dict[str, Any], depth: int) -> dict[str, Any]:
    """LightGBM's trees, no deeper than that, as the arrays of `scorer.Forest`; of several forests the mean."""
    trees = [_flat(tree["tree_structure"], 1 / len(dumps)) for dump in dumps for tree in dump["tree_info"]]
    size = max(len(tree) for tree in trees)
    columns: dict[str, list[list[float]]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "value")
    }
    for tree in trees:
        padded = [*tree, *[(0, 0.0, index, index, 0.0) for index in range(len(tree), size)]]
        for position, name in enumerate(columns):
            columns[name].append([float(node[position]) for node in padded])
    types = {
        "feature": np.int16,
        "threshold": np.float32,
        "left": np.int16,
        "right": np.int16,
        "value": np.float32,
    }
    return {name: np.array(values, dtype=types[name]) for name, values in columns.items()} | {"depth": depth}


def _flat(node: dict[str, Any], weight: float) -> list[tuple[float, ...]]:
    """A tree's nodes, the root first: feature, threshold, left, right, value, which counts so much."""
    found: list[tuple[float, ...]] = []

    def add(one: dict[str, Any]) -> int:
        index = len(found)
        if "leaf_value" in one:
            found.append((0, 0.0, index, index, weight * one["leaf_value"]))
            return index
        found.append(())
        left, right = add(one["left_child"]), add(one["right_child"])
        found[index] = (one["split_feature"], one["threshold"], left, right, 0.0)
        return index

    add(node)
    return found


def knots(odds: NDArray[np.float32], right: NDArray[np.bool_ | np.float32]) -> NDArray[np.float32]:
    """Log-odds against the share that is right: bins of equal count, neighbours that fall put together."""
    bins: list[tuple[float, float, int]] = []  # sum of log-odds, how many are right, how many there are
    for part in np.array_split(np.argsort(odds, kind="stable"), _BINS):
        bins.append((float(odds[part].sum()), float(right[part].sum()), len(part)))
        while len(bins) > 1 and _share(bins[-2]) >= _share(bins[-1]):
            last, before = bins.pop(), bins.pop()
            bins.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    return np.array([[one[0] / one[2] for one in bins], [_share(one) for one in bins]], dtype=np.float32)


def _share(one: tuple[float, float, int]) -> float:
    return min(0.995, (one[1] + 0.5) / (one[2] + 1))
