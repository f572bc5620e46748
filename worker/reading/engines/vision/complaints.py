"""What a check says about a page's data that is worth asking the model about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas import pointer
from schemas.record import Issue, Severity
from schemas.registry import Schema
from worker.checks import fit, validate

_NOT_ITS_FAULT = frozenset({"missing", "schema_keyword", "check_failed"})
_BREACH = "schema_violation"
MOST_TOLD = 10  # complaints at a time


def complaints(data: Mapping[str, Any], schema: Schema, *, whole: bool) -> list[Issue]:
    """The issues of data read from a page.

    What is missing is none of them: it may not be there, and asking for it invites invention. Rules
    between fields hold for `whole` documents; a page of several may have only some of what they add up.
    """
    fitted = fit.fit(data, schema.root)
    found = validate.check(fitted, schema)
    told = (issue for issue in found if issue.severity is not Severity.INFO)
    worth = [issue for issue in told if issue.code not in _NOT_ITS_FAULT]
    if not whole:
        worth = [issue for issue in worth if issue.code == _BREACH and _is_value(fitted, issue.path)]
    return [_without_quotation(issue) for issue in worth]


def loses(first: Any, second: Any, wrong: Sequence[Issue]) -> bool:
    """Whether the second data lack values of the first: leaving out what is wrong corrects nothing.

    Where something was wrong, other values may stand there, but some must.
    """
    before, after = _said(first), _said(second)
    paths = [issue.path for issue in wrong]
    if any(_below(path, before) and not _below(path, after) for path in paths):
        return True
    blamed = {at for path in paths for at in _below(path, before)}
    return not before - blamed <= after


def _said(data: Any) -> set[str]:
    return {at for at, leaf in pointer.leaves(data) if leaf is not None}


def _below(path: str, leaves: set[str]) -> set[str]:
    return {at for at in leaves if at == path or at.startswith(f"{path}/")}


def _is_value(data: Any, path: str) -> bool:
    """Whether an issue is about a single value; how many there must be is for the whole document to say."""
    return not isinstance(pointer.get(data, path), dict | list)


def _without_quotation(issue: Issue) -> Issue:
    """A breach of the schema quotes what was read, which has no place among what we say to the model."""
    if issue.code != _BREACH:
        return issue
    return issue.model_copy(update={"message": "this value does not have the form that is asked for"})
