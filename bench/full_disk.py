"""`pagemill up` over a store that holds documents: killed and started again, its disk filled and freed again.

    python -m bench.full_disk [--jobs 50]

In a small file system of its own (root, Linux). Exit status 1 where a document or record that was answered is
not there afterwards, byte for byte, or work does not go on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from api.up.servers import free_port
from bench.overhead import drawn_document
from worker.settings import environment

_DISK = "1g"
_FULL_SECONDS = 65.0  # longer than the store takes to notice
_FORM = {"kind": "receipt"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=50)
    count = parser.parse_args().jobs
    with tempfile.TemporaryDirectory() as name, _small_disk(Path(name)):
        return int(not _run(Path(name, "data"), count))


def _run(data: Path, count: int) -> bool:
    sent: dict[str, bytes] = {}
    with _up(data) as http:
        for _ in range(count):
            sent |= _send(http)
        _await_all(http, sent)
    with _up(data) as http:  # SIGKILL in between
        good = _all_there(http, sent)
        print(f"started again over {count} documents: {'all there' if good else 'NOT all there'}", flush=True)
        full_seconds = _fill(data.parent, http, sent)
        good &= _all_there(http, sent)
    print(
        f"full for {_FULL_SECONDS:.0f} s; the next document ended {full_seconds:.1f} s after there was room"
    )
    with _up(data) as http:
        good &= _all_there(http, sent)
    left = [str(path) for path in data.parent.rglob("*.part")]
    print(
        f"{len(sent)} documents {'all there' if good else 'NOT all there'}; left half written: {left or 'none'}"
    )
    return good and not left


@contextmanager
def _up(data: Path) -> Iterator[httpx.Client]:
    """The service, until it is killed without a word."""
    port = free_port()
    command = [sys.executable, "-m", "pagemill", "up", "--data", str(data), "--port", str(port)]
    env = environment({"PAGEMILL_ENGINE": "fake", "PAGEMILL_AUTH": "off"})
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
        process, until = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL), time.monotonic() + 120
        while not _is_ready(http):
            if time.monotonic() > until:
                raise SystemExit("`pagemill up` did not become ready")
            time.sleep(0.5)
            if process.poll() is not None:  # what the one before had started has not ended yet
                process = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
        try:
            yield http
        finally:
            process.kill()
            process.wait()


def _is_ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def _send(http: httpx.Client) -> Mapping[str, bytes]:
    """The job of another document, and its bytes; empty where it was refused for now."""
    document = drawn_document()
    with suppress(httpx.TransportError):
        answer = http.post("/v1/jobs", data=_FORM, files={"files": ("a.png", document)})
        if answer.status_code == 202:
            return {answer.json()["jobs"][0]["id"]: document}
    return {}


def _await_all(http: httpx.Client, sent: Mapping[str, bytes]) -> None:
    for job_id in sent:
        while http.get(f"/v1/jobs/{job_id}").json()["state"] in {"queued", "running"}:
            time.sleep(0.1)


def _all_there(http: httpx.Client, sent: Mapping[str, bytes]) -> bool:
    """Whether each has its document and a record that is done."""
    good = True
    for job_id, document in sent.items():
        record, source = (http.get(f"/v1/jobs/{job_id}/{what}") for what in ("record", "source"))
        if not (record.is_success and record.json()["state"] == "done" and source.content == document):
            print(f"{job_id}: record {record.status_code}, source {source.status_code}", flush=True)
            good = False
    return good


def _fill(disk: Path, http: httpx.Client, sent: dict[str, bytes]) -> float:
    """Let nothing be written for a while; seconds until a document is done after there is room again."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(2**20))
    until, refused = time.monotonic() + _FULL_SECONDS, 0
    while time.monotonic() < until:
        taken = _send(http)
        sent |= taken
        refused += not taken
        time.sleep(1)
    print(f"while it was full {refused} were refused", flush=True)
    filler.unlink()
    began = time.monotonic()
    while not (taken := _send(http)):
        time.sleep(0.5)
    sent |= taken
    _await_all(http, taken)
    seconds = time.monotonic() - began
    _await_all(http, sent)
    return seconds


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_DISK}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


if __name__ == "__main__":
    sys.exit(main())
