"""Programs that are kept running."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from api.up.children import Child

_WORK_GOES_ON = 30.0  # seconds after a trouble; a worker takes some of them to start


def test_one_that_falls_again_and_again_is_started_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with (tmp_path / "log").open("wb") as log:
        child = Child("a", (sys.executable, "-c", ""), env={}, log=log.fileno(), folder=tmp_path)
        child.start()
        pauses = []
        for _ in range(12):
            while _is_up(child):
                time.sleep(0.01)
                child.tend()
            fell = now[0]
            while not _is_up(child):
                now[0] += 0.1
                child.tend()
            pauses.append(now[0] - fell)
        child.stop(5)
    assert pauses == sorted(pauses)
    assert pauses[-1] > 5
    assert pauses[-1] < _WORK_GOES_ON / 2


def _is_up(child: Child) -> bool:
    return child.pid is not None
