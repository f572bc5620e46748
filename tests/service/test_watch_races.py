"""Folders that change while they are read, watchers that are killed, names nobody thought of."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import structlog

from api.watch.base import is_document
from api.watch.folder import FolderInbox
from api.watch.sweeper import Sweeper
from tests.service.conftest import picture, until
from tests.service.inboxes import _SETTLE, drain, files, root, sweeper
from worker.errors import ObjectMissing, StorageUnavailable
from worker.jobs.app import App
from worker.owned_folders import OwnedFolder
from worker.process.worker import WorkerState

__all__ = ["root", "sweeper"]


def test_a_file_that_still_grows_is_not_taken(
    app: App, root: Path, sweeper: Sweeper, worker_state: WorkerState
) -> None:
    whole = picture() + b"\0" * 1000
    path = root / "inbox/receipt/slow.png"

    def write() -> None:
        with path.open("wb", buffering=0) as file:
            for at in range(0, len(whole), 200):
                file.write(whole[at : at + 200])
                time.sleep(_SETTLE / 3)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        assert sweeper.look() == 0
        time.sleep(0.02)
    drain(sweeper, worker_state)
    assert app.ledger.lists.counts() == {"done": 1}
    assert (root / "done/receipt/slow.png").read_bytes() == whole


def test_a_file_replaced_while_it_is_read_is_read_again(
    app: App, root: Path, sweeper: Sweeper, worker_state: WorkerState
) -> None:
    path = root / "inbox/receipt/a.png"
    path.write_bytes(picture())
    until(lambda: sweeper.look() == 1)
    newer = picture()
    path.write_bytes(newer)
    drain(sweeper, worker_state)
    assert (root / "done/receipt/a.png").read_bytes() == newer
    assert sum(app.ledger.lists.counts().values()) == 2


def test_a_file_taken_away_while_it_is_read_harms_nobody(
    root: Path, sweeper: Sweeper, worker_state: WorkerState
) -> None:
    path = root / "inbox/receipt/a.png"
    path.write_bytes(picture())
    until(lambda: sweeper.look() == 1)
    path.unlink()
    drain(sweeper, worker_state)
    assert files(root / "done") == set()


def test_a_watcher_that_was_killed_goes_on_where_it_was(
    app: App, root: Path, worker_state: WorkerState
) -> None:
    (root / "inbox/receipt/a.png").write_bytes(picture())
    first = FolderInbox(root, pause=0.1, settle_seconds=0)
    assert Sweeper(app, first).look() == 1
    first.close()
    second = FolderInbox(root, pause=0.1, settle_seconds=0)
    drain(Sweeper(app, second), worker_state)
    second.close()
    assert files(root / "outbox") == {"receipt/a.png.json"}
    assert app.ledger.lists.counts() == {"done": 1}


def test_a_burst_of_renamed_files_is_taken_whole(
    app: App, root: Path, sweeper: Sweeper, worker_state: WorkerState
) -> None:
    for number in range(300):
        partial = root / f"inbox/receipt/{number}.png.part"
        partial.write_bytes(picture())
        partial.rename(root / f"inbox/receipt/{number}.png")
    until(lambda: (sweeper.look(), sum(app.ledger.lists.counts().values()) == 300)[1])


def test_while_the_service_is_away_files_wait(
    app: App, root: Path, sweeper: Sweeper, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "inbox/receipt/a.png").write_bytes(picture())

    def away(*_: Any, **__: Any) -> bool:
        raise StorageUnavailable(detail="test")

    with monkeypatch.context() as patch:
        patch.setattr(app.store, "create", away)
        until(lambda: (sweeper.look(), sweeper.tally.waiting)[1])
        assert files(root / "inbox") == {"receipt/a.png"}
    drain(sweeper, worker_state)
    assert files(root / "done") == {"receipt/a.png"}
    assert sweeper.tally.waiting == 0


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("receipt/a.pdf", True),
        ("receipt/sub/schema.json", True),
        ("a.pdf", True),
        ("receipt/schema.json", False),
        ("receipt/.git/a.pdf", False),
        ("receipt/a.PDF.PART", False),
        ("a/../b.pdf", False),
        ("receipt/~a.pdf", False),
    ],
)
def test_names_that_are_documents(path: str, expected: bool) -> None:
    assert is_document(PurePosixPath(path)) is expected


def test_names_nobody_thought_of(root: Path, sweeper: Sweeper, worker_state: WorkerState) -> None:
    inbox = root / "inbox"
    (inbox / "receipt" / ("长" * 84 + ".p")).write_bytes(picture())
    (inbox / "receipt" / ("x" * 251 + ".png")).write_bytes(b"no document")
    Path(os.fsdecode(os.fsencode(inbox) + b"/kind-\xff")).mkdir()
    Path(os.fsdecode(os.fsencode(inbox) + b"/kind-\xff/a.png")).write_bytes(picture())
    Path(os.fsdecode(os.fsencode(inbox) + b"/receipt/b-\xff.png")).write_bytes(picture())
    (inbox / "deep").mkdir()
    (inbox / "deep/schema.json").write_text('{"properties":' * 5000 + "{}" + "}" * 5000)
    (inbox / "deep/c.png").write_bytes(picture())
    (inbox / "half").mkdir()
    (inbox / "half/schema.json").write_text('{"title": "\\ud800", "type": "object"}')
    (inbox / "half/d.png").write_bytes(picture())
    drain(sweeper, worker_state)
    assert {name for name in files(inbox) if not name.endswith("schema.json")} == set()
    assert sweeper.tally.read == 2
    assert sweeper.tally.failed == 4


def test_drops_that_have_to_wait_hold_up_no_others(
    app: App, root: Path, sweeper: Sweeper, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api.watch import sweeper as module

    monkeypatch.setattr(module, "_AT_ONCE", 5)
    for number in range(5):
        path = root / f"inbox/receipt/a{number}.png"
        path.write_bytes(picture())
    opened = FolderInbox.open

    def some(self: FolderInbox, drop: Any) -> Any:
        if drop.name.startswith("a"):
            raise StorageUnavailable(detail="permission denied")
        return opened(self, drop)

    monkeypatch.setattr(FolderInbox, "open", some)
    (root / "inbox/receipt/z.png").write_bytes(picture())
    until(lambda: (sweeper.look(), sum(app.ledger.lists.counts().values()))[1])


def test_a_scanner_that_counts_anew_overwrites_nothing(
    root: Path, sweeper: Sweeper, worker_state: WorkerState
) -> None:
    (root / "inbox/receipt/Scan001.png").write_bytes(picture())
    drain(sweeper, worker_state)
    first = (root / "outbox/receipt/Scan001.png.json").read_bytes()
    (root / "inbox/receipt/Scan001.png").write_bytes(picture())
    drain(sweeper, worker_state)
    assert files(root / "outbox") == {"receipt/Scan001.png.json", "receipt/Scan001-2.png.json"}
    assert files(root / "done") == {"receipt/Scan001.png", "receipt/Scan001-2.png"}
    assert (root / "outbox/receipt/Scan001.png.json").read_bytes() == first
    (root / "done/receipt/Scan001.png").unlink()  # tidied by hand; its record is not
    (root / "inbox/receipt/Scan001.png").write_bytes(picture())
    drain(sweeper, worker_state)
    assert (root / "outbox/receipt/Scan001.png.json").read_bytes() == first
    assert "receipt/Scan001-3.png.json" in files(root / "outbox")


def test_a_watcher_killed_between_record_and_original_names_them_alike(
    root: Path, sweeper: Sweeper, worker_state: WorkerState, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "inbox/receipt/a.png").write_bytes(picture())

    def kill(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(FolderInbox, "_move", kill)
        with pytest.raises(KeyboardInterrupt):
            drain(sweeper, worker_state)
    assert files(root / "outbox") == {"receipt/a.png.json"}
    drain(Sweeper(sweeper.app, sweeper.inbox), worker_state)
    assert files(root / "outbox") == {"receipt/a.png.json"}
    assert files(root / "done") == {"receipt/a.png"}


def test_the_longest_name_is_read_twice(root: Path, sweeper: Sweeper, worker_state: WorkerState) -> None:
    name = "x" * 251 + ".png"
    for _ in range(2):
        (root / "inbox/receipt" / name).write_bytes(picture())
        drain(sweeper, worker_state)
    assert len(files(root / "done")) == len(files(root / "outbox")) == 2
    for _ in range(2):
        (root / "inbox/receipt" / name).write_text("no document")
        drain(sweeper, worker_state)
    assert len(files(root / "failed")) == 4


def test_a_reason_overwrites_no_document(root: Path, sweeper: Sweeper, worker_state: WorkerState) -> None:
    for name in ("a.txt", "a"):
        (root / "inbox/receipt" / name).write_text(f"no document, {name}")
        drain(sweeper, worker_state)
    assert (root / "failed/receipt/a.txt").read_text() == "no document, a.txt"


def test_links_are_passed_over_with_a_word(
    root: Path, sweeper: Sweeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "api.watch.folder._log", structlog.get_logger()
    )  # the other may be bound to a log of before
    (tmp_path / "elsewhere.png").write_bytes(picture())
    (root / "inbox/receipt/link.png").symlink_to(tmp_path / "elsewhere.png")
    with structlog.testing.capture_logs() as events:
        for _ in range(3):
            assert sweeper.look() == 0
            time.sleep(_SETTLE)
    assert [event["event"] for event in events].count("link_passed_over") == 1


def test_a_file_replaced_by_a_link_before_it_is_opened_is_not_read(root: Path, sweeper: Sweeper) -> None:
    path = root / "inbox/receipt/a.png"
    path.write_bytes(picture())
    list(sweeper.inbox.drops())
    time.sleep(_SETTLE)
    [drop] = sweeper.inbox.drops()
    path.rename(root / "elsewhere.png")
    path.symlink_to(root / "elsewhere.png")
    with pytest.raises(StorageUnavailable), sweeper.inbox.open(drop):
        pass
    path.unlink()
    path.write_bytes(picture() + b"longer")
    with pytest.raises(ObjectMissing), sweeper.inbox.open(drop):
        pass


def test_what_a_killed_watcher_left_is_swept(root: Path) -> None:
    for name in ("outbox", "failed"):
        (root / name / "receipt").mkdir(parents=True)
        (root / name / "receipt" / ".0123456789abcdef.part").write_bytes(b"half")
    FolderInbox(root, pause=1, settle_seconds=1).close()
    assert files(root / "outbox") == files(root / "failed") == set()
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    left = Path(tempfile.gettempdir()) / f"pagemill-drop-{int(ended.stdout)}-x"
    left.mkdir()
    OwnedFolder("pagemill-drop-").close()
    assert not left.exists()
