"""The values of a document that want a place, and how they belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.values.folding import has_cjk
from worker.reading.engines.vision.grounding.labels import Phrases, phrases_of, words_of
from worker.reading.engines.vision.grounding.letters import letters
from worker.reading.engines.vision.grounding.printed import DIGITS

_CODE = re.compile(r"[A-Z]{3}")
_LETTERS = 3
_LONG = 8  # signs from which a text is hardly printed twice by chance


@dataclass(frozen=True, slots=True)
class Claim:
    """A scalar that wants a place.

    `path` is its pointer with `*` for indices. `item` names the item of a list it belongs to (a
    pointer; empty outside of lists), `listing` the list with `*` for indices. `group` is the object
    around it. `phrases` are what may stand beside it as its label, `around` those of the object.
    """

    at: str
    value: Any
    path: str
    item: str
    listing: str
    group: str
    phrases: Phrases
    around: Phrases
    page: int | None = None

    @property
    def is_number(self) -> bool:
        """Whether it is a number."""
        return isinstance(self.value, int | float)

    @property
    def specific(self) -> bool:
        """Whether its print can hardly mean something else: three digits, a fraction, some letters."""
        if self.is_number:
            number = Decimal(str(self.value))
            return number.is_finite() and (number != int(number) or len(str(abs(int(number)))) >= DIGITS)
        signs = letters(str(self.value)).signs
        return len(signs) >= _LETTERS or has_cjk(signs)

    @property
    def telling(self) -> bool:
        """Whether it may be cited far from its row: a longer text or a day that holds for several rows."""
        return not self.is_number and len(letters(str(self.value)).signs) >= _LETTERS

    @property
    def long(self) -> bool:
        """Whether it is a text of more than a few signs."""
        return not self.is_number and len(letters(str(self.value)).signs) >= _LONG

    @property
    def shared(self) -> bool:
        """Whether it holds for a whole document by its nature: a currency, the code of a language."""
        return isinstance(self.value, str) and _CODE.fullmatch(self.value) is not None


def claims(data: Any, root: Field | None, pages: Mapping[str, int]) -> list[Claim]:
    """Every scalar but null, true and false, in document order; `pages` are known by pointer."""
    found = _claims(data, root, Claim("", None, "", "", "", "", (), ()), pages)
    return [claim for claim in found if claim.value is not None and not isinstance(claim.value, bool)]


def _claims(value: Any, field: Field | None, above: Claim, pages: Mapping[str, int]) -> Iterator[Claim]:
    if isinstance(value, Mapping):
        named = {child.name: child for child in field.properties} if field else {}
        for name, inner in value.items():
            yield from _claims(inner, named.get(name), _member(above, name, named.get(name)), pages)
    elif isinstance(value, list | tuple):
        items = field.items if field else None
        scalars = not any(isinstance(item, Mapping | list) for item in value)
        for number, inner in enumerate(value):
            yield from _claims(inner, items, _item(above, number, scalars=scalars), pages)
    else:
        yield _leaf(above, value, pages.get(above.at))


def _member(above: Claim, name: str, field: Field | None) -> Claim:
    own = phrases_of(field) if field else (words_of(name),)
    return Claim(
        at=above.at + pointer.join(name),
        value=None,
        path=above.path + pointer.join(name),
        item=above.item,
        listing=above.listing,
        group=above.at,
        phrases=own,
        around=above.phrases,
    )


def _item(above: Claim, number: int, *, scalars: bool) -> Claim:
    """An item of a list; plain values inside the item of another list belong to that item."""
    at, path = above.at + pointer.join(number), above.path + "/*"
    inside = scalars and above.item
    return Claim(
        at=at,
        value=None,
        path=path,
        item=above.item if inside else at,
        listing=above.listing if inside else path,
        group=above.group if scalars else at,
        phrases=above.phrases,
        around=above.around,
    )


def _leaf(above: Claim, value: Any, page: int | None) -> Claim:
    return Claim(
        above.at, value, above.path, above.item, above.listing, above.group, above.phrases, above.around, page
    )
