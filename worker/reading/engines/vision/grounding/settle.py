"""One place for each value: the offers settled for a whole document at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from worker.reading.engines.vision.grounding.bids import assign
from worker.reading.engines.vision.grounding.claims import Claim
from worker.reading.engines.vision.grounding.offers import Offer

_Place = tuple[int, int]


def settle(claims: Sequence[Claim], offers: Mapping[str, Sequence[Offer]]) -> dict[str, Offer]:
    """The offer each value takes, by pointer; values without one are missing."""
    bidders = {claim.at: claim for claim in claims if not claim.shared}
    bids = {at: [(offer.worth, offer.occurrence.place) for offer in offers[at]] for at in bidders}
    owners = assign(bids)
    settled = {at: _best_at(offers[at], place) for at, place in owners.items()}
    holders = {place: bidders[at] for at, place in owners.items()}
    for claim in claims:
        if claim.at not in settled and (left := next(_shareable(claim, offers[claim.at], holders), None)):
            settled[claim.at] = left
    return settled


def _best_at(offers: Sequence[Offer], place: _Place) -> Offer:
    return max((offer for offer in offers if offer.occurrence.place == place), key=lambda offer: offer.worth)


def _shareable(claim: Claim, offers: Sequence[Offer], holders: Mapping[_Place, Claim]) -> Iterator[Offer]:
    """Places that a value may have together with the one that holds it, best first.

    Values outside of lists may (a bill without tax prints subtotal and total once), and so may those
    of one item that say much; the same field of two items may not, unless it is a heading's text.
    """
    for offer in offers:
        holder = holders.get(offer.occurrence.place)
        if holder is None or claim.shared:
            yield offer
        elif holder.item != claim.item:
            if holder.path == claim.path and claim.telling and offer.worth < 1:
                yield offer
            elif not claim.item and claim.specific:
                yield Offer(offer.occurrence, offer.worth, sure=False)
        elif claim.item and claim.specific and holder.path != claim.path:
            yield offer
        elif not claim.item and holder.path != claim.path:
            yield Offer(offer.occurrence, offer.worth, offer.sure and claim.telling)
