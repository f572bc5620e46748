"""Who gets which place: an assignment of the greatest sum, found by auction.

Every claim bids for the place worth most to it, by as much as that is better than its second best;
the place goes to the highest bidder and gets that much dearer for the others. What nobody can outbid
is within `_STEP` per claim of the best assignment there is (Bertsekas, The auction algorithm, 1988).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

_STEP = 0.01

_Bidder = TypeVar("_Bidder", bound=Hashable)
_Place = TypeVar("_Place", bound=Hashable)


def assign(offers: Mapping[_Bidder, Sequence[tuple[float, _Place]]]) -> dict[_Bidder, _Place]:
    """A place for each bidder, no place twice; who would have to pay more than a place is worth has none.

    `offers` are the places each bidder can use with their worth to it, above 0.
    """
    prices: dict[_Place, float] = {}
    owners: dict[_Place, _Bidder] = {}
    waiting = deque(offers)
    while waiting:
        bidder = waiting.popleft()
        gains = sorted(((worth - prices.get(at, 0.0), at) for worth, at in offers[bidder]), key=_gain)[:2]
        if not gains or gains[0][0] <= 0:
            continue
        best, place = gains[0]
        second = max(0.0, gains[1][0]) if len(gains) > 1 else 0.0
        prices[place] = prices.get(place, 0.0) + best - second + _STEP
        if place in owners:
            waiting.append(owners[place])
        owners[place] = bidder
    return {bidder: place for place, bidder in owners.items()}


def _gain(offer: tuple[float, object]) -> float:
    return -offer[0]
