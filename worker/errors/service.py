"""Something around the reading failed: store, ledger, queue, settings, a worker."""

from __future__ import annotations

from worker.errors.base import PagemillError


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


class LedgerOutdated(ServiceError):
    """The ledger is of an older Pagemill (revision {found}, this one needs {needed}); run: pagemill migrate."""

    code = "ledger_outdated"


class LedgerTooNew(ServiceError):
    """The ledger is of a newer Pagemill (revision {found}, this one knows {known}); run that version of it."""

    code = "ledger_too_new"


class QueueUnavailable(ServiceError):
    """The queue cannot be reached ({detail}); check REDIS_URL, and try again."""

    code = "queue_unavailable"
    retryable = True


class AttemptsExhausted(ServiceError):
    """None of {attempts} attempts at this document came to an end; the events of the job say why each stopped."""

    code = "attempts_exhausted"


class IncarnationGone(ServiceError):
    """The document was erased while it was sent once more; send it again."""

    code = "incarnation_gone"
    retryable = True


class LeaseLost(ServiceError):
    """Another worker has taken this job over."""

    code = "lease_lost"
    retryable = True


class Stopped(ServiceError):
    """The worker was asked to stop; the job goes on in another one."""

    code = "stopped"
    retryable = True


class NeighbourHung(ServiceError):
    """Another document hung the worker, which was ended; this one had no part in it."""

    code = "neighbour_hung"
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
