"""Taking documents in for somebody: what they ask for is checked once, the files one by one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile

from api.addresses import require_public
from api.auth import DEFAULT_PROJECT, Principal
from api.views import JobView, RejectedFile, Submitted
from schemas.job import DEFAULT_PRIORITY, HIGHEST_PRIORITY, Job, KindRef
from worker.errors import NotFound, ObjectMissing, PagemillError, RequestInvalid, ServiceError, TooLarge
from worker.jobs import catalogue, kinds, object_keys
from worker.jobs.app import App
from worker.jobs.submit import SubmitOptions, measure, submit
from worker.owned_folders import OwnedFolder


class Options(BaseModel):
    """How documents should be read."""

    model_config = ConfigDict(extra="forbid")

    kind: str | None = Field(
        None, description="A kind, see GET /v1/kinds; `auto` tells it by the words.", examples=["receipt"]
    )
    schema_: dict[str, Any] | None = Field(None, alias="schema", description="Or a JSON Schema of your own.")
    engine: str | None = Field(None, description="Engine to read with; else the service's own choice.")
    batch: str | None = Field(
        None,
        pattern=r"^\w[\w.-]{0,127}$",
        description="Name of the group the jobs join: letters of any script, digits, `_`, `.` and `-`.",
        examples=["march-2024", "九月发票"],
    )
    priority: int = Field(DEFAULT_PRIORITY, ge=0, le=HIGHEST_PRIORITY, description="Higher goes first.")
    callback_url: str | None = Field(None, max_length=2000, description="Told when a job ends.")


class SourceOptions(Options):
    """The same for a document that lies in the bucket already."""

    source: str = Field(description="Of POST /v1/uploads, or a key under inbox/.", max_length=1024)


@dataclass(slots=True)
class Taken:
    """Jobs and refusals of one request, as they come."""

    jobs: list[Job] = field(default_factory=list)
    rejected: list[tuple[str, PagemillError]] = field(default_factory=list)
    any_new: bool = False

    def view(self) -> Submitted:
        """As the API answers."""
        rejected = [
            RejectedFile(filename=name, code=error.code, detail=str(error)) for name, error in self.rejected
        ]
        return Submitted(jobs=[JobView.of(job) for job in self.jobs], rejected=rejected)


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes what one request brings."""

    app: App
    principal: Principal
    idempotency_key: str | None = None

    def take_form(self, form: FormData) -> Taken:
        """Files and options of a form; raises RequestError, ServiceError."""
        files = [(name, part) for name, part in form.multi_items() if isinstance(part, UploadFile)]
        if not files or any(name not in {"file", "files"} for name, _ in files):
            raise RequestInvalid(detail="send the documents as form files named 'files'")
        options = _options(Options, _fields(form))
        named = [(part.filename or "document", part.file) for _, part in files]
        fingerprint = _fingerprint(named, options) if self.idempotency_key else ""
        earlier = self._answered(fingerprint)
        if earlier is not None:
            return Taken(jobs=earlier)
        taken = self._submit(named, self._submit_options(options))
        self._remember(fingerprint, taken)
        return taken

    def take_source(self, body: bytes) -> Taken:
        """A document of the bucket; raises RequestError, ServiceError."""
        options = _options(SourceOptions, _json(body))
        assert isinstance(options, SourceOptions)
        key = self._own(options.source)
        fingerprint = hashlib.sha256(options.model_dump_json().encode()).hexdigest()
        earlier = self._answered(fingerprint)
        if earlier is not None:  # looked up first: an upload is removed once it was taken
            return Taken(jobs=earlier)
        found = self.app.store.stat(key)
        if found is None:
            raise NotFound(what="object with this key")
        most = min(self.app.settings.max_bytes, self.principal.max_bytes or self.app.settings.max_bytes)
        if found.size > most:
            raise TooLarge(size=found.size, limit=most)
        with closing(OwnedFolder("pagemill-source-")) as folder:
            path = folder.path / "source"
            try:
                self.app.store.fetch(key, path)
            except ObjectMissing as error:
                raise NotFound(what="object with this key") from error
            with path.open("rb") as file:
                taken = self._submit([(PurePosixPath(key).name, file)], self._submit_options(options))
        self._remember(fingerprint, taken)
        if key.startswith(object_keys.UPLOADS):
            self.app.store.delete(key)
        return taken

    def _submit(self, files: Sequence[tuple[str, BinaryIO]], submit_options: SubmitOptions) -> Taken:
        taken = Taken()
        for name, file in files:
            try:
                job, new = submit(self.app, file, name, options=submit_options, actor=self.principal.actor)
            except ServiceError:
                raise
            except PagemillError as error:
                taken.rejected.append((name, error))
                continue
            taken.jobs.append(job)
            taken.any_new |= new
        if not taken.jobs:
            raise taken.rejected[0][1]
        return taken

    def _submit_options(self, options: Options) -> SubmitOptions:
        engine = options.engine or self.app.settings.engine
        catalogue.entry(engine)
        if options.callback_url is not None:
            require_public(options.callback_url, self.app.settings)
        return SubmitOptions(
            project=self.principal.project,
            kind=self._kind(options),
            engine=engine,
            priority=options.priority,
            batch=options.batch,
            callback_url=options.callback_url,
        )

    def _kind(self, options: Options) -> KindRef:
        if (options.kind is None) == (options.schema_ is None):
            raise RequestInvalid(detail="give either a kind or a schema")
        if options.kind is not None:
            return kinds.find(self.app, self.principal.project, options.kind)
        assert options.schema_ is not None
        title = str(options.schema_.get("title") or "")
        return kinds.store_schema(self.app, self.principal.project, options.schema_, name=title)

    def _own(self, key: str) -> str:
        """A key the one who asks may name; raises NotFound for every other one."""
        folders = [f"{object_keys.UPLOADS}{self.principal.project}/"]
        if self.principal.project == DEFAULT_PROJECT:
            folders.append(object_keys.INBOX)
        clean = PurePosixPath(key).as_posix() == key and ".." not in PurePosixPath(key).parts
        if not clean or not key.startswith(tuple(folders)):
            raise NotFound(what="object with this key")
        return key

    def _answered(self, fingerprint: str) -> list[Job] | None:
        if self.idempotency_key is None:
            return None
        ids = self.app.ledger.access.answered(
            self.principal.project, self.idempotency_key, fingerprint=fingerprint
        )
        return None if ids is None else list(self._known(ids))

    def _known(self, ids: Sequence[str]) -> Iterator[Job]:
        for job_id in ids:
            try:
                yield self.app.ledger.jobs.get(job_id, project=self.principal.project)
            except NotFound:  # erased since
                continue

    def _remember(self, fingerprint: str, taken: Taken) -> None:
        if self.idempotency_key is not None:
            self.app.ledger.access.remember(
                self.principal.project,
                self.idempotency_key,
                fingerprint=fingerprint,
                job_ids=[job.id for job in taken.jobs],
                now=self.app.clock(),
            )


def _fields(form: FormData) -> dict[str, Any]:
    """The text fields of a form; `schema` is JSON."""
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields[name] = _json(value.encode()) if name == "schema" else value
    return {name: value for name, value in fields.items() if value != ""}


def _json(body: bytes) -> Any:
    try:
        return require_json(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise RequestInvalid(detail=f"this is not JSON: {error}") from error


def require_json(value: Any) -> Any:
    """The same value, if it is JSON; raises RequestInvalid for half characters, NaN and infinite numbers.

    Nothing can store half characters, and what is no number would be kept as none.
    """
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise RequestInvalid(detail="the text in it is not Unicode") from error
    except ValueError as error:
        raise RequestInvalid(detail="a number in it is none that JSON has") from error
    return value


def _options(model: type[Options], raw: Any) -> Options:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, i['loc']))}: {i['msg']}" for i in error.errors()[:10])
        raise RequestInvalid(detail=wrong) from error


def _fingerprint(files: Sequence[tuple[str, BinaryIO]], options: Options) -> str:
    """What makes a request the same as an earlier one: its options, names and bytes."""
    digest = hashlib.sha256(options.model_dump_json().encode())
    for name, file in files:
        digest.update(f"{name}|{measure(file)[0]}|".encode("utf-8", "replace"))
    return digest.hexdigest()
