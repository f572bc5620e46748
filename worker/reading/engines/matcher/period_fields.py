"""Fields of a schema that stand in tables of periods: lists of their rows, and single amounts by the words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from schemas.json_schema.fields import Field
from schemas.values.folding import fold
from worker.reading.engines.matcher.candidates import Filling, Group, Listing, Scalar
from worker.reading.engines.matcher.concepts import words
from worker.reading.engines.matcher.graph import Graph
from worker.reading.engines.matcher.listed import Listed
from worker.reading.engines.matcher.period_tables import PeriodRow, PeriodTable, tables
from worker.reading.engines.matcher.questions import NUMERIC, FieldQuery
from worker.reading.engines.matcher.sheet import Candidate
from worker.reading.engines.matcher.typed_spans import Span
from worker.reading.engines.matcher.word_marks import mark
from worker.reading.engines.matcher.wordings import Meaning, likeness

_NAMES_ROW = frozenset({"description", "name", "line", "account"})
_GROUPS = frozenset({"category", "department", "type"})
_OF_STATEMENTS = frozenset({"balancesheet", "incomestatement", "cashflow", "period", "year"})
_AMOUNTS = frozenset({"amount", "balance", "total"})
_ASIDE = frozenset({"change", "number", "reference", "rate"})
_TITLED = 0.4  # share of a list's name that a title says
_LABELLED = 0.75  # likeness from which the words of a row name a field
_SURE = 0.85  # of the amount of a row that is told from the others by its period
_SURE_IN_LIST = 0.8
_YEAR = re.compile(r"(?:19|20)\d\d")
_DAY = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")


def listings(lists: Sequence[Field], asked: Mapping[str, Listed], graph: Graph) -> dict[str, Listing]:
    """The items of the lists that have words and amounts, each from the tables whose titles name it.

    A list that no title names takes the tables that none is named by, where it is the only such list; where
    there are as many such lists as such tables, each takes one in its turn.
    """
    suited = [listed for listed in lists if _suits(asked[listed.path].questions)]
    by_list: dict[str, list[PeriodTable]] = {listed.path: [] for listed in suited}
    unnamed: list[PeriodTable] = []
    for table in tables(graph) if suited else ():
        said = {listed.path: _titled(asked[listed.path].named, table, graph) for listed in suited}
        best = max(said, key=said.__getitem__)
        (by_list[best] if said[best] >= _TITLED else unnamed).append(table)
    left = [path for path, found in by_list.items() if not found]
    if len(left) == 1:
        by_list[left[0]] = unnamed
    elif len(left) == len(unnamed):
        by_list |= {path: [table] for path, table in zip(left, unnamed, strict=True)}
    found = {
        listed.path: Listing(
            [
                item
                for table in by_list[listed.path]
                for item in _items(listed, asked[listed.path].questions, table)
            ]
        )
        for listed in suited
    }
    return {path: listing for path, listing in found.items() if listing.items}


def _suits(asked: Sequence[FieldQuery]) -> bool:
    kinds = [one.kind for one in asked]
    return "text" in kinds and any(kind in NUMERIC for kind in kinds) and len(asked) <= 5


def _titled(named: Meaning, table: PeriodTable, graph: Graph) -> float:
    """How much of a list's name a title of the table says; the nearest title counts most."""
    said = [likeness(named, graph.wordings.meaning(title[:80])).recall for title in table.titles]
    return max((near - 0.01 * (len(said) - at) for at, near in enumerate(said)), default=0.0)


def _items(listed: Field, questions: Sequence[FieldQuery], table: PeriodTable) -> Iterator[Group]:
    """The rows that are neither sums nor, where the schema speaks of them, parts of others."""
    about = fold(f"{listed.description} {listed.items.description if listed.items else ''}")
    no_memos = mark("memo").search(about) is not None
    texts = [one for one in questions if one.kind == "text"]
    groups = [one for one in texts if len(texts) > 1 and one.ideas & _GROUPS and not one.ideas & _NAMES_ROW]
    numbers = [one for one in questions if one.kind in NUMERIC]
    at = {one.field.name: _column(one, listed, numbers, table) for one in numbers}
    for row in table.rows:
        if row.is_sum or (row.is_memo and no_memos):
            continue
        fields: dict[str, Filling] = {}
        for one in questions:
            if one.kind in NUMERIC:
                found = _amount(row, at[one.field.name], _SURE_IN_LIST)
            elif one in groups:
                found = _words(" ".join(span.text for span in row.section), row.section)
            else:
                found = _words(row.text, row.label) if one in texts and one not in groups else []
            fields[one.field.name] = Scalar(found)
        yield Group(fields)


def _words(text: str, spans: Sequence[Span]) -> list[Candidate]:
    if not spans:
        return []
    return [Candidate(text, _SURE_IN_LIST, tuple(spans), _SURE_IN_LIST, _SURE_IN_LIST)]


def _amount(row: PeriodRow, column: int | None, sure: float) -> list[Candidate]:
    typed = None if column is None else row.amounts.get(column)
    return [] if typed is None else [Candidate(typed.value, sure, (typed.span,), sure, sure)]


def _column(
    asked: FieldQuery, listed: Field | None, others: Sequence[FieldQuery], table: PeriodTable
) -> int | None:
    """The column of the period that a field asks for: by its name, by what is said of it, else the latest.

    Of several amounts that name no period only one may be meant, and which one the rest of its name has to say.
    """
    named = words(asked.field.name)
    told = f"{asked.field.title} {asked.field.description} {listed.description if listed else ''}"
    for text in (named, told):
        for period in (*_DAY.findall(text), *_YEAR.findall(text)):
            for index, column in enumerate(table.columns):
                if column.period.startswith(period):
                    return index
    if {"period", "previous"} <= asked.ideas:
        return table.latest(1)
    plain = [one for one in others if "period" not in one.ideas]
    is_amount = len(plain) <= 1 or [one for one in plain if one.ideas & _AMOUNTS] == [asked]
    return table.latest() if "period" in asked.ideas or (is_amount and not asked.ideas & _ASIDE) else None


def scalar(asked: FieldQuery, graph: Graph) -> list[Candidate] | None:
    """What tables of periods say of a field, the surest first: the amount of the row that it names, or the day asked for.

    Nothing where that row has no amount for the period; None where no row is named, or two differ.
    """
    if asked.ideas & _OF_STATEMENTS and (asked.kind == "date" or "year" in asked.ideas):
        return _day(asked, graph) or None
    if asked.kind not in NUMERIC:
        return None
    found: list[Candidate] = []
    named = False
    for table in tables(graph):
        for row in table.rows:
            near = _named(asked, row, graph)
            if near >= _LABELLED:
                named = True
                found += _amount(row, _column(asked, None, (), table), _SURE * near)
    found.sort(key=lambda candidate: -candidate.score)
    values = [value for value, _ in groupby(candidate.value for candidate in found)]
    if not named or (len(values) > 1 and found[0].score - found[1].score < 0.05):
        return None
    return found


def _day(asked: FieldQuery, graph: Graph) -> list[Candidate]:
    """The day or year that the column asked for is headed by."""
    found = []
    for table in tables(graph):
        index = _column(asked, None, (), table)
        if index is None:
            continue
        column = table.columns[index]
        if asked.kind == "date" and _DAY.fullmatch(column.period):
            found.append(Candidate(column.period, _SURE, (column.span,), _SURE, _SURE))
        elif asked.kind != "date":
            found.append(Candidate(int(column.period[:4]), _SURE, (column.span,), _SURE, _SURE))
    return found


def _named(asked: FieldQuery, row: PeriodRow, graph: Graph) -> float:
    """How near the words of a row are to a field: by its wordings, or by standing in its description."""
    if not row.label:
        return 0.0
    text = row.text
    said = graph.wordings.meaning(text[:80])
    near = max((likeness(meaning, said).both for meaning in asked.own), default=0.0)
    return 1.0 if asked.quotes(text) else near
