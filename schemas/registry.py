"""Kinds by name, and any schema a user brings, in the one form everything else works with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.errors import PydanticInvalidForJsonSchema

from schemas import extensions
from schemas.documents import (
    ancient_text,
    chart,
    description,
    floor_plan,
    form,
    handwriting,
    invoice,
    receipt,
    text,
    train_ticket,
)
from schemas.documents.base import Document
from schemas.errors import SchemaError
from schemas.json_schema import fields, resolve
from schemas.record import Issue

Rule = Callable[[Mapping[str, Any]], Iterable[Issue]]

_DOCUMENTS: tuple[type[Document], ...] = (
    train_ticket.TrainTicket,
    receipt.Receipt,
    invoice.Invoice,
    floor_plan.FloorPlan,
    handwriting.Handwriting,
    ancient_text.AncientText,
    form.Form,
    chart.Chart,
    description.Description,
    text.Text,
)


class UnknownKind(LookupError):
    """No kind of that name; the message lists those there are."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no kind is called {name!r}; there are: {', '.join(kinds())}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Schema:
    """A kind, ready to read by: its name and version, its fields, its rules.

    `keys` and `always` are fields that it has (see `Document`).
    `json_schema` is what the user gave (or the kind's own), by which finished data are checked;
    `root` is the same made plain; `sha256` names exactly this schema.
    """

    name: str
    version: int
    json_schema: Mapping[str, Any] = field(compare=False)  # equal hashes say that these are equal, too
    root: fields.Field = field(compare=False)
    unhonoured: tuple[fields.Unhonoured, ...] = field(compare=False)
    sha256: str
    rules: tuple[Rule, ...] = field(default=(), compare=False)
    keys: tuple[str, ...] = field(default=(), compare=False)
    always: tuple[str, ...] = field(default=(), compare=False)
    model: type[BaseModel] | None = field(default=None, compare=False)


AUTO = "auto"
"""Named in place of a kind: the one that the document is told to be when it is read."""


def kinds() -> tuple[str, ...]:
    """The names of the shipped kinds, then of those that other packages bring."""
    shipped = tuple(document.kind for document in _DOCUMENTS)
    return (*shipped, *(name for name in extensions.names("kinds") if name not in shipped))


@cache
def kind(name: str) -> Schema:
    """A kind, shipped or of the entry-point group `pagemill.kinds`, or AUTO, which has no fields.

    Raises UnknownKind, ExtensionBroken.
    """
    if name == AUTO:
        return from_json_schema({"type": "object", "title": AUTO}, name=AUTO)
    for document in _DOCUMENTS:
        if document.kind == name:
            return _of_document(document)
    try:
        return _of_document(extensions.load("kinds", name))
    except KeyError:
        raise UnknownKind(name) from None


def from_json_schema(raw: Mapping[str, Any], *, name: str) -> Schema:
    """A user's JSON Schema; raises SchemaError."""
    return _schema(raw, name=name, version=1)


def from_model(model: type[BaseModel]) -> Schema:
    """A user's pydantic class, its validators run on the finished data; raises SchemaError."""
    if issubclass(model, Document):
        return _of_document(model)
    try:
        raw = model.model_json_schema()
    except PydanticInvalidForJsonSchema as error:
        raise SchemaError(f"no JSON Schema for this class: {error}", keyword="", pointer="") from error
    return _schema(raw, name=model.__name__, version=1, model=model)


def _of_document(document: type[Document]) -> Schema:
    plain = _schema(
        document.model_json_schema(), name=document.kind, version=document.version, model=document
    )
    return replace(plain, rules=document.rules, keys=document.keys, always=document.always)


def _schema(
    raw: Mapping[str, Any], *, name: str, version: int, model: type[BaseModel] | None = None
) -> Schema:
    try:
        root, unhonoured = fields.build(resolve.resolve(raw))
        canonical = json.dumps(raw, separators=(",", ":"))
    except SchemaError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise SchemaError(f"not a JSON Schema: {error}", keyword="", pointer="") from error
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return Schema(name, version, raw, root, unhonoured, digest, model=model)
