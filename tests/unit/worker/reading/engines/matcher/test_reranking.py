from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from worker.reading.engines.matcher.reranking import NAMES, Ranking, beside, shares


def ranking(*candidates: tuple[float, int, str]) -> Ranking:
    """Candidates of a field on one page: score, row, what they are a part of."""
    scores = np.array([score for score, _, _ in candidates], dtype=np.float32)
    where = np.array([(1, row, 0.1, row / 10, 0) for _, row, _ in candidates], dtype=np.float32)
    return Ranking(scores, shares(scores), where, [[span] for _, _, span in candidates])


def column(rankings: Sequence[Ranking], field: int, name: str) -> list[float]:
    return [round(float(value), 3) for value in beside(rankings)[field][:, NAMES.index(name)]]


def test_shares_are_of_all_candidates() -> None:
    assert np.isclose(shares(np.array([3.0, 1.0, -2.0], dtype=np.float32)).sum(), 1.0)


def test_a_place_that_another_field_wants_is_told() -> None:
    rankings = [ranking((4, 1, "a"), (1, 2, "b")), ranking((5, 2, "b"), (0, 3, "c"))]
    assert column(rankings, 0, "first_elsewhere") == [0.0, 1.0]
    wanted = column(rankings, 0, "wanted_elsewhere")
    assert wanted[0] == 0.0
    assert wanted[1] > 0.9


def test_fields_that_follow_one_another_stand_in_that_order() -> None:
    rankings = [ranking((5, 1, "a")), ranking((3, 2, "b"), (2.9, 9, "z")), ranking((5, 3, "c"))]
    assert column(rankings, 1, "in_order") == [1.0, 0.5]
    assert column(rankings, 1, "before_rows") == [1.0, 8.0]
    assert column(rankings, 1, "next_row")[0] == 1.0
    assert column(rankings, 0, "order_kept") == [1.0]
    backwards = [ranking((5, 3, "c")), ranking((5, 1, "a"))]
    assert column(backwards, 0, "order_kept") == [0.0]


def test_a_field_alone_has_nothing_beside_it() -> None:
    (rows,) = beside([ranking((2, 1, "a"), (1, 4, "b"))])
    assert rows.shape == (2, len(NAMES))
    assert np.isfinite(rows).all()
    assert column([ranking((2, 1, "a"), (1, 4, "b"))], 0, "behind") == [0.0, 1.0]
    assert beside([]) == []
