"""`pagemill submit`, `status`, `fetch`, `export`: what a service is asked over HTTP."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

from tqdm import tqdm

from api.cli import corrections, sources
from api.client import Client
from api.views import EventView, JobView
from schemas.job import JobState
from worker import settings
from worker.errors import Refused, RequestInvalid

_JSON = "json"
_NEWEST = 20  # jobs told where none is named
_TABLES = ("jsonl", "csv", "parquet", "xlsx")
_LOST = frozenset({JobState.FAILED, JobState.CANCELLED})


def run_submit(options: argparse.Namespace) -> int:
    """Send every file; prints a job id and a file name per line, or with --wait the records."""
    files, missing = sources.expand(options.files)
    for name in missing:
        print(f"{name}: no documents there", file=sys.stderr)
    schema = _schema(options.schema)
    failed = bool(missing)
    jobs: list[JobView] = []
    with connect(options) as client:
        for path in tqdm(files, unit=" files", disable=None, leave=False):
            try:
                taken = client.submit(
                    path,
                    kind=options.kind,
                    schema=schema,
                    engine=options.engine,
                    batch=options.batch,
                    priority=options.priority,
                )
            except Refused as error:
                failed = True
                tqdm.write(f"{path.name}: {error}", file=sys.stderr)
                continue
            jobs.extend(taken.jobs)
            if not options.wait:
                print("\n".join(f"{job.id} {job.filename}" for job in taken.jobs))
        if options.wait:
            failed |= _print_records(client, [job.id for job in jobs], sys.stdout)
    return int(failed)


def run_status(options: argparse.Namespace) -> int:
    """Print a line per job (the newest, if none is named) or the states of a batch; 1 when one has failed."""
    with connect(options) as client:
        if options.batch is not None and not options.jobs:
            batch = client.batch(options.batch)
            states = ", ".join(f"{count} {state}" for state, count in sorted(batch.states.items()))
            print(f"{batch.name}: {batch.total} jobs, {states}")
            return int(any(batch.states.get(state) for state in _LOST))
        named = [client.job(job_id) for job_id in options.jobs]
        jobs = named or list(islice(client.jobs(), _NEWEST))
        told = [client.events(job.id) if options.events else [] for job in jobs]
    for job, events in zip(jobs, told, strict=True):
        pages = f"{job.progress.pages_done}/{job.progress.pages}" if job.progress.pages else "-"
        model = f"  for {job.model}" if job.model and job.state is JobState.QUEUED else ""
        why = f"  {job.error.code}: {job.error.message}" if job.error else ""
        print(f"{job.id}  {job.state:<9}  {pages:>7} pages  {job.filename}{model}{why}")
        for event in events:
            print(_line(event))
    return int(any(job.state in _LOST for job in jobs))


def _line(event: EventView) -> str:
    attempt = f"attempt {event.attempt}" if event.attempt else ""
    why = ": ".join(part for part in (event.error, event.reason) if part)
    by = f"by {event.worker}" if event.worker else ""
    parts = (event.at.isoformat(timespec="seconds"), f"{event.code:<16}", attempt, by, why)
    return "  " + "  ".join(part for part in parts if part).rstrip()


def run_fetch(options: argparse.Namespace) -> int:
    """Wait for jobs and print their records, one JSON line each, or their texts; 1 when one has failed."""
    with connect(options) as client, _opened(options.output) as stream:
        ids = options.jobs or [job.id for job in client.jobs(batch=_required(options.batch))]
        return int(_print_records(client, ids, stream, form=options.format))


def run_export(options: argparse.Namespace) -> int:
    """Write the export of a batch, or what people corrected."""
    if options.corrections is not None:
        with connect(options) as client:
            count = corrections.write(client, options.corrections, batch=options.batch)
        print(f"{count} documents in {options.corrections / corrections.MANIFEST}", file=sys.stderr)
        return _write_examples(options.corrections, options.format) if options.format else 0
    batch, form = _required(options.batch), options.format or "jsonl"
    if form not in _TABLES:
        raise RequestInvalid(
            detail=f"{form} is a form of --corrections; a batch comes as {', '.join(_TABLES)}"
        )
    with connect(options) as client, client.export(batch, form=form) as pieces:
        if options.output is None:
            _copy(pieces, sys.stdout.buffer)
        else:
            partial = options.output.with_name(options.output.name + ".part")
            with partial.open("wb") as file:
                _copy(pieces, file)
            partial.replace(options.output)
    return 0


def _write_examples(folder: Path, form: str) -> int:
    """What people corrected, as examples for training, beside the manifest."""
    from api.cli import learning
    from worker.reading.learning.formats import FORMS

    if form not in FORMS:
        raise RequestInvalid(detail=f"corrections come as {', '.join(FORMS)}, not as {form}")
    count = learning.write(folder, form, settings.load())
    print(f"{count} examples in {folder / form}.jsonl", file=sys.stderr)
    return 0


def _print_records(client: Client, ids: Iterable[str], stream: TextIO, *, form: str = _JSON) -> bool:
    failed = False
    for job_id in tqdm(list(ids), unit=" jobs", disable=None, leave=False):
        job = client.wait(job_id)
        if job.state in _LOST:
            failed = True
            reason = job.error.message if job.error else job.state
            tqdm.write(f"{job.filename}: {reason}", file=sys.stderr)
        if job.state is JobState.CANCELLED:
            continue
        if form == _JSON:
            stream.write(json.dumps(client.record(job_id), ensure_ascii=False) + "\n")
        elif job.state is not JobState.FAILED:
            stream.write(client.text(job_id, form=form))
        stream.flush()
    return failed


def _schema(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RequestInvalid(detail=f"{path} cannot be opened") from error


def _required(batch: str | None) -> str:
    if batch is None:
        raise RequestInvalid(detail="name jobs, or a --batch")
    return batch


def _copy(pieces: Iterator[bytes], file: BinaryIO) -> None:
    file.writelines(pieces)


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with output.open("w", encoding="utf-8") as stream:
        yield stream


def connect(options: argparse.Namespace) -> Client:
    """A client of the service that the options or the settings name."""
    found = settings.load()
    key = options.key or (found.key.get_secret_value() if found.key else None)
    return Client(options.url or found.url, key=key)
