"""What calls of the ledger cost as it grows: medians in ms, and the ratio of the largest ledger to the smallest.

    python -m bench.load [--jobs 10000 100000] [--database sqlite|postgresql]

A ledger is filled with jobs that have ended, 1 in 100 of them failed, in one project; with members of
batches of 1,000 and with old requests; then each call is made again and again. PostgreSQL is the server of
the tests. A million jobs take about 3 minutes to fill: --jobs 10000 1000000.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from schemas.job import JobSpec, JobState
from tests.postgres import running
from worker.jobs.ledger.job_rows import End
from worker.jobs.ledger.ledger import Ledger
from worker.jobs.ledger.lists import Filter
from worker.jobs.ledger.sums import Stretch
from worker.jobs.ledger.tables import jobs, members, metadata, requests

_REPEATS = 30
_AT_ONCE = 10_000
_BATCH = 1000
_PROJECT = "default"
_LEASE = "a lease"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options = parser.parse_args()
    found = []
    with _server(options.database) as url:
        for count in options.jobs:
            ledger = _filled(url, count)
            found.append(_measured(ledger, count))
            with ledger.database.write() as connection:
                metadata.drop_all(connection)
                connection.exec_driver_sql("DROP TABLE alembic_version")
            ledger.close()
    print(f"{options.database:<24}" + "".join(f"{count:>12,}" for count in options.jobs) + f"{'x':>8}")
    for call in found[0]:
        times = [run[call] for run in found]
        ratio = times[-1] / times[0]
        print(f"{call:<24}" + "".join(f"{ms:>12.2f}" for ms in times) + f"{ratio:>8.1f}")
    return 0


@contextmanager
def _server(database: str) -> Iterator[str]:
    if database == "postgresql":
        with running() as url:
            yield url.replace("postgresql://", "postgresql+psycopg://")
        return
    with tempfile.TemporaryDirectory(prefix="pagemill-load-") as folder:
        yield f"sqlite:///{Path(folder) / 'ledger.sqlite'}"


def _filled(url: str, count: int) -> Ledger:
    ledger = Ledger.open(url)
    started = time.perf_counter()
    fill(ledger, count)
    print(f"{count:,} jobs filled in {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return ledger


def fill(ledger: Ledger, count: int) -> None:
    """Enter so many jobs that have ended, in the project `default`, which keeps them for ever."""
    for begin in range(0, count, _AT_ONCE):
        numbers = range(begin, min(count, begin + _AT_ONCE))
        with ledger.database.write() as connection:
            connection.execute(insert(jobs), [_row(number) for number in numbers])
            connection.execute(insert(members), [_member(number) for number in numbers])
            connection.execute(insert(requests), [_request(number) for number in numbers])
    ledger.projects.keep_for(_PROJECT, None)
    with ledger.database.write() as connection:
        connection.execute(text("ANALYZE"))


def spec_of(number: int, *, created_at: float) -> JobSpec:
    """Of a job like every other, but for its number."""
    return JobSpec(
        job_id=f"{number:032x}",
        project=_PROJECT,
        kind=("receipt", "invoice")[number % 2],
        kind_version=1,
        schema_sha256="s" * 64,
        source_sha256=f"{number:064x}",
        filename=f"{number}.pdf",
        size=100_000,
        engine="embedded",
        pipeline_version="1",
        created_at=created_at,
    )


def _row(number: int) -> Mapping[str, Any]:
    failed = number % 100 == 0
    row = spec_of(number, created_at=float(number)).model_dump(exclude={"spec_version", "job_id"})
    state = JobState.FAILED if failed else JobState.DONE
    ended = {"state": state, "error_code": "corrupt_file" if failed else None, "finished_at": number + 1.0}
    return {**row, "id": f"{number:032x}", "queue": "cpu", "updated_at": number + 1.0, **ended}


def _member(number: int) -> Mapping[str, Any]:
    batch = f"b{number // _BATCH}"
    return {"project": _PROJECT, "batch": batch, "job_id": f"{number:032x}", "filename": f"{number}.pdf"}


def _request(number: int) -> Mapping[str, Any]:
    about = {"fingerprint": "f", "job_ids": "[]", "created_at": 1e9 + number}
    return {"project": _PROJECT, "key": str(number), **about}


def _measured(ledger: Ledger, count: int) -> dict[str, float]:
    lists = ledger.lists
    all_jobs, now, middle = Filter(_PROJECT), float(count + 10), (count / 2, "f")
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: ledger.jobs.get(f"{count // 2:032x}"),
        "first page": lambda: lists.page(all_jobs),
        "middle page": lambda: lists.page(all_jobs, after=middle),
        "last page": lambda: lists.page(all_jobs, after=(1.0, "f")),
        "state=cancelled (none)": lambda: lists.page(Filter(_PROJECT, states=(JobState.CANCELLED,))),
        "kind=x (none)": lambda: lists.page(Filter(_PROJECT, kind="x")),
        "changes (event stream)": lambda: lists.changes(_PROJECT, after=(float(count), "f")),
        "batch counts": lambda: lists.counts(Filter(_PROJECT, batch="b3")),
        "list of batches": lambda: lists.batches(_PROJECT, now=now, limit=100),
        "counts of the project": lambda: lists.counts(all_jobs),
        "search (none)": lambda: lists.page(Filter(_PROJECT, text="nowhere")),
        "review: next (none)": lambda: ledger.reviews.next(all_jobs, token=_LEASE, now=now, seconds=9),
        "batch of 1000, all": lambda: list(lists.all(Filter(_PROJECT, batch="b3"))),
        "due": lambda: ledger.jobs.due("cpu", now=now),
        "expire": lambda: ledger.jobs.expire(now=now),
        "expired (retention)": lambda: lists.expired(_PROJECT, before=0.0, limit=200),
        "forget requests": lambda: ledger.access.forget_requests(before=0.0),
        "overview: last 10,000": lambda: ledger.sums.ended(_PROJECT, Stretch(now - 10_000, 400.0)),
        "overview: failures": lambda: ledger.sums.failures(_PROJECT),
        "metrics: counts": lists.counts,
        "metrics: failures": lists.failures,
        "metrics: waiting": lists.waiting,
    }
    found = _life(ledger, count)
    return found | {name: _median(call) for name, call in calls.items()}


def _life(ledger: Ledger, count: int) -> dict[str, float]:
    """Submit, claim and finish of one job after the other."""
    times: dict[str, list[float]] = {"submit": [], "claim": [], "finish": []}
    for number in range(count, count + _REPEATS):
        spec, now = spec_of(number, created_at=float(number)), float(number)
        done = time.perf_counter()
        ledger.jobs.open(spec, queue="cpu", now=now)
        done = _note(times["submit"], done)
        ledger.jobs.claim("cpu", token=_LEASE, now=now, lease_seconds=9)
        done = _note(times["claim"], done)
        ledger.jobs.finish(spec.job_id, token=_LEASE, end=End(JobState.DONE), now=now)
        _note(times["finish"], done)
    return {name: statistics.median(took) for name, took in times.items()}


def _note(took: list[float], since: float) -> float:
    now = time.perf_counter()
    took.append((now - since) * 1000)
    return now


def _median(call: Callable[[], object]) -> float:
    took: list[float] = []
    for _ in range(_REPEATS):
        since = time.perf_counter()
        call()
        _note(took, since)
    return statistics.median(took)


if __name__ == "__main__":
    sys.exit(main())
