"""The table a batch makes: a row per record, a column per value; lists stay JSON in one cell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.job import READ, Job, JobState, KindRef
from schemas.json_schema.fields import Field
from worker.errors import ObjectMissing
from worker.jobs import kinds, outcome
from worker.jobs.app import App
from worker.jobs.ledger.lists import Filter

ABOUT = ("job_id", "state", "kind", "filename", "error")
"""The columns every table begins with."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a value stands in the data, and its JSON type; `json` for lists and mixed types."""

    name: str
    keys: tuple[str, ...]
    type: str

    @property
    def title(self) -> str:
        """Its heading: its name, unless one of the row's own columns has it."""
        return f"data.{self.name}" if self.name in ABOUT else self.name


@dataclass(frozen=True, slots=True)
class ExportRow:
    """A finished job and its record."""

    job: Job
    record: Mapping[str, Any]

    def cells(self, columns: Sequence[Column]) -> Iterator[Any]:
        """The row's own values, then those of the columns."""
        spec = self.job.spec
        yield from (self.job.id, str(self.job.state), spec.kind, spec.filename, self.job.error_code)
        data = self.record.get("data")
        for column in columns:
            yield _cell(_at(data, column.keys), column)


def of_batch(app: App, wanted: Filter) -> Sequence[Column]:
    """The columns of every kind in a batch, each once."""
    columns: dict[str, Column] = {}
    for ref in app.ledger.lists.kinds(wanted):
        schema = kinds.load(app, wanted.project, KindRef(*ref))
        for column in _columns(schema.root, ()):
            known = columns.setdefault(column.name, column)
            if known.type != column.type:
                columns[column.name] = Column(column.name, column.keys, "json")
    return list(columns.values())


def rows(app: App, wanted: Filter) -> Iterator[ExportRow]:
    """Every record of a batch, those of failed jobs without data; one erased meanwhile is left out."""
    for job in app.ledger.lists.all(wanted):
        if job.state in READ or job.state is JobState.FAILED:
            try:
                yield ExportRow(job, outcome.current(app, job))
            except ObjectMissing:
                continue


def _columns(field: Field, keys: tuple[str, ...]) -> Iterator[Column]:
    for child in field.properties:
        below = (*keys, child.name)
        if child.is_object and child.properties:
            yield from _columns(child, below)
        else:
            scalar = len(child.types) == 1 and child.types[0] not in {"array", "object"}
            yield Column(".".join(below), below, child.types[0] if scalar else "json")


def _at(data: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _cell(value: Any, column: Column) -> Any:
    if value is None or column.type != "json":
        return value
    return json.dumps(value, ensure_ascii=False)
