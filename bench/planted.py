"""Drawn receipts that were read with errors on purpose, in a real service: what a review is tried with."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx

from bench.draw import receipts
from bench.draw.paper import Drawn
from schemas import pointer
from schemas.record import Alternative, Citation, Evidence
from tests.stack import Stack
from worker.process.engine_pool import EnginePool
from worker.process.exclusive import SharedExclusiveLock
from worker.process.leases import LeaseKeeper
from worker.process.worker import WorkerState
from worker.reading.engines.base import Engine, Reading, Request
from worker.reading.engines.fake import FakeEngine

_SURE, _UNSURE = 0.97, 0.3
_SECOND = 0.5  # share of wrong values whose right one is the second choice
_OFTEN_WRONG = ("/company", "/phone", "/date", "/receipt_number", "/time", "/tax", "/total", "/paid")


@dataclass(frozen=True, slots=True)
class Case:
    """A document: what it says, what was read of it, and how sure that is said to be."""

    filename: str
    content: bytes
    data: dict[str, Any]
    evidence: Mapping[str, Evidence]
    truth: Mapping[str, Any] = field(default_factory=dict)
    errors: int = 0
    kind: str = "receipt"


def plant(rng: random.Random, number: int, *, errors: int, doubts: int) -> Case:
    """A receipt with so many wrong values, and so many right ones that are doubted.

    Every wrong value is doubted, too.
    """
    drawn = receipts.draw(rng, f"receipt_{number:03}")
    boxes = _boxes(drawn)
    data = {name: value for name, value in drawn.expected.items() if value is not None}
    evidence = {
        at: Evidence(confidence=_SURE, citations=boxes.get(at, ())) for at, value in pointer.leaves(data)
    }
    chosen = rng.sample([at for at in _OFTEN_WRONG if data.get(at[1:]) is not None], errors + doubts)
    for place, at in enumerate(chosen):
        right = data[at[1:]]
        second = _misread(rng, right)
        if place < errors:
            data[at[1:]], second = second, right if rng.random() < _SECOND else _misread(rng, second)
        other = (Alternative(value=second, confidence=0.2),)
        evidence[at] = Evidence(confidence=_UNSURE, citations=boxes.get(at, ()), alternatives=other)
    return Case(f"{drawn.name}.jpg", _jpeg(drawn), data, evidence, drawn.expected, errors)


class PlantedEngine(FakeEngine):
    """Reads from every document what its case says."""

    def __init__(self, cases: Mapping[str, Case]) -> None:
        super().__init__()
        self._cases = cases

    def read(self, request: Request) -> Reading:
        """The case of this job."""
        for _ in request.pages:
            request.after_page()
        case = self._cases[request.context.job or ""]
        return Reading(data=case.data, evidence=case.evidence, has_text=True)


class _PlantedPool(EnginePool):
    """Has one engine, whatever is asked for."""

    def __init__(self, stack: Stack, engine: Engine) -> None:
        super().__init__(stack.settings)
        self._only = engine

    @contextmanager
    def engine(self, *_: Any, **__: Any) -> Iterator[Engine]:
        """The planted one."""
        yield self._only


@contextmanager
def service(
    folder: Path, cases: Sequence[Case], *, kinds: Mapping[str, Any] = MappingProxyType({}), **env: str
) -> Iterator[tuple[Stack, dict[str, Case]]]:
    """A service in which these were read, and that draws their pages; by the ids of their jobs.

    `kinds` are JSON Schemas of kinds that it does not bring.
    """
    with Stack(folder, **env) as stack:
        stack.start_servers()
        stack.start("api")
        stack.await_api()
        for name, schema in kinds.items():
            httpx.put(f"{stack.url}/v1/kinds/{name}", json=schema).raise_for_status()
        jobs = {_submitted(stack.url, case): case for case in cases}
        _read(stack, jobs)
        stack.start("worker")
        yield stack, jobs


def _submitted(url: str, case: Case) -> str:
    files = {"files": (case.filename, case.content)}
    answer = httpx.post(f"{url}/v1/jobs", files=files, data={"kind": case.kind}, timeout=60)
    return str(answer.raise_for_status().json()["jobs"][0]["id"])


def _read(stack: Stack, jobs: Mapping[str, Case]) -> None:
    app = stack.app()
    state = WorkerState(
        app, _PlantedPool(stack, PlantedEngine(jobs)), LeaseKeeper(app), SharedExclusiveLock()
    )
    state.leases.start()
    for _ in jobs:
        state.work("cpu")
    state.leases.end()
    state.pool.close()
    app.close()


def _boxes(drawn: Drawn) -> dict[str, tuple[Citation, ...]]:
    found = drawn.row("")["boxes"]
    return {
        at: tuple(Citation(page=1, box=tuple(box), text="") for box in boxes) for at, boxes in found.items()
    }


def _misread(rng: random.Random, value: Any) -> Any:
    """What a hasty reader would take it for."""
    if isinstance(value, float | int):
        return round(value + rng.choice((1, 10, 0.3, 0.09)), 2)
    text = str(value)
    try:
        return (dt.date.fromisoformat(text) + dt.timedelta(days=rng.randrange(1, 28))).isoformat()
    except ValueError:
        digits = [at for at, letter in enumerate(text) if letter.isdigit()]
        if not digits:
            return text[:-1] + ("N" if text[-1] != "N" else "M")
        at = digits[-1]
        return f"{text[:at]}{(int(text[at]) + rng.randrange(1, 9)) % 10}{text[at + 1 :]}"


def _jpeg(drawn: Drawn) -> bytes:
    buffer = BytesIO()
    drawn.image.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()
