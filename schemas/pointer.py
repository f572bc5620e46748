"""JSON Pointers (RFC 6901): the paths by which a record names its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def join(*parts: str | int) -> str:
    """`join("items", 0, "a/b")` is `/items/0/a~1b`; no parts is the whole document."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def split(pointer: str) -> tuple[str, ...]:
    """The inverse of `join`, every part as text; raises ValueError without a leading slash."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise ValueError(f"not a JSON Pointer: {pointer!r}")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def get(data: Any, pointer: str) -> Any:
    """The value at a pointer; raises LookupError where there is none."""
    for part in split(pointer):
        if isinstance(data, list | tuple):
            if not part.isdigit():
                raise LookupError(pointer)
            data = data[int(part)]
        elif isinstance(data, Mapping):
            data = data[part]
        else:
            raise LookupError(pointer)  # noqa: TRY004 (a pointer that leads nowhere, whatever the type)
    return data


def leaves(data: Any, *, at: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar with its pointer, in document order. Empty lists and objects have none."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from leaves(value, at=at + join(key))
    elif isinstance(data, list | tuple):
        for index, value in enumerate(data):
            yield from leaves(value, at=at + join(index))
    else:
        yield at, data
