"""What a check says about a page's data that is worth asking the model about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas import pointer
from schemas.record import Issue, Severity
from schemas.registry import Schema
from worker import shape, validate

_NOT_ITS_FAULT = frozenset({"missing", "schema_keyword", "check_failed"})
_BREACH = "schema_violation"
_MOST = 10  # complaints told at a time


def complaints(data: Mapping[str, Any], schema: Schema, *, whole: bool) -> list[Issue]:
    """The issues of data read from a page.

    What is missing is none of them: it may not be there, and asking for it invites invention. Rules
    between fields hold for `whole` documents; a page of several may have only some of what they add up.
    """
    fitted = shape.fit(data, schema.root)
    found = validate.check(fitted, schema)
    told = (issue for issue in found if issue.severity is not Severity.INFO)
    worth = [issue for issue in told if issue.code not in _NOT_ITS_FAULT]
    if not whole:
        worth = [issue for issue in worth if issue.code == _BREACH and _is_value(fitted, issue.path)]
    return [_without_quotation(issue) for issue in worth[:_MOST]]


def _is_value(data: Any, path: str) -> bool:
    """Whether an issue is about a single value; how many there must be is for the whole document to say."""
    return not isinstance(pointer.get(data, path), dict | list)


def _without_quotation(issue: Issue) -> Issue:
    """A breach of the schema quotes what was read, which has no place among what we say to the model."""
    if issue.code != _BREACH:
        return issue
    return issue.model_copy(update={"message": "this value does not have the form that is asked for"})
