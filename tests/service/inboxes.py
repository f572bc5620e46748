"""A folder that is watched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.watch.folder import FolderInbox
from api.watch.sweeper import Sweeper
from worker.jobs.app import App
from worker.process.worker import WorkerState

_SETTLE = 0.2


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "watched" / "inbox" / "receipt").mkdir(parents=True)
    return tmp_path / "watched"


@pytest.fixture
def sweeper(app: App, root: Path) -> Iterator[Sweeper]:
    inbox = FolderInbox(root, pause=0.1, settle_seconds=_SETTLE)
    yield Sweeper(app, inbox)
    inbox.close()


def drain(sweeper: Sweeper, worker_state: WorkerState) -> None:
    """Sweep and work until nothing is left to do."""
    for _ in range(200):
        taken = sweeper.look()
        worker_state.work("cpu")
        sweeper.deliver()
        if not taken and not sweeper.is_busy():
            return
        time.sleep(0.02)
    raise AssertionError("the inbox is not drained")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
