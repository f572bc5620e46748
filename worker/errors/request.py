"""What is asked of the service and cannot be done."""

from __future__ import annotations

from worker.errors.base import PagemillError


class RequestError(PagemillError):
    """What was asked of the service cannot be done."""

    code = "request_error"
    http = 400


class RequestInvalid(RequestError):
    """The request cannot be understood: {detail}."""

    code = "request_invalid"
    http = 422


class UploadTooLarge(RequestError):
    """The upload is larger than the {limit} bytes allowed; split it, or ask for a presigned upload."""

    code = "too_large"
    http = 413


class UnsupportedMedia(RequestError):
    """The request's Content-Type is {found}; send {wanted}."""

    code = "unsupported_media"
    http = 415


class NotFound(RequestError):
    """There is no {what}."""

    code = "not_found"
    http = 404


class Erased(RequestError):
    """This job was erased; only that is still known of it."""

    code = "erased"
    http = 410


class WrongState(RequestError):
    """This cannot be done with a job that is {state}."""

    code = "wrong_state"
    http = 409


class StaleRevision(RequestError):
    """This record was changed meanwhile and is at revision {current}; look at it, and send the change again."""

    code = "stale_revision"
    http = 409


class RecordChanged(StaleRevision):
    """This record was changed meanwhile and is at revision {current}, which If-Match does not name."""

    http = 412


class OpenFlags(RequestError):
    """{count} places are still open, {first} the first of them; settle them, or sign off with sign_off."""

    code = "open_flags"
    http = 409


class ReviewLeaseLost(RequestError):
    """This document is not kept for you any more; ask for the next one, or review it all the same."""

    code = "review_lease_lost"
    http = 409


class KeyReused(RequestError):
    """This Idempotency-Key was used for another request; use a new one."""

    code = "idempotency_key_reused"
    http = 422


class Unauthorized(RequestError):
    """The API key is missing, wrong or expired; send it as Authorization: Bearer pm_…."""

    code = "unauthorized"
    http = 401


class LinkSpent(Unauthorized):
    """This link was used, or has run out; ask whoever runs the service for another one."""

    code = "link_spent"


class CsrfRefused(RequestError):
    """This came with the cookie of a session, but without its X-CSRF-Token; GET /v1/session has it."""

    code = "csrf_refused"
    http = 403


class Forbidden(RequestError):
    """{reason}."""

    code = "forbidden"
    http = 403


class RateLimited(RequestError):
    """More than {limit} requests in a minute; wait {seconds} s."""

    code = "rate_limited"
    http = 429
    retryable = True


class Refused(RequestError):
    """The service refused: {detail}."""

    code = "refused"
