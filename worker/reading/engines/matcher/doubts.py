"""What a person should look at before a record is believed: unsure values, and sheets that were hardly read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Evidence, Issue, Severity
from schemas.values.folding import letters_and_digits
from worker.reading.text.page_lines import PageLines

# Chosen on the half that may be looked at, reported on the other (`bench.evaluate`, `bench/README.md`).
_LEAST_SURE = {True: 0.75, False: 0.9}
# Kinds that ask for all that is printed: where less than this part of the letters stands in a value, the rest was
# not understood.
_LEAST_EXPLAINED = 0.7
_SAID_BEFORE = "page.blocks"  # the words of these stand in the lines of the page, and are doubted there
_WHOLE_SHEET = frozenset({"plan.rooms", "form.entries"})


def doubts(
    root: Field, pages: Sequence[PageLines], data: Mapping[str, Any], evidence: Mapping[str, Evidence]
) -> Iterator[Issue]:
    """The doubts about a reading, each an error-level issue, so that the record is reviewed."""
    again = tuple(field.path for field in root.walk() if field.hints.get("x-concept") == _SAID_BEFORE)
    first = {at: found for at, found in evidence.items() if not _is_within(_anywhere(at), again)}
    yield from _unsure(data, first, shipped=is_shipped(root))
    if any(field.hints.get("x-concept") in _WHOLE_SHEET for field in root.properties):
        yield from _unexplained(pages, evidence)


def _anywhere(at: str) -> str:
    """A pointer as the path of its field."""
    return "".join("/*" if part.isdigit() else pointer.join(part) for part in pointer.split(at))


def _is_within(path: str, outer: Sequence[str]) -> bool:
    """Whether a path is one of some fields or a part of it."""
    return any(path == one or path.startswith(f"{one}/") for one in outer)


def is_shipped(root: Field) -> bool:
    """Whether a schema is one of the kinds whose values the readers were made for."""
    return any("x-concept" in field.hints for field in root.walk())


def _unsure(data: Mapping[str, Any], evidence: Mapping[str, Evidence], *, shipped: bool) -> Iterator[Issue]:
    for at, found in evidence.items():
        if found.confidence >= _LEAST_SURE[shipped]:
            continue
        value = pointer.get(data, at)
        other = f"; it could also be {found.alternatives[0].value!r}" if found.alternatives else ""
        message = f"{value!r} was read with a probability of {found.confidence:.2f} only{other}"
        yield Issue(code="doubtful", severity=Severity.ERROR, path=at, message=message)


def _unexplained(pages: Sequence[PageLines], evidence: Mapping[str, Evidence]) -> Iterator[Issue]:
    """The pages most of whose text stands in no value."""
    cited = {
        (place.page, place.text, place.box)
        for found in evidence.values()
        for place in found.citations
        if place.text
    }
    for page in pages:
        printed = sum(len(letters_and_digits(line.text)) for line in page.lines)
        explained = sum(len(letters_and_digits(text)) for number, text, _ in cited if number == page.number)
        if explained < _LEAST_EXPLAINED * printed:
            message = f"only {explained / printed:.0%} of the text on page {page.number} stands in a value"
            yield Issue(code="page_unexplained", severity=Severity.ERROR, message=message)
