"""What can be wrong with a schema a user brings."""

from __future__ import annotations


class SchemaError(ValueError):
    """A schema that cannot be read by: says which keyword, where, and what to do instead."""

    def __init__(self, message: str, *, keyword: str, pointer: str) -> None:
        super().__init__(f"{message} (keyword {keyword!r} at {pointer or '/'})")
        self.keyword = keyword
        self.pointer = pointer
