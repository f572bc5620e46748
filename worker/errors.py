"""Everything that can go wrong, as one tree.

    PagemillError
    ├── SourceError      the document cannot be read: UnsupportedType  CorruptFile  PasswordRequired
    │                    EmptyDocument  TooLarge  TooManyPages  PageTooLarge  TooManyPixels
    │                    SourceTimeout  SourceMemory  PageMissing  OpenerKilled
    ├── SchemaInvalid    the schema cannot be read by
    ├── EngineError      the document was opened, but not read: ModelUnavailable (ModelUnusable,
    │                    ModelChanged)  OutOfMemory  DeviceLost  OutputTruncated  OutputInvalid  UnsupportedByEngine
    ├── ServiceError     something around the reading failed: StorageUnavailable  ObjectMissing
    │                    UnsupportedByStore  LedgerUnavailable  QueueUnavailable  Unreachable  PartFalls
    │                    AttemptsExhausted  LeaseLost  Stopped  Cancelled  MissingExtra  SettingsInvalid
    └── RequestError         what was asked of the service cannot be done: `worker/refusals.py`

The docstring of a class is its message, with its facts in braces; `code`, `http` and `retryable`
are for machines. Messages name no path but the file name the user gave.
"""

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


class SourceError(PagemillError):
    """The document cannot be read."""

    code = "source_error"
    http = 422


class UnsupportedType(SourceError):
    """This is not a PDF, PNG, JPEG, TIFF, WebP, BMP, GIF or HEIC file ({found}); convert it to one of these."""

    code = "unsupported_type"
    http = 415


class CorruptFile(SourceError):
    """The {kind} file is damaged and cannot be opened ({detail}); export or scan it again."""

    code = "corrupt_file"


class PasswordRequired(SourceError):
    """The PDF is protected by a password; remove the protection and send it again."""

    code = "password_required"


class EmptyDocument(SourceError):
    """The file has no content; check that the upload was complete."""

    code = "empty_document"


class TooLarge(SourceError):
    """The file has {size} bytes, more than the {limit} allowed; raise PAGEMILL_MAX_BYTES or split it."""

    code = "too_large"
    http = 413


class TooManyPages(SourceError):
    """The document has {pages} pages, more than the {limit} allowed; raise PAGEMILL_MAX_PAGES or split it."""

    code = "too_many_pages"
    http = 413


class PageTooLarge(SourceError):
    """A page has {pixels} pixels, more than the {limit} allowed; raise PAGEMILL_MAX_SOURCE_PIXELS or scale it down."""

    code = "page_too_large"
    http = 413


class TooManyPixels(SourceError):
    """The image has {pixels} pixels, more than the {limit} allowed; raise PAGEMILL_MAX_SOURCE_PIXELS or scale it down."""

    code = "too_large"
    http = 413


class SourceTimeout(SourceError):
    """Opening the document took longer than {seconds} s; raise PAGEMILL_PAGE_SECONDS or simplify it."""

    code = "source_timeout"


class SourceMemory(SourceError):
    """Opening the document took more than {limit} bytes of memory; raise PAGEMILL_MAX_MEMORY or simplify it."""

    code = "too_large"
    http = 413


class PageMissing(SourceError):
    """The document has no page {number}."""

    code = "page_missing"
    http = 404


class OpenerKilled(SourceError):
    """The program that opened the document was killed from outside; see whether the machine is short of memory."""

    code = "opener_killed"
    retryable = True


class SchemaInvalid(PagemillError):
    """The schema cannot be used: {detail}."""

    code = "schema_invalid"
    http = 422


class EngineError(PagemillError):
    """The engine could not read the document."""

    code = "engine_error"
    http = 503


class ModelUnavailable(EngineError):
    """The model cannot be loaded: {detail}."""

    code = "model_unavailable"
    retryable = True


class ModelUnusable(ModelUnavailable):
    """No model can be read with: {detail}."""

    code = "model_unusable"
    retryable = False


class ModelChanged(ModelUnusable):
    """The file {file} of the model is not the one that was pulled; run: pagemill pull {model}."""

    code = "model_changed"


class OutOfMemory(EngineError):
    """The engine ran out of memory on a page; use a smaller model or a lower resolution."""

    code = "out_of_memory"
    retryable = True


class DeviceLost(EngineError):
    """The GPU cannot be used any more by this process ({detail}); the worker is started again."""

    code = "device_lost"
    retryable = True


class OutputTruncated(EngineError):
    """The engine's answer was cut off before it was complete; raise PAGEMILL_MAX_NEW_TOKENS."""

    code = "output_truncated"
    retryable = True


class OutputInvalid(EngineError):
    """The engine's answer is not data of the schema: {detail}."""

    code = "output_invalid"
    retryable = True


class UnsupportedByEngine(EngineError):
    """This engine cannot read what was asked for: {detail}."""

    code = "unsupported_by_engine"
    http = 422


class ServiceError(PagemillError):
    """Something around the reading failed."""

    code = "service_error"
    http = 503


class MissingExtra(ServiceError):
    """{feature} needs packages that are not installed; run: pip install 'pagemill[{extra}]'."""

    code = "missing_extra"


class Cancelled(ServiceError):
    """The reading was stopped before it was finished."""

    code = "cancelled"
    http = 409


class StorageUnavailable(ServiceError):
    """The object store cannot be used ({detail}); check its address, credentials and bucket, and try again."""

    code = "storage_unavailable"
    retryable = True


class ObjectMissing(ServiceError):
    """There is no object {key} in the store."""

    code = "object_missing"
    http = 404


class UnsupportedByStore(ServiceError):
    """This store cannot do this ({what}); use an S3 endpoint."""

    code = "unsupported_by_store"
    http = 501


class LedgerUnavailable(ServiceError):
    """The ledger cannot be used ({detail}); check DATABASE_URL, and try again."""

    code = "ledger_unavailable"
    retryable = True


class QueueUnavailable(ServiceError):
    """The queue cannot be reached ({detail}); check REDIS_URL, and try again."""

    code = "queue_unavailable"
    retryable = True


class AttemptsExhausted(ServiceError):
    """None of {attempts} attempts at this document came to an end; the worker's log says why each stopped."""

    code = "attempts_exhausted"


class LeaseLost(ServiceError):
    """Another worker has taken this job over."""

    code = "lease_lost"
    retryable = True


class Stopped(ServiceError):
    """The worker was asked to stop; the job goes on in another one."""

    code = "stopped"
    retryable = True


class SettingsInvalid(ServiceError):
    """The settings cannot be used: {detail}."""

    code = "settings_invalid"


class PartFalls(ServiceError):
    """The {part} does not stay up; {log} says why."""

    code = "part_falls"


class Unreachable(ServiceError):
    """The service at {url} does not answer ({detail}); is it running? Set PAGEMILL_URL or --url."""

    code = "unreachable"
    retryable = True


def all_errors() -> tuple[type[PagemillError], ...]:
    """Every class of the tree, the root first."""
    found: list[type[PagemillError]] = [PagemillError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return tuple(found)
