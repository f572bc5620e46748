"""Fields of a shipped kind for which its readers found nothing: the trees that answer any schema are asked.

Readers know the words of some languages and the forms of some papers; a document of another country says its number,
its date or its telephone as well. Sums are left out: where no word names one, there mostly is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from schemas.json_schema.fields import Field
from worker.reading.engines.matcher import any_schema, ranked
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.questions import NUMERIC, question
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span

_LEAST = 0.5  # that a value is right, to be told at all
_MOST = 0.7  # that it is believed to be: somebody is to look at it
_LEFT_OUT = frozenset({*NUMERIC, "enum", "boolean"})


def filled_up(root: Field, filling: Group, graph: Graph) -> Group:
    """The filling of a kind, with values for what is empty in it that are rather right than wrong."""
    empty = {target.path for target, _ in _empty(root, filling, ())}
    every = [question(target, parents, graph.wordings) for target, parents in any_schema.scalars(root, ())]
    alone = [
        one for one in _chosen(filling) if len(one.spans) == 1
    ]  # blocks of lines take in what is not theirs
    taken = [span for one in alone for span in one.spans]
    found = {}
    for one, options in zip(every, ranked.candidates(every, graph), strict=True):
        if one.field.path not in empty or one.kind in _LEFT_OUT or not options:
            continue
        best = options[0]
        if best.strength >= _LEAST and not any(_share(span, other) for span in best.spans for other in taken):
            sure = min(best.strength, _MOST)
            found[one.field.path] = Scalar([replace(best, strength=sure, certainty=sure)])
    return _with(root, filling, found) if found else filling


def _empty(
    target: Field, filling: Filling | None, parents: tuple[Field, ...]
) -> Iterator[tuple[Field, tuple[Field, ...]]]:
    """The single values for which there is no candidate, with the objects that they are part of."""
    fields = filling.fields if isinstance(filling, Group) else {}
    for child in target.properties:
        found = fields.get(child.name)
        if child.is_object:
            yield from _empty(child, found, (*parents, child))
        elif not child.is_array and (found is None or (isinstance(found, Scalar) and not found.candidates)):
            yield child, parents


def _share(one: Span, other: Span) -> bool:
    """Whether they are the same print; the readers' cells are not those of the graph."""
    here, there = one.box, other.box
    beside = here.x1 <= there.x0 or there.x1 <= here.x0 or here.y1 <= there.y0 or there.y1 <= here.y0
    return one.cell.page.number == other.cell.page.number and not beside


def _chosen(filling: Filling) -> Iterator[Candidate]:
    """What comes first of everything that was found."""
    if isinstance(filling, Scalar):
        yield from filling.candidates[:1]
    elif isinstance(filling, Group | Listing):
        for inner in filling.fields.values() if isinstance(filling, Group) else filling.items:
            yield from _chosen(inner)


def _with(target: Field, filling: Filling | None, found: Mapping[str, Filling]) -> Group:
    fields: dict[str, Filling] = dict(filling.fields) if isinstance(filling, Group) else {}
    for child in target.properties:
        if child.is_object:
            fields[child.name] = _with(child, fields.get(child.name), found)
        elif child.path in found:
            fields[child.name] = found[child.path]
    return Group(fields)
