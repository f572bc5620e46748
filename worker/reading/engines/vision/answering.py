"""Answers in words: who gave the one that is taken, and belief as far as what it quotes stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz import fuzz

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.question import ANSWER, QUOTES, Intent, of_schema
from schemas.record import Evidence
from schemas.values.folding import letters_and_digits, squeeze
from worker.reading.engines.vision.merge import Merged, PageAnswer, merge

_AT = pointer.join(ANSWER)
_MOST = 0.85
"""The most that an answer is believed which says in other words what it quotes."""

_ALIKE = 90  # of 100: a letter or two that the recogniser read otherwise


def is_in_words(root: Field) -> bool:
    """Whether a schema asks for an answer in words, with what it rests on."""
    asked = of_schema(root)
    names = {child.name for child in root.properties}
    return asked is not None and asked.intent is Intent.ANSWER and names == {ANSWER, QUOTES}


def agreed(answers: Sequence[PageAnswer], root: Field) -> list[PageAnswer]:
    """The pages' answers, with the quotes of those pages alone that gave the answer that is taken."""
    taken = merge(answers, root).data.get(ANSWER)
    return [
        answer if _same(answer.data.get(ANSWER), taken) else replace(answer, data={**answer.data, QUOTES: []})
        for answer in answers
    ]


def _same(said: object, taken: object) -> bool:
    return said is not None and squeeze(str(said)) == squeeze(str(taken))


def resting_on_quotes(evidence: Mapping[str, Evidence], whole: Merged) -> dict[str, Evidence]:
    """The evidence of an answer that is not printed as such: the places of what it quotes.

    It is as sure as the least sure quote, and as the model was of it; a quote that is nowhere on the page is
    no ground to believe anything.
    """
    found = dict(evidence)
    answer = found.get(_AT)
    said = whole.data.get(QUOTES) or ()
    quotes = [found.get(pointer.join(QUOTES, number)) for number in range(len(said))]
    if answer is None or answer.citations or not quotes:
        return found
    if not all(map(_is_printed, said, quotes)):
        return found
    told = whole.token_evidence.get(_AT)
    probability = 1.0 if told is None or told.probability is None else told.probability
    printed = [quote for quote in quotes if quote is not None]
    confidence = min(_MOST, *(quote.confidence for quote in printed)) * probability
    places = tuple(citation for quote in printed for citation in quote.citations)
    found[_AT] = answer.model_copy(update={"confidence": round(confidence, 4), "citations": places})
    return found


def _is_printed(said: object, quote: Evidence | None) -> bool:
    """Whether what is quoted stands at the place that was found for it, not only something like it."""
    wanted = letters_and_digits(str(said))
    printed = letters_and_digits("".join(citation.text for citation in quote.citations) if quote else "")
    same_digits = [sign for sign in wanted if sign.isdigit()] == [sign for sign in printed if sign.isdigit()]
    return same_digits and fuzz.ratio(wanted, printed) >= _ALIKE
