"""A list of a schema: the fields of its items, and what it is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import FieldQuery, question
from worker.reading.engines.matcher.wordings import Meaning

_NAMING = frozenset({"description", "name"})


@dataclass(frozen=True, slots=True)
class Listed:
    """The fields of an item as questions, and what their list is called."""

    questions: Sequence[FieldQuery]
    named: Meaning


def listed_of(target: Field, graph: Graph) -> Listed:
    """A list as questions; what names the items may be called like the list: materials, `Material`."""
    assert target.items is not None
    named = graph.wordings.meaning(words(target.title or target.name))
    inner = target.items.properties or (target.items,)
    asked = [
        question(child, (), graph.wordings) for child in inner if not child.is_array and not child.is_object
    ]
    naming = next((i for i, one in enumerate(asked) if one.kind == "text" and one.ideas & _NAMING), None)
    if naming is not None:
        asked[naming] = replace(asked[naming], own=(*asked[naming].own, named))
    return Listed(tuple(asked), named)
