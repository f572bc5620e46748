"""An engine's data brought into the shape of the schema: defaults, nulls, keys left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas import pointer
from schemas.json_schema.fields import Field


def fit(data: Any, field: Field) -> Any:
    """The data as the schema wants them.

    A value that was not found is the schema's default where it has one, null where null is allowed
    or a value is required, and otherwise no key at all. An optional part in which nothing was found
    but something is required is left out as a whole.
    """
    if field.is_object and isinstance(data, dict):
        found = {child.name: fit(data.get(child.name), child) for child in field.properties}
        return {
            child.name: found[child.name] for child in field.properties if _keeps(child, found[child.name])
        }
    if field.is_array and isinstance(data, list) and field.items is not None:
        return [fit(item, field.items) for item in data]
    return field.default if data is None else data


def defaults(before: Any, after: Any, field: Field, *, at: str = "") -> Iterator[str]:
    """The pointers of values that came from the schema and not from the page."""
    if field.is_object and isinstance(after, dict):
        for child in field.properties:
            inner = before.get(child.name) if isinstance(before, dict) else None
            yield from defaults(inner, after.get(child.name), child, at=at + pointer.join(child.name))
    elif field.is_array and isinstance(after, list) and isinstance(before, list) and field.items is not None:
        for index, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from defaults(one, other, field.items, at=at + pointer.join(index))
    elif before is None and after is not None:
        yield at


def _keeps(field: Field, value: Any) -> bool:
    if field.required or field.nullable:
        return True
    if isinstance(value, dict):
        return not _lacks(field, value) or any(leaf is not None for _, leaf in pointer.leaves(value))
    return value is not None


def _lacks(field: Field, value: dict[str, Any]) -> bool:
    """Whether something required in a part was not found."""
    return any(
        child.required
        and not child.nullable
        and (
            value.get(child.name) is None
            or (isinstance(value[child.name], dict) and _lacks(child, value[child.name]))
        )
        for child in field.properties
    )
