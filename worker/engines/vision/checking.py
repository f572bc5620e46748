"""What a check says about a page's data that is worth asking the model about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.record import Issue, Severity
from schemas.registry import Schema
from worker import shape, validate

_NOT_ITS_FAULT = frozenset({"missing", "schema_keyword", "check_failed"})
_MOST = 10  # complaints told at a time


def complaints(data: Mapping[str, Any], schema: Schema, *, whole: bool) -> list[Issue]:
    """The issues of data read from a page.

    What is missing is none of them: it may not be there, and asking for it invites invention. Rules
    between fields hold for `whole` documents; a page of several may have only some of what they add up.
    """
    found = validate.check(shape.fit(data, schema.root), schema)
    worth = (issue for issue in found if issue.code not in _NOT_ITS_FAULT)
    told = [issue for issue in worth if issue.severity is not Severity.INFO]
    return [issue for issue in told if whole or issue.code == "schema_violation"][:_MOST]
