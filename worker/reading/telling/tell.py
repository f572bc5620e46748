"""A document without a kind, and the kind it is told to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from schemas import registry
from schemas.record import Issue, Severity
from schemas.registry import Schema
from worker.errors import KindUnclear
from worker.reading.pages.base import Page
from worker.reading.pages.sandbox import SandboxedDocument
from worker.reading.telling.words import Words, score, told_by_signs
from worker.reading.text.page_lines import LineSource
from worker.reading.text.sources import OcrLines

_LEAST = 0.2  # of a score, for anything to be told
_SURE = 0.3
_AHEAD = 0.2  # of the next best kind, of which at most half as much speaks
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Told:
    """The kind, what a person is to be told of it, and whether somebody had named it."""

    schema: Schema
    issues: tuple[Issue, ...] = ()
    named: bool = False


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells kinds by the first page.

    `candidates` gives the schemas that may be meant, by name; it is asked when there is something to tell.
    """

    lines_of: LineSource
    candidates: Callable[[], Mapping[str, Schema]]

    def tell(self, document: SandboxedDocument) -> Told:
        """The kind whose words are printed on the document, a person asked where another may be meant.

        Raises KindUnclear where nothing speaks for one, and what opening the document raises.
        """
        candidates = self.candidates()
        if document.invoice is not None and "invoice" in candidates:
            return Told(candidates["invoice"])  # the file carries it as XML
        page = document.first_page()
        lines = self.lines_of(page).lines if isinstance(page, Page) else ()
        words = Words.of(line.text for line in lines)
        ranked = sorted(
            ((score(words, name, schema), name) for name, schema in candidates.items()), reverse=True
        )
        return _judge(ranked, candidates)


def _judge(ranked: list[tuple[float, str]], candidates: Mapping[str, Schema]) -> Told:
    (best, name), *others = ranked
    second, rival = others[0] if others else (0.0, "")
    if best < _LEAST - _ROUNDING or best - second < _ROUNDING:
        raise KindUnclear(kinds=", ".join(sorted({*registry.kinds(), *candidates})))
    if best >= _SURE - _ROUNDING and best - second >= max(_AHEAD, best / 2) - _ROUNDING:
        return Told(candidates[name])
    other = f"; it may be {rival}" if second > 0 else ""
    message = f"read as {name}, by few words of its first page{other}: check that it is one"
    return Told(candidates[name], (Issue(code="kind_unsure", severity=Severity.ERROR, message=message),))


@cache
def shipped() -> Teller:
    """For the shipped kinds, with an OCR of its own, which is loaded when it is first needed."""
    return Teller(OcrLines(), lambda: {name: registry.kind(name) for name in told_by_signs()})
