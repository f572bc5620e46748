"""Which of the values that a schema lists a text is: printed as it stands, or meant in other words."""

from __future__ import annotations

from typing import Any

from schemas.json_schema.fields import Field
from schemas.values.folding import fold
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.sense import Senses

_LONGEST = 40  # characters of a text that may mean a listed value
_ALIKE = 0.35  # likeness to a sentence encoder from which it does
_AHEAD = 0.1  # and how much less like any other it has to be
AT_MOST = 0.7
"""How sure a listed value is that is not printed, but meant: `unmarried` is near to `married`, too."""


def printed(text: str, target: Field) -> Any:
    """The listed value that a text is or ends in; None when it is none of them."""
    said = fold(text)
    for member in sorted(target.enum or (), key=lambda member: -len(str(member))):
        wanted = fold(str(member))
        if wanted and (said == wanted or (len(wanted) > 2 and f" {wanted} " in f" {said} ")):
            return member
    return None


def meant(text: str, target: Field, senses: Senses) -> Any:
    """The listed value that a text says in other words or another language; None where none is clearly the nearest."""
    listed = [member for member in target.enum or () if isinstance(member, str)]
    if len(text) > _LONGEST or not listed:
        return None
    near = sorted(
        ((senses.likeness(words(member), text), member) for member in listed), key=lambda one: -one[0]
    )
    (best, member), *others = near
    return member if best >= _ALIKE and all(best - other >= _AHEAD for other, _ in others) else None
