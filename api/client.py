"""A small client of the HTTP API, used by the command line; use it from Python as well.

with Client("http://127.0.0.1:8000", key="pm_…") as client:
    job = client.submit(Path("bill.pdf"), kind="receipt").jobs[0]
    record = client.record(client.wait(job.id).id)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from api.views import BatchView, EventView, JobPage, JobView, Submitted
from schemas.job import FINISHED
from worker.errors import Refused, Unreachable

_TIMEOUT = httpx.Timeout(30.0, connect=5.0, read=90.0)
_LONGEST_WAIT = 30
_TRIES = 4
_BUSY = frozenset({429, 502, 503, 504})


class Client:
    """One connection to a service; use as a context manager. Raises Refused and Unreachable."""

    def __init__(self, url: str, *, key: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._url = url
        self._http = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def submit(self, path: Path, *, kind: str | None = None, **options: str | int | None) -> Submitted:
        """Send a document; options are those of POST /v1/jobs: schema, engine, batch, priority …."""
        form = {name: str(value) for name, value in (options | {"kind": kind}).items() if value is not None}
        with path.open("rb") as file:

            def send() -> httpx.Response:
                file.seek(0)
                return self._http.post("/v1/jobs", data=form, files={"files": (path.name, file)})

            return Submitted.model_validate(self._tried(send).json())

    def ask(
        self,
        job_id: str,
        question: str,
        *,
        schema: Mapping[str, Any] | None = None,
        after: str | None = None,
        engine: str | None = None,
    ) -> JobView:
        """Ask something about a job's document, perhaps after another question; the answer is the record."""
        asked = {"question": question, "schema": schema, "after": after, "engine": engine}
        return JobView.model_validate(self._post(f"/v1/jobs/{job_id}/ask", asked))

    def job(self, job_id: str, *, wait: float = 0) -> JobView:
        """How a job stands, at the latest after `wait` seconds."""
        return JobView.model_validate(self._get(f"/v1/jobs/{job_id}", wait=wait).json())

    def wait(self, job_id: str, *, seconds: float = float("inf")) -> JobView:
        """The job when it has ended, or as it stands when the time is over."""
        until = time.monotonic() + seconds
        job = self.job(job_id)
        while job.state not in FINISHED and time.monotonic() < until:
            job = self.job(job_id, wait=max(0, min(_LONGEST_WAIT, until - time.monotonic())))
        return job

    def events(self, job_id: str) -> Sequence[EventView]:
        """What happened to a job, in order."""
        return [EventView.model_validate(event) for event in self._get(f"/v1/jobs/{job_id}/events").json()]

    def record(self, job_id: str, *, revision: int | None = None) -> Mapping[str, Any]:
        """The record of a job that has ended, as it stands or as it was at a revision; 0 is as read."""
        found: Mapping[str, Any] = self._get(f"/v1/jobs/{job_id}/record", revision=revision).json()
        return found

    def text(self, job_id: str, *, form: str) -> str:
        """The text of a record of kind `text`, as `md` (Markdown) or `txt`."""
        return self._get(f"/v1/jobs/{job_id}/record", format=form).text

    def review(
        self, job_id: str, revision: int, changes: Sequence[Mapping[str, Any]] = (), **decided: str | bool
    ) -> Mapping[str, Any]:
        """Change a record, or decide: options are those of POST /v1/jobs/{id}/review; the new record.

        It is not tried again: whether a first try was done is what `revision` finds out.
        """
        body = {"revision": revision, "changes": list(changes), **decided}
        return self._post(f"/v1/jobs/{job_id}/review", body)

    def check(self, job_id: str, data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """What would be wrong with these data of a job."""
        issues: Sequence[Mapping[str, Any]] = self._post(f"/v1/jobs/{job_id}/check", {"data": data})["issues"]
        return issues

    def history(self, job_id: str) -> Sequence[Mapping[str, Any]]:
        """Who changed what and when, the newest revision first."""
        found: Sequence[Mapping[str, Any]] = self._get(f"/v1/jobs/{job_id}/history").json()["revisions"]
        return found

    def next_review(self, **wanted: str) -> Mapping[str, Any] | None:
        """The document that needs a person most, by `kind`, `batch`, `after`; None when there is none."""
        return self._post("/v1/reviews/next", wanted) or None

    def schema(self, job_id: str) -> Mapping[str, Any]:
        """The JSON Schema that the record of a job keeps to."""
        found: Mapping[str, Any] = self._get(f"/v1/jobs/{job_id}/schema").json()
        return found

    def source(self, job_id: str, path: Path) -> None:
        """The document of a job as a file, there only when it is complete."""
        partial = path.with_name(path.name + ".part")
        with self._translated(), self._http.stream("GET", f"/v1/jobs/{job_id}/source") as answer:
            if answer.is_error:
                answer.read()
            _require(answer)
            with partial.open("wb") as file:
                file.writelines(answer.iter_bytes())
        partial.replace(path)

    def counts(self, **wanted: str) -> Mapping[str, int]:
        """How many jobs are in each state, of a `kind` or `batch`."""
        found: Mapping[str, int] = self._get("/v1/counts", **wanted).json()["states"]
        return found

    def jobs(self, *, batch: str | None = None, state: str | None = None) -> Iterator[JobView]:
        """Jobs, the newest first."""
        cursor: str | None = None
        while True:
            found = self._get("/v1/jobs", batch=batch, state=state, cursor=cursor)
            page = JobPage.model_validate(found.json())
            yield from page.jobs
            cursor = page.next
            if cursor is None:
                return

    def batch(self, name: str) -> BatchView:
        """How a batch stands."""
        return BatchView.model_validate(self._get(f"/v1/batches/{name}").json())

    @contextmanager
    def export(self, batch: str, *, form: str) -> Iterator[Iterator[bytes]]:
        """The records of a batch as jsonl, csv or parquet, in pieces."""
        with (
            self._translated(),
            self._http.stream("GET", f"/v1/batches/{batch}/export", params={"format": form}) as answer,
        ):
            if answer.is_error:
                answer.read()
            _require(answer)
            yield answer.iter_bytes()

    def _post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._translated():
            answer = self._http.post(path, json=body)
        _require(answer)
        found: Mapping[str, Any] = answer.json() if answer.content else {}
        return found

    def _get(self, path: str, **params: Any) -> httpx.Response:
        given = {name: value for name, value in params.items() if value is not None}
        return self._tried(lambda: self._http.get(path, params=given))

    def _tried(self, send: Callable[[], httpx.Response]) -> httpx.Response:
        """An answer that is not an error; a service that is busy is asked again, for every request may be."""
        tries = 1
        while True:
            with self._translated():
                answer = send()
            if answer.status_code not in _BUSY or tries == _TRIES:
                _require(answer)
                return answer
            tries += 1
            time.sleep(min(float(answer.headers.get("Retry-After", "1")), 10.0))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(url=self._url, detail=type(error).__name__) from error


def _require(answer: httpx.Response) -> None:
    """Raise Refused with what a problem document says."""
    if not answer.is_error:
        return
    try:
        detail = str(answer.json()["detail"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        detail = f"it answered {answer.status_code}"
    raise Refused(detail=detail)
