"""A second look at values that are hardly believed: a crop around the place, and that field only.

What a model reads twice, once among all fields of a page and once alone and larger, is more likely
right than its probabilities say (agreement of calls that are guided differently: arXiv 2606.24420). A look
never changes a value, as nothing says which of the two is right: where they differ, the value is believed
less, and the other is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.page import Box, Line
from schemas.record import Evidence
from worker.reading.engines.vision import grounding
from worker.reading.engines.vision.merge import PageAnswer
from worker.reading.engines.vision.token_evidence import SecondLook, TokenEvidence
from worker.reading.pages.base import Picture
from worker.reading.score.compare import equal

_LEFT, _RIGHT = 0.35, 0.1  # of the page's width: labels stand to the left
_LINES_AROUND = 2.0
_IN_LISTS = 0.3  # of a line: the rows above and below have the same field
_LEAST = 64  # pixels of a crop's sides


@dataclass(frozen=True, slots=True)
class Doubt:
    """A value to look at again: where it is in the data, its field alone in a schema, what to show for it."""

    at: str
    value: Any
    root: Field
    crop: Picture


def doubts(
    read: PageAnswer, picture: Picture, lines: Sequence[Line], root: Field, *, below: float, most: int
) -> list[Doubt]:
    """The values of a page that are believed less than `below`, at most so many, the least sure first.

    Without lines nothing tells which values are doubtful.
    """
    if not lines or not most:
        return []
    evidence = grounding.locate(read.data, {read.page: lines}, token_evidence=read.token_evidence, root=root)
    unsure = sorted((found.confidence, at) for at, found in evidence.items() if found.confidence < below)
    return [_doubt(at, read, picture, root, evidence[at]) for _, at in unsure[:most]]


def noted(read: PageAnswer, looks: Mapping[str, SecondLook]) -> PageAnswer:
    """The page with what the looks found beside the values."""
    told = dict(read.token_evidence)
    for at, look in looks.items():
        told[at] = replace(told.get(at, TokenEvidence(read.page)), look=look)
    return replace(read, token_evidence=told)


def compared(doubt: Doubt, again: PageAnswer) -> SecondLook:
    """What came of a look."""
    [field] = doubt.root.properties
    value = again.data.get(field.name)
    told = again.token_evidence.get(pointer.join(field.name), TokenEvidence(again.page))
    return SecondLook(value, agrees=equal(doubt.value, value), probability=told.probability)


def _doubt(at: str, read: PageAnswer, picture: Picture, root: Field, evidence: Evidence) -> Doubt:
    field = _field(root, at)
    box = Box(*evidence.citations[0].box) if evidence.citations else None
    crop = picture if box is None else _around(picture, box, in_list="/*" in field.path)
    name = field.name or "value"
    alone = replace(root, properties=(replace(field, name=name, path=pointer.join(name)),), items=None)
    return Doubt(at, pointer.get(read.data, at), alone, crop)


def _field(root: Field, at: str) -> Field:
    """The field of the value at a pointer."""
    field = root
    for part in pointer.split(at):
        if field.is_array and field.items is not None and part.isdigit():
            field = field.items
        else:
            field = next(child for child in field.properties if child.name == part)
    return field


def _around(picture: Picture, box: Box, *, in_list: bool) -> Picture:
    """The part of a page around a place, with its label where it has one of its own."""
    height, width = picture.shape[:2]
    beyond = box.height * (_IN_LISTS if in_list else _LINES_AROUND)
    left, right = (box.height, box.height) if in_list else (_LEFT, _RIGHT)
    rows = _span((box.y0 - beyond) * height, (box.y1 + beyond) * height, height)
    columns = _span((box.x0 - left) * width, (box.x1 + right) * width, width)
    return np.ascontiguousarray(picture[rows, columns])


def _span(low: float, high: float, size: int) -> slice:
    """Pixels from low to high, as many as a model can see something in."""
    missing = max(0.0, _LEAST - (high - low)) / 2
    return slice(max(0, int(low - missing)), min(size, int(high + missing) + 1))
