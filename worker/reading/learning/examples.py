"""Labelled documents as examples of what a model is asked about a page, and should answer.

The words are those of the product: the questions of its prompts, the answer as the grammar writes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Evidence
from schemas.registry import Schema
from worker.reading.engines.vision import prompts
from worker.reading.engines.vision.base import Message, Prompt
from worker.reading.engines.vision.question import questions
from worker.reading.models.registry import Dialect
from worker.reading.pages.base import Picture

_Keep = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class LabelledDocument:
    """A document with the data that are right, and what was read of it: where its values stand."""

    id: str
    schema: Schema
    data: Mapping[str, Any]
    fields: Mapping[str, Evidence]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One question about a page of a document, and the answer that is right."""

    document: str
    page: int
    prompt: Prompt
    answer: str


def of_document(
    labelled: LabelledDocument, pictures: Mapping[int, Picture], *, dialect: Dialect
) -> Iterator[Example]:
    """The examples of a document, whose pages are shown in these pictures.

    There are none if it cannot be said on which page of several a value stands.
    """
    pages = _pages(labelled) if len(pictures) > 1 else {}
    if pages is None:
        return
    language = prompts.language_of(labelled.schema)
    asked = questions(labelled.schema, dialect, language)
    for number, picture in pictures.items():

        def keep(at: str, here: int = number) -> bool:
            return pages.get(at, here) == here

        for question in asked:
            answer = _answer(labelled.data, question.root, keep, at="")
            yield Example(
                labelled.id,
                number,
                Prompt(picture, (Message("user", question.text),), question.schema, max_tokens=0),
                json.dumps(answer, ensure_ascii=False),
            )


def _pages(labelled: LabelledDocument) -> dict[str, int] | None:
    """The page of every value; None when one has no place."""
    found: dict[str, int] = {}
    for at, value in pointer.leaves(labelled.data):
        evidence = labelled.fields.get(at)
        if value is None:
            continue
        if evidence is None or not evidence.citations:
            return None
        found[at] = evidence.citations[0].page
    return found


def _answer(value: Any, field: Field, keep: _Keep, *, at: str) -> Any:
    """The data of one page in the form of an answer: every field, null where it is not on the page."""
    if field.is_object:
        inside = value if isinstance(value, Mapping) else {}
        return {
            child.name: _answer(inside.get(child.name), child, keep, at=at + pointer.join(child.name))
            for child in field.properties
        }
    if field.is_array:
        items = enumerate(value) if isinstance(value, list | tuple) and field.items is not None else ()
        assert field.items is not None or not items
        made = [_answer(item, field.items, keep, at=at + pointer.join(n)) for n, item in items if field.items]
        return [item for item in made if any(leaf is not None for _, leaf in pointer.leaves(item))]
    return value if value is not None and keep(at) else None
