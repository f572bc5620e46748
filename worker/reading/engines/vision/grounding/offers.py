"""What each place is worth to each value, by row, column, label, uniqueness and form."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from schemas.page import Box, union
from worker.reading.engines.vision.grounding import labels
from worker.reading.engines.vision.grounding.claims import Claim
from worker.reading.engines.vision.grounding.columns import FieldColumn, column
from worker.reading.engines.vision.grounding.letters import HARD
from worker.reading.engines.vision.grounding.printed import Occurrence, Printed
from worker.reading.engines.vision.grounding.rows import REACH, Wanted, anchors, nearness

_MOST = 12  # places offered to a value
_CONSIDERED = 80  # places of a common value that are looked at closely
_ENOUGH = 3  # items that show how far they usually stand apart
_HEADER = 6  # rows above a list in which its headers stand
_FORM, _LABEL, _AROUND, _COLUMN, _HEADING, _CLOSE = 0.5, 1.0, 0.4, 0.6, 0.3, 0.3
_BESIDE, _ORDER = 0.2, 0.1
_NEXT_ROW = nearness(1)
_IN_A_LIST, _IN_A_TEXT = 0.4, 0.5
_SURE_LABEL = 0.4
_NEIGHBOURHOOD = 0.12  # of the page's height, between the values of one object
_FIRST = 1e-5  # per row: of equal places the first


@dataclass(frozen=True, slots=True)
class Offer:
    """A place and its worth to a value; `sure` says that the place, not only the print, is beyond doubt."""

    occurrence: Occurrence
    worth: float
    sure: bool


def offers(printed: Printed, wanted: Sequence[Wanted]) -> dict[str, list[Offer]]:
    """The best places for each value, by its pointer."""
    scene = _Scene(printed, wanted)
    found = {}
    for one in wanted:
        offered = scene.in_list(one) if one.claim.item else scene.outside(one)
        found[one.claim.at] = sorted(offered, key=lambda offer: -offer.worth)[:_MOST]
    return found


class _Scene:
    """What the values of a document say about each other's places."""

    def __init__(self, printed: Printed, wanted: Sequence[Wanted]) -> None:
        self._printed = printed
        self._anchors: dict[str, int] = {}
        self._bounds: dict[str, tuple[int, int]] = {}
        self._first: dict[str, int] = {}
        self._taken: set[int] = set()
        self._offsets: dict[str, int] = {}
        self._ranks: dict[str, float] = {}
        for listing in _listings(wanted).values():
            self._lay(listing)
        self._texts = self._inside_of_texts(wanted)
        self._columns = self._learn_columns(wanted)
        self._middles = self._learn_middles(wanted)
        self._groups = self._learn_groups(wanted)

    def in_list(self, one: Wanted) -> Iterator[Offer]:
        """Places in an item's own rows; for texts and days, also where no item stands."""
        claim, row = one.claim, self._anchors.get(one.claim.item)
        own = self._own(one)
        standing = self._columns.get(claim.path)
        for place in own:
            box = self._printed.box(place)
            fit = standing.fit(box) if standing else 0.0
            lone = not (claim.specific or place.weighty) and place.exact
            if lone and (self._in_a_text(place) or (standing and fit == 0.0)):
                continue
            near = nearness(place.row - (row or 0) - self._offsets.get(claim.path, 0))
            worth = _FORM * place.quality + near + _COLUMN * fit + _BESIDE * self._beside(claim, box)
            worth += _ORDER * self._ranks[claim.at] * box.cx
            if len(own) > 1 and not standing:
                worth += _HEADING * self._headed(claim, box)
            yield Offer(place, worth, place.exact and (not lone or near >= _NEXT_ROW or fit > 0))
        if claim.telling and not own:
            for place in one.places[:_CONSIDERED]:
                if place.row not in self._taken:
                    yield Offer(place, _FORM * place.quality, place.exact)

    def outside(self, one: Wanted) -> Iterator[Offer]:
        """Places for a value that is in no list."""
        claim = one.claim
        for place in one.places[:_CONSIDERED]:
            label = labels.support(self._printed, place, claim.phrases)
            around = labels.support(self._printed, place, claim.around) if claim.around else 0.0
            listed = place.row in self._taken and not claim.long
            specific = claim.specific or place.weighty
            inside = not specific and self._in_a_text(place)
            worth = _FORM * place.quality + _LABEL * label + _AROUND * around
            worth += _CLOSE * self._closeness(claim, place) - _FIRST * place.row
            worth -= _IN_A_LIST * listed + _IN_A_TEXT * inside
            alone = len(one.places) == 1 and place.quality == HARD and not listed
            sure = (specific or alone or label >= _SURE_LABEL) and not inside
            yield Offer(place, max(worth, _FIRST), place.exact and sure)

    def _lay(self, listing: Mapping[str, Sequence[Wanted]]) -> None:
        """Put the items of a list into rows, and note between which other items each stands."""
        found = self._bound(anchors(listing, len(self._printed.rows)))
        self._offsets.update(self._learn_offsets(listing))
        if any(self._offsets[one.claim.path] for item in listing.values() for one in item):
            found = self._bound(anchors(listing, len(self._printed.rows), self._offsets))
        rows = sorted(set(found.values()))
        for item in listing.values():
            self._ranks |= {one.claim.at: rank / len(item) for rank, one in enumerate(item)}
        self._first.update(dict.fromkeys(found, rows[0] if rows else 0))
        self._taken.update(rows)

    def _bound(self, found: Mapping[str, int]) -> Mapping[str, int]:
        """Note the rows of items, and between which others they stand; the outer ones as far as is usual."""
        rows = sorted(set(found.values()))
        reach = REACH if len(rows) < _ENOUGH else int(median(b - a for a, b in pairwise(rows)))
        for item, row in found.items():
            index = bisect_left(rows, row)
            above = rows[index - 1] if index else max(-1, rows[0] - reach)
            below = rows[index + 1] if index + 1 < len(rows) else rows[-1] + reach
            self._bounds[item] = (max(above + 1, row - REACH), min(below - 1, row + REACH))
        self._anchors.update(found)
        return found

    def _learn_offsets(self, listing: Mapping[str, Sequence[Wanted]]) -> dict[str, int]:
        """How many rows below its item's each field is printed, by the values with a single place.

        One that can mean anything, such as a lone digit, shows it only together with others.
        """
        apart: dict[str, list[int]] = defaultdict(list)
        for item, members in listing.items():
            for one in members:
                own = self._own(one)
                apart[one.claim.path] += [own[0].row - self._anchors[item]] if len(own) == 1 else []
        shown = {one.claim.path for item in listing.values() for one in item if one.specific}
        return {
            path: round(median(rows)) if len(rows) >= _ENOUGH or (rows and path in shown) else 0
            for path, rows in apart.items()
        }

    def _own(self, one: Wanted) -> Sequence[Occurrence]:
        """The places in the rows of a value's item, from above."""
        if one.claim.item not in self._bounds:
            return ()
        low, high = self._bounds[one.claim.item]
        first = bisect_left(one.places, low, key=_row)
        return one.places[first : bisect_right(one.places, high, key=_row)]

    def _headed(self, claim: Claim, box: Box) -> float:
        first = self._first[claim.item]
        return labels.heading(self._printed, box, range(max(0, first - _HEADER), first), claim.phrases)

    def _inside_of_texts(self, wanted: Sequence[Wanted]) -> dict[int, list[tuple[int, int]]]:
        """By line, the spans of texts of which there is no doubt: a digit in them is a part of them."""
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for one in wanted:
            places = self._own(one) if one.claim.item else one.places
            if one.claim.telling and len(places) == 1:
                for line, start, end in places[0].spans:
                    spans[line].append((start, end))
        return spans

    def _in_a_text(self, place: Occurrence) -> bool:
        line, start, end = place.spans[0]
        return any(
            low <= start and end <= high and high - low > end - start
            for low, high in self._texts.get(line, ())
        )

    def _learn_middles(self, wanted: Sequence[Wanted]) -> dict[str, float]:
        """About where across the page each item stands: several may share a row."""
        middles: dict[str, list[float]] = defaultdict(list)
        for one in wanted:
            own = self._own(one)
            if len(own) == 1:
                middles[one.claim.item].append(self._printed.box(own[0]).cx)
        return {item: sum(found) / len(found) for item, found in middles.items()}

    def _beside(self, claim: Claim, box: Box) -> float:
        return 1 - abs(box.cx - self._middles.get(claim.item, box.cx))

    def _learn_columns(self, wanted: Sequence[Wanted]) -> dict[str, FieldColumn]:
        boxes: dict[str, list[Box]] = defaultdict(list)
        for one in wanted:
            own = [place for place in self._own(one) if place.exact and not self._in_a_text(place)]
            if len(own) == 1:
                boxes[one.claim.path].append(self._printed.box(own[0]))
        return {path: found for path, members in boxes.items() if (found := column(members))}

    def _learn_groups(self, wanted: Sequence[Wanted]) -> dict[str, tuple[int, Box]]:
        """Where the objects outside of lists stand, by those of their values that are printed once."""
        boxes: dict[str, list[tuple[int, Box]]] = defaultdict(list)
        for one in wanted:
            claim = one.claim
            if claim.group and not claim.item and claim.specific and len(one.places) == 1:
                boxes[claim.group].append(
                    (self._printed.page(one.places[0]), self._printed.box(one.places[0]))
                )
        return {
            group: (members[0][0], union(box for page, box in members if page == members[0][0]))
            for group, members in boxes.items()
        }

    def _closeness(self, claim: Claim, place: Occurrence) -> float:
        page, box = self._groups.get(claim.group, (0, None))
        if box is None or page != self._printed.page(place):
            return 0.0
        own = self._printed.box(place)
        apart = max(0.0, own.y0 - box.y1, box.y0 - own.y1) + max(0.0, own.x0 - box.x1, box.x0 - own.x1) / 2
        return max(0.0, 1 - apart / _NEIGHBOURHOOD)


def _listings(wanted: Sequence[Wanted]) -> dict[str, dict[str, list[Wanted]]]:
    """The values of lists: by list, by item, in their order."""
    listings: dict[str, dict[str, list[Wanted]]] = {}
    for one in wanted:
        if one.claim.item:
            listings.setdefault(one.claim.listing, {}).setdefault(one.claim.item, []).append(one)
    return listings


def _row(place: Occurrence) -> int:
    return place.row
