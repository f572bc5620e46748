"""The root of the tree of errors: a message with its facts, and what machines read of it."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar


class PagemillError(Exception):
    """Something went wrong inside Pagemill ({reason}); please report it with the document."""

    code: ClassVar[str] = "internal"
    http: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        template = inspect.cleandoc(type(self).__doc__ or "").replace("\n", " ")
        super().__init__(" ".join(template.format_map(_Facts(facts)).split()))


class _Facts(dict[str, Any]):
    """Facts by name; one that was not given reads as a question mark instead of an error."""

    def __missing__(self, key: str) -> str:
        return "?"


def all_errors() -> tuple[type[PagemillError], ...]:
    """Every class of the tree, the root first."""
    found: list[type[PagemillError]] = [PagemillError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return tuple(found)
