"""Documents sent through folder, bucket and API, a third each; poisonous ones; erasing against sending."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
from PIL import Image

from api.client import Client
from bench.faults.worker import POISONED_WIDTH
from tests.stack import Stack
from worker.errors import PagemillError
from worker.jobs import object_keys
from worker.jobs.app import App

_T = TypeVar("_T")
KIND = "receipt"
RACING = "race-"
_ENDLESS = {  # a name that one expression takes practically for ever to compare with
    "type": "object",
    "properties": {"a" * 40 + "!": {"type": ["string", "null"]}},
    "patternProperties": {"^(a|a)+$": {"type": ["string", "null"]}},
}


def documents(count: int, *, width: int = 40, text: str = "") -> list[bytes]:
    """Small pictures, each another one."""
    made = []
    for number in range(count):
        buffer = io.BytesIO()
        Image.new("L", (width, 40), number % 256).save(buffer, "PNG")
        made.append(buffer.getvalue() + text.encode() + b"\0" * 4 + number.to_bytes(4, "big"))
    return made


def send(stack: Stack, app: App, wanted: list[bytes], hook: str, *, seconds: float) -> None:
    """A third through each door, spread over the time."""
    thirds = [wanted[start::3] for start in range(3)]
    pause = seconds / max(1, len(thirds[0]))
    inbox = stack.folder / "inbox" / KIND
    inbox.mkdir(parents=True, exist_ok=True)

    def by_folder(number: int, document: bytes) -> None:
        unfinished = inbox / f"{number}.png.part"
        unfinished.write_bytes(document)
        unfinished.rename(inbox / f"{number}.png")

    def by_bucket(number: int, document: bytes) -> None:
        app.store.write(f"{object_keys.INBOX}{KIND}/{number}.png", document)

    with Client(stack.url) as client, ThreadPoolExecutor(3) as pool:
        by_api = partial(_by_api, client, stack.folder, hook)
        doors: tuple[Callable[[int, bytes], None], ...] = (by_folder, by_bucket, by_api)
        for door in [pool.submit(_one_by_one, *what, pause) for what in zip(doors, thirds, strict=True)]:
            door.result()


def _one_by_one(way: Callable[[int, bytes], None], some: list[bytes], pause: float) -> None:
    began = time.monotonic()
    for number, document in enumerate(some):
        insist(partial(way, number, document))
        time.sleep(max(0.0, began + (number + 1) * pause - time.monotonic()))


def _by_api(client: Client, folder: Path, hook: str, number: int, document: bytes) -> None:
    path = folder / f"api-{number}.png"
    path.write_bytes(document)
    try:
        client.submit(path, kind=KIND, callback_url=hook)
    finally:
        path.unlink()


def poison(stack: Stack, count: int) -> list[str]:
    """Pages that hang a worker, and as many schemas that would without limits; ids of the pages' jobs."""
    pages = [("files", (f"poison-{n}.png", d)) for n, d in enumerate(documents(count, width=POISONED_WIDTH))]
    plain = [("files", (f"schema-{n}.png", d)) for n, d in enumerate(documents(count, text="schema"))]
    with httpx.Client(base_url=stack.url, timeout=30) as http:
        answer = http.post("/v1/jobs", data={"kind": KIND}, files=pages).raise_for_status()
        http.post("/v1/jobs", data={"schema": json.dumps(_ENDLESS)}, files=plain)
        return [job["id"] for job in answer.json()["jobs"]]


def race(stack: Stack, rounds: int, *, seconds: float, mark: str = "") -> dict[str, str]:
    """Erase a document and send it again at the same moment, over and over; jobs that were answered last.

    Each race has a mark and thereby documents of its own: what a second one erased, the first had not lost.
    """
    last: dict[str, str] = {}
    with httpx.Client(base_url=stack.url, timeout=60) as http, ThreadPoolExecutor(2) as pool:
        for number, document in enumerate(documents(rounds, text=RACING + mark)):
            name = f"{RACING}{mark}{number}.png"
            again = partial(_submit, http, name, document)
            job_id = insist(again)
            erased = pool.submit(_erase, http, job_id)
            sent = pool.submit(insist, again)
            last[name] = sent.result()
            erased.result()
            if _is_erased(http, last[name]):  # the erasure came last, even if its answer was lost
                last.pop(name)
            time.sleep(seconds / rounds)
    return last


def _submit(http: httpx.Client, name: str, document: bytes) -> str:
    answer = http.post("/v1/jobs", data={"kind": KIND}, files={"files": (name, document)})
    answer.raise_for_status()
    return str(answer.json()["jobs"][0]["id"])


def _erase(http: httpx.Client, job_id: str) -> None:
    with suppress(httpx.HTTPError):  # it may have been erased all the same
        http.delete(f"/v1/jobs/{job_id}")


def _is_erased(http: httpx.Client, job_id: str) -> bool:
    """Whether the API, when it can be asked, says that this job was erased; one it knows nothing of is lost."""
    return insist(lambda: _status(http, job_id)) == httpx.codes.GONE


def _status(http: httpx.Client, job_id: str) -> int:
    answer = http.get(f"/v1/jobs/{job_id}")
    if answer.is_server_error:
        answer.raise_for_status()
    return answer.status_code


def insist(attempt: Callable[[], _T]) -> _T:
    """What a careful client does: the same again until it was taken."""
    while True:
        try:
            return attempt()
        except (PagemillError, httpx.HTTPError, OSError):
            time.sleep(0.5)
