"""Everything that can go wrong, as one tree; a module for each of its branches.

    PagemillError
    ├── SourceError      the document cannot be read: UnsupportedType  CorruptFile  PasswordRequired
    │                    EmptyDocument  TooLarge  TooManyPages  PageTooLarge  TooManyPixels
    │                    KindUnclear  SourceTimeout  DocumentTimeout  SourceMemory  PageMissing  PageTooDense
    │                    DocumentTooDense  PageTooThin  OpenerKilled
    ├── SchemaInvalid    the schema cannot be read by: SchemaTooLarge
    ├── EngineError      the document was opened, but not read: ModelUnavailable (ModelUnusable,
    │                    ModelChanged)  OutOfMemory  DeviceLost  OutputTruncated  OutputInvalid  UnsupportedByEngine
    ├── ServiceError     something around the reading failed: StorageUnavailable  ObjectMissing
    │                    UnsupportedByStore  LedgerUnavailable  LedgerOutdated  LedgerTooNew  QueueUnavailable
    │                    Unreachable  PartFalls  AttemptsExhausted  IncarnationGone  LeaseLost  Stopped  NeighbourHung
    │                    Cancelled  MissingExtra  SettingsInvalid
    └── RequestError         what was asked of the service cannot be done: RequestInvalid  UploadTooLarge
                         UnsupportedMedia  NotFound  Erased  WrongState  KeyReused  Unauthorized
                         Forbidden  RateLimited  Refused  StaleRevision (RecordChanged)  OpenFlags
                         ReviewLeaseLost  CsrfRefused  LinkSpent

The docstring of a class is its message, with its facts in braces; `code`, `http` and `retryable`
are for machines. Messages name no path but the file name the user gave.
"""

from __future__ import annotations

from worker.errors.base import PagemillError, all_errors
from worker.errors.engine import (
    DeviceLost,
    EngineError,
    ModelChanged,
    ModelUnavailable,
    ModelUnusable,
    OutOfMemory,
    OutputInvalid,
    OutputTruncated,
    UnsupportedByEngine,
)
from worker.errors.request import (
    CsrfRefused,
    Erased,
    Forbidden,
    KeyReused,
    LinkSpent,
    NotFound,
    OpenFlags,
    RateLimited,
    RecordChanged,
    Refused,
    RequestError,
    RequestInvalid,
    ReviewLeaseLost,
    StaleRevision,
    Unauthorized,
    UnsupportedMedia,
    UploadTooLarge,
    WrongState,
)
from worker.errors.service import (
    AttemptsExhausted,
    Cancelled,
    IncarnationGone,
    LeaseLost,
    LedgerOutdated,
    LedgerTooNew,
    LedgerUnavailable,
    MissingExtra,
    NeighbourHung,
    ObjectMissing,
    PartFalls,
    QueueUnavailable,
    ServiceError,
    SettingsInvalid,
    Stopped,
    StorageUnavailable,
    Unreachable,
    UnsupportedByStore,
)
from worker.errors.source import (
    CorruptFile,
    DocumentTimeout,
    DocumentTooDense,
    EmptyDocument,
    KindUnclear,
    OpenerKilled,
    PageMissing,
    PageTooDense,
    PageTooLarge,
    PageTooThin,
    PasswordRequired,
    SchemaInvalid,
    SchemaTooLarge,
    SourceError,
    SourceMemory,
    SourceTimeout,
    TooLarge,
    TooManyPages,
    TooManyPixels,
    UnsupportedType,
)

__all__ = [
    "AttemptsExhausted",
    "Cancelled",
    "CorruptFile",
    "CsrfRefused",
    "DeviceLost",
    "DocumentTimeout",
    "DocumentTooDense",
    "EmptyDocument",
    "EngineError",
    "Erased",
    "Forbidden",
    "IncarnationGone",
    "KeyReused",
    "KindUnclear",
    "LeaseLost",
    "LedgerOutdated",
    "LedgerTooNew",
    "LedgerUnavailable",
    "LinkSpent",
    "MissingExtra",
    "ModelChanged",
    "ModelUnavailable",
    "ModelUnusable",
    "NeighbourHung",
    "NotFound",
    "ObjectMissing",
    "OpenFlags",
    "OpenerKilled",
    "OutOfMemory",
    "OutputInvalid",
    "OutputTruncated",
    "PageMissing",
    "PageTooDense",
    "PageTooLarge",
    "PageTooThin",
    "PagemillError",
    "PartFalls",
    "PasswordRequired",
    "QueueUnavailable",
    "RateLimited",
    "RecordChanged",
    "Refused",
    "RequestError",
    "RequestInvalid",
    "ReviewLeaseLost",
    "SchemaInvalid",
    "SchemaTooLarge",
    "ServiceError",
    "SettingsInvalid",
    "SourceError",
    "SourceMemory",
    "SourceTimeout",
    "StaleRevision",
    "Stopped",
    "StorageUnavailable",
    "TooLarge",
    "TooManyPages",
    "TooManyPixels",
    "Unauthorized",
    "Unreachable",
    "UnsupportedByEngine",
    "UnsupportedByStore",
    "UnsupportedMedia",
    "UnsupportedType",
    "UploadTooLarge",
    "WrongState",
    "all_errors",
]
