"""Kinds as a project sees them: the shipped ones, and its own, kept in versions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from schemas import registry
from schemas.errors import SchemaError
from schemas.job import KindRef
from schemas.registry import Schema
from worker.checks import validate
from worker.errors import NotFound, ObjectMissing, RequestInvalid, SchemaInvalid
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.ledger.projects import KindVersion
from worker.log import logger

_log = logger(__name__)
_LONGEST_NAME = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


def find(app: App, project: str, name: str, *, version: int | None = None) -> KindRef:
    """A project's own kind of that name, or else the shipped one; in its newest version, or in this one.

    AUTO is found, too: the kind that a document is told to be when it is read.

    Raises NotFound.
    """
    if version is not None:
        for one in versions(app, project, name):
            if one.version == version:
                return KindRef(name, version, one.schema_sha256)
        raise NotFound(what=f"version {version} of the kind {name!r}")
    own = app.ledger.projects.kind(project, name)
    if own is not None:
        return KindRef(own.name, own.version, own.schema_sha256)
    if name == registry.AUTO or name in registry.kinds():
        shipped = registry.kind(name)
        return KindRef(name, shipped.version, shipped.sha256)
    known = ", ".join(sorted(names(app, project)))
    raise NotFound(what=f"kind {name!r}; there are: {known}, and {registry.AUTO}")


def names(app: App, project: str) -> dict[str, KindRef]:
    """Every kind a project can use."""
    shipped = {
        name: KindRef(name, registry.kind(name).version, registry.kind(name).sha256)
        for name in registry.kinds()
    }
    own = {
        kind.name: KindRef(kind.name, kind.version, kind.schema_sha256)
        for kind in app.ledger.projects.kinds(project)
    }
    return shipped | own


def of_project(app: App, project: str, *, shipped: Sequence[str]) -> dict[str, Schema]:
    """The schemas of a project's own kinds, and of these shipped ones, where it has none of that name."""
    own = {kind.name for kind in app.ledger.projects.kinds(project)}
    return {
        name: load(app, project, ref)
        for name, ref in names(app, project).items()
        if name in own or name in shipped
    }


def versions(app: App, project: str, name: str) -> Sequence[KindVersion]:
    """Every version of a kind, the newest first; the shipped one, which has no time of its own, is the last.

    Raises NotFound.
    """
    own = list(app.ledger.projects.versions(project, name))
    if name in registry.kinds():
        shipped = registry.kind(name)
        own.append(KindVersion(name, shipped.version, shipped.sha256, 0.0))
    if not own:
        find(app, project, name)
    return own


def titles(app: App, project: str) -> dict[str, Mapping[str, str]]:
    """What each kind a project can use is called."""
    shipped = {name: titles_of(registry.kind(name).json_schema) for name in registry.kinds()}
    return shipped | {kind.name: kind.titles for kind in app.ledger.projects.kinds(project)}


def titles_of(schema: Mapping[str, Any]) -> Mapping[str, str]:
    """What a schema calls itself, by language: `en`, `zh`, as far as it says."""
    said = {"en": schema.get("title"), "zh": schema.get("x-title-zh")}
    return {language: text for language, text in said.items() if isinstance(text, str) and text}


def snapshot(app: App, project: str, ref: KindRef) -> None:
    """Store the schema of a shipped kind that a project uses, for an upgrade may bring another one."""
    key = object_keys.schema(project, ref.schema_sha256)
    if key in app.snapshots or not _is_shipped(ref):
        return
    raw = registry.kind(ref.name).json_schema
    app.store.create(key, json.dumps(raw, ensure_ascii=False).encode())
    app.snapshots.add(key)


def load(app: App, project: str, ref: KindRef) -> Schema:
    """The schema of a kind in that version; raises ObjectMissing, SchemaInvalid.

    What an older Pagemill shipped is read from its snapshot, without the rules that were code. Jobs from
    before there were snapshots get the kind as it is shipped today; their records name its hash.
    """
    if _is_shipped(ref):
        return registry.kind(ref.name)
    try:
        raw = app.store.read(object_keys.schema(project, ref.schema_sha256))
    except ObjectMissing:
        if ref.name not in registry.kinds():
            raise
        _log.warning("schema_of_today", kind=ref.name, instead_of=ref.schema_sha256)
        return registry.kind(ref.name)
    return replace(_parsed(raw, ref.name), version=ref.version)


def _is_shipped(ref: KindRef) -> bool:
    shipped = {registry.AUTO, *registry.kinds()}
    return ref.name in shipped and registry.kind(ref.name).sha256 == ref.schema_sha256


def store_schema(app: App, project: str, raw: Mapping[str, Any], *, name: str) -> KindRef:
    """Store a schema that is used without being named as a kind; raises SchemaInvalid."""
    name = "".join(c for c in name if c.isprintable())[:_LONGEST_NAME] or "custom"
    schema = _checked(raw, name)
    app.store.create(object_keys.schema(project, schema.sha256), json.dumps(raw, ensure_ascii=False).encode())
    return KindRef(name, schema.version, schema.sha256)


def define(app: App, project: str, raw: Mapping[str, Any], *, name: str) -> KindRef:
    """Make a schema the newest version of a kind; the same schema again changes nothing.

    Raises RequestInvalid for a name that cannot be a folder, SchemaInvalid.
    """
    require_name(name)
    ref = store_schema(app, project, raw, name=name)
    while True:
        newest = app.ledger.projects.kind(project, name)
        if newest is not None and newest.schema_sha256 == ref.schema_sha256:
            return KindRef(name, newest.version, ref.schema_sha256)
        version = newest.version + 1 if newest else _first_version(name)
        kind = KindVersion(name, version, ref.schema_sha256, app.clock(), titles_of(raw))
        entry = {"schema_sha256": kind.schema_sha256, "created_at": kind.created_at, "titles": kind.titles}
        app.store.create(object_keys.kind(project, name, version), json.dumps(entry).encode())
        if app.ledger.projects.add_kind(project, kind):
            return KindRef(name, version, ref.schema_sha256)


def require_name(name: str) -> None:
    """Raise RequestInvalid for what cannot name a kind, a project or a batch's folder."""
    if not _NAME.fullmatch(name):
        raise RequestInvalid(detail=f"{name[:80]!r} is no name: use a-z, 0-9, _ and -, at most 63 of them")
    if name == registry.AUTO:
        raise RequestInvalid(detail=f"{name!r} stands for the kind that a document is told to be")


def _first_version(name: str) -> int:
    """A project's own version of a shipped kind follows it."""
    return registry.kind(name).version + 1 if name in registry.kinds() else 1


@lru_cache(maxsize=256)
def _parsed(raw: bytes, name: str) -> Schema:
    return _checked(json.loads(raw), name)


def _checked(raw: Any, name: str) -> Schema:
    validate.require_schema(raw)
    try:
        return registry.from_json_schema(raw, name=name)
    except SchemaError as error:
        raise SchemaInvalid(detail=str(error)) from error
