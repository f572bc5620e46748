"""Every label of a form with what was filled in: the same edges of the graph, asked for by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.values.folding import fold
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.choices import ChoiceQuestion, Option
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span

_OF_BOXES = 0.95  # that a box belongs to the text beside it
_LONGEST = 60  # characters of a label
_FAR = 28.0  # letter heights between a label and a value beside it
_KNOWN = 0.55  # share of known wordings that makes a text a label


@dataclass(frozen=True, slots=True)
class Entry:
    """A label, the place of its value, what kind it is; `said` is the value where its place does not print it."""

    key: Span
    value: Span | None
    kind: str = "text"
    said: str | None = None
    sure: float = 0.65


def listing(field: Field, graph: Graph) -> Listing:
    """The entries in reading order, in the names of the list's fields."""
    assert field.items is not None
    by_concept = {
        str(child.hints.get("x-concept", child.name)).rpartition(".")[2]: child.name
        for child in field.items.properties
    }
    return Listing([_group(entry, by_concept) for entry in entries(graph)])


def entries(graph: Graph) -> Iterator[Entry]:
    """Every label with its value, and every cell of a table under the name of its column."""
    used: set[int] = set()
    told: set[int] = set()
    heads: list[Cell] = []
    for row in graph.sheet.layout.rows:
        if len(row.cells) > 1 and not any(map(str.isdigit, row.text)) and ":" not in row.text:
            heads = [
                *(head for head in heads if all(head.overlap_x(cell) <= 0 for cell in row.cells)),
                *row.cells,
            ]
        for cell in row.cells:
            if id(cell) in used:
                continue
            question = graph.sheet.choices.by_cell.get(id(cell))
            if question is not None:
                if id(question) not in told:
                    told.add(id(question))
                    yield from _asked(question)
                continue
            found = list(_of_cell(cell, graph, used)) or list(_of_table(cell, row, heads))
            used.update(id(span.cell) for entry in found for span in (entry.value,) if span is not None)
            yield from found


def _of_table(cell: Cell, row: Row, heads: Sequence[Cell]) -> Iterator[Entry]:
    """A cell of a row with several, under the head of its column."""
    over = [
        head for head in heads if head.overlap_x(cell) > 0 and head.page is cell.page and head.row < cell.row
    ]
    if over and len(row.cells) > 1:
        head = over[-1]
        yield Entry(Span(head, 0, len(head.text)), Span(cell, 0, len(cell.text)), sure=0.5)


def _of_cell(cell: Cell, graph: Graph, used: set[int]) -> Iterator[Entry]:
    inline = [
        Entry(Span(cell, start, end), place)
        for start, end, place in graph.inline(cell)
        if end - start <= _LONGEST and _divided(cell.text[start:end], place.text)
    ]
    if inline:
        yield from (_signed(entry, graph) for entry in inline)
        tail = cell.text.rstrip().endswith((":", "："))
        if not tail:
            return
    if _is_label(cell, graph):
        value = _beside(cell, graph, used) or _under(cell, graph, used)
        if value is not None or cell.text.rstrip().endswith((":", "：")):
            start = inline[-1].value.end if inline and inline[-1].value else 0
            key = Span(cell, start, len(cell.text.rstrip(" :：")))
            place = None if value is None else Span(value, 0, len(value.text))
            yield _signed(Entry(key, place, sure=0.6), graph)


def _divided(label: str, value: str) -> bool:
    """Whether a text is a label with its value: a colon says so, or both are long enough for it."""
    return label.rstrip().endswith((":", "：")) or (len(value) > 3 and any(map(str.isdigit, value)))


def _is_label(cell: Cell, graph: Graph) -> bool:
    """Whether a cell names something: it ends in a colon, or is mostly a known wording."""
    text = cell.text.strip()
    if len(text) > _LONGEST or sum(map(str.isalpha, text)) < 2:
        return False
    if text.endswith((":", "：")):
        return True
    units = graph.wordings.meaning(text).units
    size = sum(len(unit.word) for unit in units)
    return (
        bool(size)
        and sum(len(unit.word) for unit in units if unit.meanings) >= _KNOWN * size
        and not any(map(str.isdigit, text))
    )


def _beside(cell: Cell, graph: Graph, used: set[int]) -> Cell | None:
    for other in graph.sheet.layout.right_of(cell)[:1]:
        near = other.x0 - cell.x1 < _FAR * cell.height
        colon = cell.text.rstrip().endswith((":", "："))
        value = not _ends_open(other) if colon else not _is_label(other, graph)
        if (
            near
            and value
            and id(other) not in used
            and id(other) not in graph.sheet.choices.by_cell
            and not _inline(other, graph)
        ):
            return other
    return None


def _ends_open(cell: Cell) -> bool:
    return cell.text.rstrip().endswith((":", "："))


def _inline(cell: Cell, graph: Graph) -> bool:
    """Whether a cell holds a label and its value itself."""
    return any(_divided(cell.text[start:end], place.text) for start, end, place in graph.inline(cell))


def _under(cell: Cell, graph: Graph, used: set[int]) -> Cell | None:
    for other in graph.sheet.layout.below(cell, rows=2):
        near = other.y0 - cell.y1 < 1.6 * other.height and abs(other.x0 - cell.x0) < 4 * cell.height
        if near and id(other) not in used and not _is_label(other, graph) and not _inline(other, graph):
            return other
    return None


def _asked(question: ChoiceQuestion) -> Iterator[Entry]:
    """A question with the option that was chosen, and each option with its box.

    Options such as yes and no mean nothing without their question; where none or several of them are marked,
    each is told with its own box.
    """
    sure = _OF_BOXES * question.sure
    asks = None if question.label is None else _whole(question.label)
    if asks is not None and len(question.chosen) == 1 and len(question.options) > 1:
        yield Entry(asks, _whole(question.chosen[0].label), sure=sure)
        if all(yes_or_no(option.label.text) is not None for option in question.options):
            return
    for option in question.options:
        key = (
            asks
            if asks is not None and len(question.options) == 1 and _is_yes(option)
            else _whole(option.label)
        )
        said = "checked" if option.mark.chosen else "unchecked"
        yield Entry(key, _whole(option.box), "checkbox", said, _OF_BOXES * option.mark.confidence)


def _is_yes(option: Option) -> bool:
    return yes_or_no(option.label.text) is True


def yes_or_no(text: str) -> bool | None:
    """Whether a text is a word for yes or no in some language; None when it is neither."""
    said = fold(text)
    for answer, words in ((True, "yes"), (False, "no")):
        if said in map(fold, languages.marks(words)):
            return answer
    return None


def _whole(cell: Cell) -> Span:
    return Span(cell, 0, len(cell.text))


def _signed(entry: Entry, graph: Graph) -> Entry:
    """An entry as a signature where its label asks for one."""
    units = graph.wordings.meaning(entry.key.text).units
    signature = any(meaning == {"signature"} for unit in units for meaning in unit.meanings)
    return replace(entry, kind="signature") if signature else entry


def _group(entry: Entry, names: Mapping[str, str]) -> Group:
    sure = entry.sure
    fields: dict[str, Filling] = {
        names.get("key", "key"): Scalar(
            [Candidate(entry.key.text.strip(" :："), 1.0, (entry.key,), sure, sure)]
        ),
        names.get("kind", "kind"): Scalar([Candidate(entry.kind, 1.0, (), sure, sure)]),
    }
    if entry.value is not None:
        text = entry.said or entry.value.text.strip()
        fields[names.get("value", "value")] = Scalar([Candidate(text, 1.0, (entry.value,), sure, sure)])
    return Group(fields)
