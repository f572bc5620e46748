"""`pagemill up`, and what it leaves behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from api.client import Client
from schemas.job import JobState
from tests.service.conftest import picture, until
from tests.service.whole_processes import _ROOT
from worker.settings import environment


def _up(data: Path, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "pagemill", "up", "--data", str(data)],
        stderr=subprocess.PIPE,
        text=True,
        env=environment({"PAGEMILL_ENGINE": "fake", **env}),
        cwd=_ROOT,
        start_new_session=True,
    )


def _announced(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    lines: list[str] = []
    while not any(line.startswith("Ctrl-C") for line in lines):
        line = process.stderr.readline()
        assert line, "".join(lines)
        lines.append(line)
    return "".join(lines)


def _descendants(data: Path) -> list[int]:
    """Every process that has this data folder in its command line or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                about = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(data).encode() in about:
                found.append(int(entry.name))
    return found


def _secret(data: Path) -> str:
    """What a command beside the running service prints."""
    return subprocess.run(
        [sys.executable, "-m", "pagemill", "keys", "secret"],
        capture_output=True,
        text=True,
        cwd=_ROOT,
        env=environment({"PAGEMILL_DATA_DIR": str(data)}),
        timeout=60,
        check=True,
    ).stdout


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_up_serves_and_leaves_nothing_behind(tmp_path: Path, end: int) -> None:
    data = tmp_path / "data"
    process = _up(data)
    said = _announced(process)
    assert "keys are off" in said
    url = next(word for word in said.split() if word.startswith("http://"))
    with Client(url) as client:
        (tmp_path / "a.png").write_bytes(picture())
        job = client.wait(client.submit(tmp_path / "a.png", kind="receipt").jobs[0].id, seconds=30)
        assert job.state is JobState.DONE
    (data / "inbox/receipt/b.png").write_bytes(picture())
    until((data / "outbox/receipt/b.png.json").exists)
    assert _secret(data).startswith("whsec_")
    second = _up(data)
    assert second.wait(20) == 2
    assert second.stderr is not None
    assert "already" in second.stderr.read()
    second.stderr.close()
    process.send_signal(end)
    process.wait(40)
    assert process.stderr is not None
    process.stderr.close()
    until(lambda: len(_descendants(data)) == 0)
    if end == signal.SIGINT:
        assert process.returncode == 0
        again = _up(data)
        said = _announced(again)
        url = next(word for word in said.split() if word.startswith("http://"))
        assert httpx.get(f"{url}/v1/jobs").json()["jobs"][-1]["state"] == "done"
        again.terminate()
        again.wait(40)
        assert again.stderr is not None
        again.stderr.close()


def test_up_migrates_the_ledger_it_finds_and_starts_again_what_falls(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with closing(sqlite3.connect(data / "ledger.sqlite")) as old:
        old.executescript((_ROOT / "tests/contracts/ledgers/0001-sqlite.sql").read_text())
    process = _up(data)
    said = _announced(process)
    url = next(word for word in said.split() if word.startswith("http://"))
    for pid in _descendants(data):
        if pid != process.pid and b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
    with Client(url) as client:
        (tmp_path / "a.png").write_bytes(picture())
        job = client.wait(client.submit(tmp_path / "a.png", kind="receipt").jobs[0].id, seconds=40)
    assert job.state is JobState.DONE
    process.terminate()
    process.wait(40)
    assert process.stderr is not None
    process.stderr.close()


def test_up_beside_up_is_one_of_its_own(tmp_path: Path) -> None:
    """The settings that the first one wrote down are not those of the second."""
    first = _up(tmp_path / "one", PAGEMILL_DATA_DIR=str(tmp_path / "one"))
    url = next(word for word in _announced(first).split() if word.startswith("http://"))
    second = _up(tmp_path / "two", PAGEMILL_DATA_DIR=str(tmp_path / "one"))
    other = next(word for word in _announced(second).split() if word.startswith("http://"))
    assert url != other
    (tmp_path / "a.png").write_bytes(picture())
    with Client(other) as client:
        job = client.wait(client.submit(tmp_path / "a.png", kind="receipt").jobs[0].id, seconds=30)
        assert job.state is JobState.DONE
    with Client(url) as client:
        assert list(client.jobs()) == []
    for process in (second, first):
        process.terminate()
        process.wait(40)
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"REDIS_URL": "redis://127.0.0.1:9/0"}, "queue cannot be reached"),
        ({"REDIS_URL": "nonsense"}, "settings cannot be used: REDIS_URL"),
        ({"PAGEMILL_QUEUES": "tpu"}, "settings cannot be used: PAGEMILL_QUEUES"),
        ({"LOG_LEVEL": "loud"}, "settings cannot be used: LOG_LEVEL"),
        ({"PAGEMILL_PORT": "PORT"}, "is taken"),
    ],
)
def test_up_says_at_once_what_it_cannot_work_with(tmp_path: Path, env: dict[str, str], said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        started = time.monotonic()
        process = _up(tmp_path / "data", **{name: value.replace("PORT", port) for name, value in env.items()})
        assert process.wait(30) in {1, 2}
        assert time.monotonic() - started < 15
    assert process.stderr is not None
    text = process.stderr.read()
    process.stderr.close()
    assert said in text
    assert "Traceback" not in text


def test_up_ends_with_a_model_that_cannot_be_loaded_and_the_documents_wait(
    tmp_path: Path, tiny: Callable[[str], Path], samples: Path
) -> None:
    model, inbox = tmp_path / "model", tmp_path / "data" / "inbox" / "receipt"
    shutil.copytree(tiny("qwen3_vl"), model)
    (model / "model.safetensors").write_bytes((model / "model.safetensors").read_bytes()[:3000])
    inbox.mkdir(parents=True)
    shutil.copy(samples / "receipt_0_clean.jpg", inbox)
    process = _up(tmp_path / "data", PAGEMILL_ENGINE="transformers", PAGEMILL_MODEL=str(model))
    assert process.wait(90) == 1
    assert process.stderr is not None
    assert "The worker does not stay up" in process.stderr.read()
    process.stderr.close()
    assert "model are not whole" in (tmp_path / "data" / "pagemill.log").read_text(encoding="utf-8")
    assert (inbox / "receipt_0_clean.jpg").is_file()


def test_keys_are_not_off_for_the_network(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pagemill", "api"],
        capture_output=True,
        text=True,
        timeout=30,
        cwd=_ROOT,
        env=environment(
            {"PAGEMILL_AUTH": "off", "PAGEMILL_HOST": "0.0.0.0", "PAGEMILL_DATA_DIR": str(tmp_path)}
        ),
        check=False,
    )
    assert run.returncode == 2
    assert "loopback" in run.stderr
