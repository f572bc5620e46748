"""A record while a person's changes are laid over it, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field
from schemas.record import Citation, Evidence, Issue, Record
from schemas.review import Change, FieldState, Operation, Revision
from worker.checks import fit
from worker.errors import RequestInvalid
from worker.jobs.review import rows

_ABSENT = object()
_END = "-"  # of a list, as RFC 6902 has it


class Draft:
    """Data, evidence, marks, issues and origins of rows as the changes leave them; raises RequestInvalid."""

    def __init__(self, before: Revision, read: Record, root: Field) -> None:
        self.data: dict[str, Any] = deepcopy(before.record.data or {})
        self.fields = dict(before.record.fields)
        self.marks = dict(before.marks)
        self.rows = dict(before.rows)
        self.issues: tuple[Issue, ...] = before.record.issues
        self._read = read
        self._known = {field.path: field for field in root.walk()}

    def apply(self, change: Change) -> None:
        """Do one thing; what it names must be a place in the data or in the schema."""
        steps: Mapping[Operation, Callable[[Change], None]] = {
            Operation.CONFIRM: lambda change: self._confirm(change.path),
            Operation.CORRECT: self._correct,
            Operation.CLEAR: self._clear,
            Operation.RESTORE: self._restore,
            Operation.INSERT_ROW: self._insert_row,
            Operation.REMOVE_ROW: self._remove_row,
            Operation.MOVE_ROW: self._move_row,
        }
        try:
            steps[change.op](change)
        except (ValueError, LookupError) as error:
            raise RequestInvalid(detail=f"there is no place {change.path or '/'!r} in the data") from error

    def _confirm(self, path: str) -> None:
        flagged = {issue.path for issue in self.issues}
        places = {at for at, _ in pointer.leaves(self.data)} | self.fields.keys() | flagged
        if path:  # of the whole document, only what is said of it as a whole
            places = {at for at in places if _is_in(at, path)}
            places |= {path} if self._at(path) is not _ABSENT else set()
        elif path not in places:
            places = set()
        if not places:
            raise LookupError(path)
        for at in places if path else [path]:
            self.marks.setdefault(at, FieldState.CONFIRMED)

    def _correct(self, change: Change) -> None:
        before = self._at(change.path)
        if change.citation is None and _same(before, change.value):
            self._confirm(change.path)
            return
        citations: tuple[Citation, ...] = ()
        if change.citation is not None:
            drawn = change.citation
            x0, y0, x1, y1 = drawn.box
            if drawn.page > max(self._read.provenance.pages, 1) or x0 > x1 or y0 > y1:
                raise RequestInvalid(detail=f"the place drawn for {change.path} is not on a page")
            citations = (Citation(page=drawn.page, box=drawn.box, text=drawn.text),)
        self._set(
            change.path, change.value, Evidence(confidence=1.0, origin="corrected", citations=citations)
        )

    def _clear(self, change: Change) -> None:
        before, field = self._at(change.path), self._field(change.path)
        if before is None:
            self._confirm(change.path)
            return
        is_list = isinstance(before, list) or (field is not None and field.is_array)
        self._set(change.path, [] if is_list else None, Evidence(confidence=1.0, origin="corrected"))
        if field is not None and not (is_list or field.required or field.nullable):
            self._remove_key(change.path)  # as a reading has it where nothing was found

    def _restore(self, change: Change) -> None:
        was = rows.origin(self.rows, change.path)
        if was is None:
            raise RequestInvalid(detail=f"{change.path} is in a row that was not read")
        self._forget(change.path)
        for at in [at for at in self.rows if at.startswith(change.path + "/")]:
            del self.rows[at]
        try:
            value = deepcopy(pointer.get(self._read.data, was))
        except LookupError:
            self._remove_key(change.path)
        else:
            self._put(change.path, value)
        for at, item in self._read.fields.items():
            if _is_in(at, was):
                self.fields[change.path + at.removeprefix(was)] = item

    def _insert_row(self, change: Change) -> None:
        items, index, row = self._row(change.path, inserting=True)
        field = self._field(change.path.rpartition("/")[0] + "/0")
        value = deepcopy(change.value)
        if value is None and field is not None and field.is_object:
            value = fit.fit({}, field)
        order: list[int | None] = list(range(len(row)))
        order.insert(index, None)
        row.insert(index, value)
        self._reorder(items, order)
        for at, leaf in pointer.leaves(value, at=items + pointer.join(index)):
            if leaf is not None:
                self.fields[at] = Evidence(confidence=1.0, origin="corrected")
                self.marks[at] = FieldState.CORRECTED

    def _remove_row(self, change: Change) -> None:
        items, index, row = self._row(change.path)
        order = [at for at in range(len(row)) if at != index]
        del row[index]
        self._reorder(items, order)

    def _move_row(self, change: Change) -> None:
        items, index, row = self._row(change.path)
        if change.to is None or change.to >= len(row):
            raise RequestInvalid(detail=f"to: there is no row {change.to} in {items}")
        order = list(range(len(row)))
        order.insert(change.to, order.pop(index))
        row.insert(change.to, row.pop(index))
        self._reorder(items, order)

    def _reorder(self, items: str, order: Sequence[int | None]) -> None:
        self.rows = rows.moved(self.rows, items, order)
        self.fields = rows.rekeyed(self.fields, items, order)
        self.marks = rows.rekeyed(self.marks, items, order)
        self.marks[items] = FieldState.CORRECTED
        places = rows.followed([issue.path for issue in self.issues], items, order)
        self.issues = tuple(
            issue.model_copy(update={"path": place})
            for issue, place in zip(self.issues, places, strict=True)
            if place is not None
        )

    def _row(self, path: str, *, inserting: bool = False) -> tuple[str, int, list[Any]]:
        """The pointer of a list, the index that the path names in it, and the list."""
        items, _, part = path.rpartition("/")
        found = self._at(items)
        field = self._field(items)
        if inserting and found in (_ABSENT, None) and field is not None and field.is_array:
            found = []
            self._put(items, found)
        if not isinstance(found, list):
            raise RequestInvalid(detail=f"{items or '/'} is not a list")
        last = len(found) if inserting else len(found) - 1
        index = last if inserting and part == _END else _index(part)
        if index > last:
            raise LookupError(path)
        return items, index, found

    def _set(self, path: str, value: Any, why: Evidence) -> None:
        if self._at(path) is _ABSENT and self._field(path) is None:
            raise LookupError(path)
        self._forget(path)
        self._put(path, deepcopy(value))
        self.marks[path] = FieldState.CORRECTED
        for at, _ in pointer.leaves(value, at=path) if value not in ({}, []) else ():
            self.fields[at] = why
            self.marks[at] = FieldState.CORRECTED

    def _forget(self, path: str) -> None:
        for known in (self.fields, self.marks):
            for at in [at for at in known if _is_in(at, path)]:
                del known[at]

    def _put(self, path: str, value: Any) -> None:
        """Set a place, parts above it made where nothing was found in them."""
        *above, last = pointer.split(path) or ("",)
        if not path:
            raise RequestInvalid(detail="the record as a whole is corrected by PUT /v1/jobs/{id}/record")
        node: Any = self.data
        for part in above:
            if isinstance(node, dict) and node.get(part) is None:
                node[part] = {}
            node = node[_index(part) if isinstance(node, list) else part]
        if not isinstance(node, dict | list):
            raise LookupError(path)  # noqa: TRY004 (a pointer that leads nowhere, whatever the type)
        if isinstance(node, list):
            node[_index(last)] = value
        else:
            node[last] = value

    def _remove_key(self, path: str) -> None:
        above, _, _ = path.rpartition("/")
        node = self._at(above)
        if isinstance(node, dict):
            node.pop(pointer.split(path)[-1], None)

    def _at(self, path: str) -> Any:
        try:
            return pointer.get(self.data, path)
        except LookupError:
            return _ABSENT

    def _field(self, path: str) -> Field | None:
        """What the schema says of a place: an index in the path is any index there."""
        starred = ""
        for part in pointer.split(path):
            key = starred + pointer.join(part)
            starred = key if key in self._known else f"{starred}/*"
        return self._known.get(starred)


def _is_in(at: str, path: str) -> bool:
    return at == path or at.startswith(path + "/")


def _index(part: str) -> int:
    if not (part.isascii() and part.isdigit()):
        raise LookupError(part)
    return int(part)


def _same(before: Any, value: Any) -> bool:
    return before is not _ABSENT and before == value and isinstance(before, bool) == isinstance(value, bool)
