"""`--kind` and `--schema`: from what a user typed to a schema to read by."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from pydantic import BaseModel

from schemas import registry
from schemas.errors import SchemaError
from schemas.registry import Schema
from worker.checks import validate
from worker.errors import SchemaInvalid


def load(*, kind: str | None, schema: str | None) -> Schema:
    """The schema of a kind, a file or a class; raises SchemaInvalid."""
    try:
        if kind is not None:
            return registry.kind(kind)
        assert schema is not None
        return _from_file(Path(schema)) if _is_file(schema) else _from_class(schema)
    except (SchemaError, registry.UnknownKind) as error:
        raise SchemaInvalid(detail=str(error)) from error


def _is_file(schema: str) -> bool:
    return schema.endswith(".json") or Path(schema).is_file()


def _from_file(path: Path) -> Schema:
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SchemaInvalid(detail=f"{path} cannot be opened") from error
    except ValueError as error:
        raise SchemaInvalid(detail=f"{path} is not JSON ({error})") from error
    validate.require_schema(raw)
    name = raw.get("title")
    return registry.from_json_schema(raw, name=str(name or path.stem))


def _from_class(reference: str) -> Schema:
    """`module:Class`, found from the current folder like `python -m` would."""
    module_name, _, class_name = reference.partition(":")
    if not class_name:
        raise SchemaInvalid(detail=f"{reference!r} is neither a file nor module:Class")
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except Exception as error:
        raise SchemaInvalid(detail=f"{reference!r} cannot be imported ({error})") from error
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise SchemaInvalid(detail=f"{reference!r} is not a pydantic class")
    return registry.from_model(found)
