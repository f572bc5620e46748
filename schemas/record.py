"""What a document yields: the data, where each value was read, and what is wrong with it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas import pointer


class Severity(StrEnum):
    """How much an issue matters."""

    INFO = "info"  # good to know
    WARNING = "warning"  # a value may be wrong
    ERROR = "error"  # something asked for is missing or broken: a person should look


class State(StrEnum):
    """How a finished document ended."""

    DONE = "done"  # read, nothing needs a person
    REVIEW = "review"  # read, but an error-level issue or a low confidence asks for a look
    FAILED = "failed"  # nothing could be read; the issues say why


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Citation(_Frozen):
    """A place on a page that a value was read from."""

    page: int = Field(ge=1, description="Page number, from 1.")
    box: tuple[float, float, float, float] = Field(
        description="[x0, y0, x1, y1] as fractions of the upright page, origin top left."
    )
    text: str = Field(description="The text as printed there.")


class Alternative(_Frozen):
    """Another value that could have been meant."""

    value: Any
    confidence: float = Field(ge=0, le=1)


class Evidence(_Frozen):
    """Why a value is what it is."""

    confidence: float = Field(ge=0, le=1, description="Probability that the value is right.")
    origin: Literal["read", "embedded", "computed", "default", "corrected"] = "read"
    citations: tuple[Citation, ...] = ()
    alternatives: tuple[Alternative, ...] = Field(default=(), max_length=3)


class Issue(_Frozen):
    """Something a reader of the record should know, at a JSON Pointer into the data."""

    code: str
    severity: Severity
    path: str = ""
    message: str


class Provenance(_Frozen):
    """From what, by what and how fast the record was made."""

    source_sha256: str
    filename: str
    pages: int
    kind_version: int
    kind_told: bool = Field(default=False, description="Nobody named the kind: the document's words did.")
    schema_sha256: str
    engine: str
    model: str | None = None
    revision: str | None = None
    pipeline_version: str
    timings_ms: dict[str, float] = Field(default_factory=dict)
    tokens: dict[str, int] = Field(default_factory=dict)
    notes: tuple[str, ...] = Field(
        default=(), description="What was done otherwise than usual, such as a lower resolution."
    )


class Record(_Frozen):
    """The result of reading one document as one kind. `data` is exactly the kind's schema.

    What a service adds to it, such as the states of its values, is passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    record_version: Literal[1] = 1
    job_id: str
    kind: str
    state: State
    data: dict[str, Any] | None
    fields: dict[str, Evidence] = Field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    provenance: Provenance

    def value(self, path: str) -> Any:
        """The value at a JSON Pointer, as `/items/0/amount`; raises LookupError where there is none."""
        return pointer.get(self.data, path)


def failed(*, job_id: str, kind: str, code: str, message: str, provenance: Provenance) -> Record:
    """The record of a document of which nothing could be read, and why."""
    issue = Issue(code=code, severity=Severity.ERROR, message=message)
    return Record(
        job_id=job_id, kind=kind, state=State.FAILED, data=None, issues=(issue,), provenance=provenance
    )
