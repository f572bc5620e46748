"""A second look at the first candidates of every field, beside those of the other fields.

Fields that a schema names one after another mostly stand near one another, in that order, under labels of one kind;
and what one field wants is seldom meant by another. (Stacking, after Wolpert, "Stacked generalization", 1992: the
order that a first model gives is among what a second one learns from.)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from worker.reading.engines.matcher.scorer import Floats

_NEAR = 40  # fields before and behind one in its schema that are looked at beside it
_ROWS_OF_PAGE = 200.0
NAMES = [
    "score",
    "share",
    "behind",
    "ahead",
    "wanted_elsewhere",
    "first_elsewhere",
    "before_share",
    "before_rows",
    "before_x",
    "before_y",
    "after_share",
    "after_rows",
    "after_x",
    "after_y",
    "nearest",
    "apart",
    "in_order",
    "same_row",
    "next_row",
    "same_relation",
    "place",
    "schema_ahead",
    "order_kept",
    "fields",
]
"""What the columns hold that `beside` adds."""


@dataclass(frozen=True)
class Ranking:
    """The first candidates of a field, best first.

    `shares` are those of their scores among all candidates, which make 1; `where` holds of each its page, row, x and y as
    shares of the printed area, and the relation of its best label.
    """

    scores: Floats
    shares: Floats
    where: Floats
    spans: Sequence[Sequence[Hashable]]

    @cached_property
    def order(self) -> Floats:
        """Where they stand in the order of reading."""
        page, row, x = self.where[:, 0], self.where[:, 1], self.where[:, 2]
        found: Floats = page * 1000 + row + 0.9 * x
        return found


def shares(scores: Floats) -> Floats:
    """Scores of all candidates of a field as shares of 1 (softmax)."""
    powers = np.exp(scores - scores.max())
    found: Floats = (powers / powers.sum()).astype(np.float32)
    return found


def beside(rankings: Sequence[Ranking]) -> list[Floats]:
    """For each field a row of `NAMES` for each of its candidates; the fields in the order of their schema."""
    if not rankings:
        return []
    firsts = _Firsts(rankings)
    return [
        np.column_stack([firsts.of_itself(at), firsts.of_neighbours(at), firsts.of_all(at)]).astype(
            np.float32
        )
        for at in range(len(rankings))
    ]


class _Wanted:
    """Which fields want a place: the two largest shares of different ones, and of which it is the first."""

    def __init__(self) -> None:
        self.field, self.most, self.next = -1, 0.0, 0.0
        self.firsts: set[int] = set()

    def add(self, field: int, share: float, *, is_first: bool) -> None:
        """Let a field want the place, too."""
        if is_first:
            self.firsts.add(field)
        if field == self.field:
            self.most = max(self.most, share)
        elif share > self.most:
            self.field, self.most, self.next = field, share, self.most
        else:
            self.next = max(self.next, share)

    def elsewhere(self, field: int) -> float:
        """The largest share for another field."""
        return self.next if field == self.field else self.most


class _Firsts:
    """The first candidates of all fields."""

    def __init__(self, rankings: Sequence[Ranking]) -> None:
        self.rankings = rankings
        self.shares = np.array([ranking.shares[0] for ranking in rankings])
        self.where = np.array([ranking.where[0] for ranking in rankings])
        self.order = np.array([ranking.order[0] for ranking in rankings])
        self.wanted: dict[Hashable, _Wanted] = defaultdict(_Wanted)
        for field, ranking in enumerate(rankings):
            for at, spans in enumerate(ranking.spans):
                for span in spans:
                    self.wanted[span].add(field, float(ranking.shares[at]), is_first=at == 0)
        orders = np.concatenate([ranking.order for ranking in rankings])
        self.start, self.length = orders.min(), orders.max() - orders.min() + 1e-6
        self.kept = self._order_kept()

    def _order_kept(self) -> float:
        """How far the first candidates follow one another as their fields do, the sure ones counting more."""
        kept = total = 0.0
        for at in range(1, len(self.rankings)):
            before = slice(max(0, at - _NEAR), at)
            weights = self.shares[before] * self.shares[at]
            kept += float((weights * (self.order[before] <= self.order[at])).sum())
            total += float(weights.sum())
        return kept / total if total else 0.5

    def of_itself(self, field: int) -> Floats:
        """Its score beside those of the field's others, and whether another field wants the same place."""
        ranking = self.rankings[field]
        scores = ranking.scores
        second = scores[1] if len(scores) > 1 else scores[0] - 5
        ahead = np.where(np.arange(len(scores)) == 0, scores - second, scores - scores[0])
        elsewhere = [self._elsewhere(field, spans) for spans in ranking.spans]
        return np.column_stack([scores, ranking.shares, scores[0] - scores, ahead, elsewhere])

    def _elsewhere(self, field: int, spans: Sequence[Hashable]) -> tuple[float, float]:
        """The largest share that a place has for another field, and of how many it is the first."""
        wanted = [self.wanted[span] for span in spans]
        firsts = wanted[0].firsts if len(wanted) == 1 else set().union(*(want.firsts for want in wanted))
        return max(want.elsewhere(field) for want in wanted), float(len(firsts) - (field in firsts))

    def of_neighbours(self, field: int) -> Floats:
        """How it stands to the first candidates of the fields before and behind in the schema."""
        where = self.rankings[field].where
        columns = []
        for other in (field - 1, field + 1):
            if not 0 <= other < len(self.rankings):
                columns += [np.full(len(where), -1.0), *np.zeros((3, len(where)))]
                continue
            pages, rows, x, y = (where - self.where[other])[:, :4].T
            columns += [np.full(len(where), self.shares[other]), pages * _ROWS_OF_PAGE + rows, x, y + pages]
        return np.column_stack(columns)

    def of_all(self, field: int) -> Floats:
        """How it stands to the first candidates of all fields, the sure ones counting more."""
        ranking = self.rankings[field]
        fields = len(self.rankings)
        others = np.array(
            [at for at in range(max(0, field - _NEAR), min(fields, field + _NEAR + 1)) if at != field],
            dtype=int,
        )
        size = len(ranking.scores)
        place = (ranking.order - self.start) / self.length
        document = [place, field / fields - place, np.full(size, self.kept), np.full(size, float(fields))]
        if not len(others):
            return np.column_stack([np.full((size, 6), -1.0), *document])
        weights = self.shares[others] / self.shares[others].sum()
        pages, rows, _, y, _ = np.moveaxis(ranking.where[:, None, :] - self.where[others], 2, 0)
        apart = np.abs(y + pages)
        behind = self.order[others] < ranking.order[:, None]
        same = self.where[others, 4] == ranking.where[:, None, 4]
        page = pages == 0
        return np.column_stack(
            [
                apart.min(axis=1),
                apart @ weights,
                (behind == (others < field)) @ weights,
                (page & (rows == 0)) @ weights,
                (page & (np.abs(rows) <= 1)) @ weights,
                same @ weights,
                *document,
            ]
        )
