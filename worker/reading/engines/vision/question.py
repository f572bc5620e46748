"""What a page is asked under a schema: one question, or several where the schema is wide.

Models lose fields as schemas grow: of a schema with 369 of them, none of the large ones gave a valid answer
(ExtractBench, arXiv 2602.12247). So the fields of a wide schema are asked for in groups of neighbours, each
group a question of its own about the same page; the questions are rows of one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from schemas.json_schema.answer import answer_schema
from schemas.json_schema.fields import Field
from schemas.question import DocumentQuestion, Turn, of_schema
from schemas.registry import Schema
from worker.reading.engines.vision import dialects, prompts, said_once
from worker.reading.engines.vision.base import Message
from worker.reading.models.registry import Dialect

MOST_LEAVES = 60
"""Fields that one question asks for at most."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldQuestion:
    """Some fields of a schema as a question: `root` holds them, `schema` is the JSON Schema of the answer.

    `key` names the question among all: answers to the same one are about as long. `before` are the turns of a
    conversation that it follows.
    """

    key: str
    text: str
    root: Field
    schema: Mapping[str, Any] | None
    before: tuple[Message, ...] = ()

    @property
    def names(self) -> str:
        """The fields at the top, for people."""
        named = [child.name for child in self.root.properties]
        return named[0] if len(named) == 1 else f"{named[0]} … {named[-1]}"


def questions(schema: Schema, dialect: Dialect, language: str) -> tuple[FieldQuestion, ...]:
    """The questions that together ask for all of a schema."""
    return tuple(
        about(root, schema, dialect, language, key=f"{schema.sha256}/{number}")
        for number, root in enumerate(groups(said_once.asked(schema.root)))
    )


def about(root: Field, schema: Schema, dialect: Dialect, language: str, *, key: str) -> FieldQuestion:
    """The question for some fields of a schema, in the words of somebody who asks where there are any."""
    asked = of_schema(schema.root)
    if asked is None:
        text = dialects.question(dialect, root, schema.name, language)
        return FieldQuestion(key, text, root, answer_schema(root))
    text = prompts.ask(root, asked.text, language, dialects.shown(dialect))
    return FieldQuestion(key, text, root, answer_schema(root), history(asked))


def history(asked: DocumentQuestion) -> tuple[Message, ...]:
    """The turns before a question as messages."""
    return tuple(message for turn in asked.history for message in _said(turn))


def _said(turn: Turn) -> tuple[Message, Message]:
    return Message("user", turn.question), Message("assistant", turn.answer)


def groups(root: Field, *, most: int = MOST_LEAVES) -> tuple[Field, ...]:
    """The tree in as few trees as hold `most` leaves each, their fields in the order of the schema.

    A list is never divided, as the rows of two answers need not be the same rows: one with more columns
    than that is a group of its own. An object is divided when it does not fit into one group.
    """
    if _leaves(root) <= most:
        return (root,)
    found: list[list[Field]] = [[]]
    for piece in _pieces(root, most):
        together = sum(map(_leaves, [*found[-1], piece]))
        if found[-1] and together > most:
            found.append([])
        found[-1].append(piece)
    return tuple(replace(root, properties=_joined(pieces)) for pieces in found)


def _leaves(field: Field) -> int:
    if field.is_object and field.properties:
        return sum(map(_leaves, field.properties))
    return _leaves(field.items) if field.items is not None else 1


def _pieces(parent: Field, most: int) -> Iterator[Field]:
    """The fields of an object; one that is too wide comes several times, each time with a part of its own."""
    for child in parent.properties:
        if child.is_object and _leaves(child) > most:
            yield from groups(child, most=most)
        else:
            yield child


def _joined(pieces: Sequence[Field]) -> tuple[Field, ...]:
    """Neighbouring parts of the same object as one."""
    joined: list[Field] = []
    for piece in pieces:
        if joined and joined[-1].path == piece.path:
            joined[-1] = replace(piece, properties=(*joined[-1].properties, *piece.properties))
        else:
            joined.append(piece)
    return tuple(joined)
