"""Every label of a form with what was filled in: the same edges of the graph, asked for by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.values.folding import fold
from worker.reading.engines.matcher import label_pairs, label_text
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.choices import ChoiceQuestion, Option
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.label_pairs import LabelPair
from worker.reading.engines.matcher.label_text import trimmed
from worker.reading.engines.matcher.rows import Cell, Row
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span

_OF_BOXES = 0.95  # that a box belongs to the text beside it


@dataclass(frozen=True, slots=True)
class Entry:
    """A label, the places of its value, what kind it is; `said` is the value where its place does not print it."""

    key: Span
    values: tuple[Span, ...]
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
    told: set[int] = set()
    by_label = {id(pair.label): pair for pair in label_pairs.find(graph)}
    used = {id(cell) for pair in by_label.values() for cell in pair.values}
    heads: list[Cell] = []
    for row in graph.sheet.layout.rows:
        if len(row.cells) > 1 and not any(map(str.isdigit, row.text)) and ":" not in row.text:
            heads = [
                *(head for head in heads if all(head.overlap_x(cell) <= 0 for cell in row.cells)),
                *row.cells,
            ]
        for cell in row.cells:
            question = graph.sheet.choices.by_cell.get(id(cell))
            if question is not None:
                if id(question) not in told:
                    told.add(id(question))
                    yield from _asked(question)
                continue
            yield from _inline(cell, graph)
            pair = by_label.get(id(cell))
            if pair is not None:
                yield _signed(_paired(pair, graph), graph)
            elif id(cell) not in used and not label_pairs.inline(cell, graph):
                yield from _of_table(cell, row, heads)


def _inline(cell: Cell, graph: Graph) -> Iterator[Entry]:
    for start, end, place in label_pairs.inline(cell, graph):
        entry = Entry(Span(cell, start, end), (place,))
        yield from (_signed(part, graph) for part in _parted(entry))


def _parted(entry: Entry) -> list[Entry]:
    """An entry, or where label and value are several (`Age / Sex: 27 / F`), one for each."""
    [value] = entry.values
    parts = list(label_text.parts(entry.key.text, value))
    keys = list(label_text.names_within(entry.key))
    if len(keys) != len(parts):
        return [entry]
    return [replace(entry, key=key, values=(part,)) for key, (_, part) in zip(keys, parts, strict=True)]


def _paired(pair: LabelPair, graph: Graph) -> Entry:
    """A label with the cells of its value; in a cell of several labels it is the last one."""
    before = label_pairs.inline(pair.label, graph)
    start = before[-1][2].end if before else 0
    key = Span(pair.label, start, len(pair.label.text.rstrip(" :：")))
    return Entry(key, tuple(trimmed(_whole(cell)) for cell in pair.values), sure=pair.sure)


def _of_table(cell: Cell, row: Row, heads: Sequence[Cell]) -> Iterator[Entry]:
    """A cell of a row with several, under the head of its column."""
    over = [
        head for head in heads if head.overlap_x(cell) > 0 and head.page is cell.page and head.row < cell.row
    ]
    if over and len(row.cells) > 1:
        yield Entry(_whole(over[-1]), (_whole(cell),), sure=0.5)


def _asked(question: ChoiceQuestion) -> Iterator[Entry]:
    """A question with the option that was chosen, and each option with its box.

    Options such as yes and no mean nothing without their question; where none or several of them are marked,
    each is told with its own box.
    """
    sure = _OF_BOXES * question.sure
    asks = None if question.label is None else _whole(question.label)
    if asks is not None and len(question.chosen) == 1 and len(question.options) > 1:
        yield Entry(asks, (_whole(question.chosen[0].label),), sure=sure)
        if all(yes_or_no(option.label.text) is not None for option in question.options):
            return
    for option in question.options:
        key = (
            asks
            if asks is not None and len(question.options) == 1 and _is_yes(option)
            else _whole(option.label)
        )
        said = "checked" if option.mark.chosen else "unchecked"
        yield Entry(key, (_whole(option.box),), "checkbox", said, _OF_BOXES * option.mark.confidence)


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
    if entry.values:
        text = entry.said or " ".join(span.text.strip() for span in entry.values)
        fields[names.get("value", "value")] = Scalar([Candidate(text, 1.0, entry.values, sure, sure)])
    return Group(fields)
