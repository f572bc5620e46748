"""Every label of a form with what was filled in: the same edges of the graph, asked for by nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from schemas import languages
from schemas.json_schema.fields import Field
from schemas.values.folding import fold
from worker.reading.engines.matcher import label_pairs, label_text, number_columns, text_columns
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.choices import ChoiceQuestion, Option
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.label_pairs import LabelPair
from worker.reading.engines.matcher.label_text import trimmed
from worker.reading.engines.matcher.number_columns import TableNumber
from worker.reading.engines.matcher.rows import Cell
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span

_BETWEEN = " · "  # the name of a row and that of a column
_OF_BOXES = 0.95  # that a box belongs to the text beside it


@dataclass(frozen=True, slots=True)
class Entry:
    """A label, the places of its value, what kind it is; `said` is the value where its place does not print it.

    `column` are the lines of the head that a value of a table stands under, which other values have, too; its label
    is what its row is called, if anything.
    """

    label: Span | None
    values: tuple[Span, ...]
    kind: str = "text"
    said: str | None = None
    sure: float = 0.65
    column: tuple[Span, ...] = ()

    @property
    def key(self) -> str:
        """Its label, with that of its column."""
        lines = [line.text.strip() for line in self.column]
        names = ["" if self.label is None else self.label.text, " ".join(lines)]
        return _BETWEEN.join(name.strip(" :：") for name in names if name)


def listing(field: Field, graph: Graph) -> Listing:
    """The entries in reading order, in the names of the list's fields."""
    assert field.items is not None
    by_concept = {
        str(child.hints.get("x-concept", child.name)).rpartition(".")[2]: child.name
        for child in field.items.properties
    }
    return Listing([_group(entry, by_concept) for entry in entries(graph)])


def entries(graph: Graph) -> Sequence[Entry]:
    """Every label with its value, and every cell of a table under the names of its row and column."""
    memo = graph.sheet.memo
    if "entries" not in memo:
        memo["entries"] = tuple(_entries(graph))
    kept: tuple[Entry, ...] = memo["entries"]
    return kept


def _entries(graph: Graph) -> Iterator[Entry]:
    told: set[int] = set()
    numbers = number_columns.find(graph)
    named = {id(cell) for number in numbers.values() for cell in number.names}
    texts = text_columns.find(graph, frozenset(named | set(numbers)))
    aside = named.union(numbers, texts, (id(head) for head in texts.values()))
    by_label = {id(pair.label): pair for pair in label_pairs.find(graph, frozenset(aside))}
    for cell in graph.sheet.layout.cells:
        question = graph.sheet.choices.by_cell.get(id(cell))
        pair = by_label.get(id(cell))
        if question is not None:
            if id(question) not in told:
                told.add(id(question))
                yield from _asked(question)
        elif id(cell) in numbers:
            yield _of_numbers(numbers[id(cell)])
        elif id(cell) in texts:
            yield Entry(None, (_whole(cell),), sure=0.5, column=(_whole(texts[id(cell)]),))
        elif id(cell) not in aside:
            yield from _inline(cell, graph)
            if pair is not None:
                yield _signed(_paired(pair, graph), graph)


def _inline(cell: Cell, graph: Graph) -> Iterator[Entry]:
    for start, end, place in label_pairs.inline(cell, graph):
        entry = Entry(Span(cell, start, end), (place,))
        yield from (_signed(part, graph) for part in _parted(entry))


def _parted(entry: Entry) -> list[Entry]:
    """An entry, or where label and value are several (`Age / Sex: 27 / F`), one for each."""
    [value] = entry.values
    parts = list(label_text.parts(entry.key, value))
    labels = [] if entry.label is None else list(label_text.names_within(entry.label))
    if len(labels) != len(parts):
        return [entry]
    return [replace(entry, label=one, values=(part,)) for one, (_, part) in zip(labels, parts, strict=True)]


def _paired(pair: LabelPair, graph: Graph) -> Entry:
    """A label with the cells of its value; in a cell of several labels it is the last one."""
    before = label_pairs.inline(pair.label, graph)
    start = before[-1][2].end if before else 0
    label = Span(pair.label, start, len(pair.label.text.rstrip(" :：")))
    return Entry(label, tuple(trimmed(_whole(cell)) for cell in pair.values), sure=pair.sure)


def _of_numbers(number: TableNumber) -> Entry:
    """A number of a table under the names of its row and its column."""
    row = None if number.row is None else _whole(number.row)
    return Entry(row, (_whole(number.cell),), sure=0.6, column=tuple(map(_whole, number.head)))


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
        label = (
            asks
            if asks is not None and len(question.options) == 1 and _is_yes(option)
            else _whole(option.label)
        )
        said = "checked" if option.mark.chosen else "unchecked"
        yield Entry(label, (_whole(option.box),), "checkbox", said, _OF_BOXES * option.mark.confidence)


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
    units = graph.wordings.meaning(entry.key).units
    signature = any(meaning == {"signature"} for unit in units for meaning in unit.meanings)
    return replace(entry, kind="signature") if signature else entry


def _group(entry: Entry, names: Mapping[str, str]) -> Group:
    sure = entry.sure
    places = (*([] if entry.label is None else [entry.label]), *entry.column)
    fields: dict[str, Filling] = {
        names.get("key", "key"): Scalar(
            [Candidate(entry.key, 1.0, places, sure, sure, for_several=bool(entry.column))]
        ),
        names.get("kind", "kind"): Scalar([Candidate(entry.kind, 1.0, (), sure, sure)]),
    }
    if entry.values:
        text = entry.said or " ".join(span.text.strip() for span in entry.values)
        fields[names.get("value", "value")] = Scalar([Candidate(text, 1.0, entry.values, sure, sure)])
    return Group(fields)
