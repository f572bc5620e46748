from __future__ import annotations

import numpy as np
import pytest

from worker.reading.engines.matcher import features, reranking, scorer
from worker.reading.engines.matcher.scorer import Forest


def one_by_one(forest: Forest, row: np.ndarray) -> float:
    """Each tree walked down by itself."""
    score = 0.0
    for tree in range(len(forest.feature)):
        node = 0
        while (left := forest.left[tree, node]) != node:
            low = row[forest.feature[tree, node]] <= forest.threshold[tree, node]
            node = left if low else forest.right[tree, node]
        score += forest.value[tree, node]
    return score


@pytest.mark.parametrize(
    ("forest", "columns"),
    [(scorer.ranker(), features.names()), (scorer.reranker(), [*features.names(), *reranking.NAMES])],
)
def test_the_shipped_trees_fit_the_features_and_are_walked_as_they_grew(
    forest: Forest, columns: list[str]
) -> None:
    assert int(forest.feature.max()) < len(columns)
    rows = np.random.default_rng(5).normal(0.5, 2, (300, len(columns))).astype(np.float32)
    assert np.allclose(forest.scores(rows), [one_by_one(forest, row) for row in rows], atol=1e-4)
    assert forest.scores(rows[:0]).shape == (0,)


def test_what_scores_more_is_as_probable_at_least() -> None:
    sure = scorer.reranker().probability(np.linspace(-9, 9, 50, dtype=np.float32))
    assert np.all(np.diff(sure) >= 0)
    assert 0 < sure[0] < 0.2 < 0.8 < sure[-1] < 1
