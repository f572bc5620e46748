"""Inboxes: real folders, and a bucket on a real server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from api.watch.bucket import BucketInbox
from api.watch.folder import FolderInbox
from api.watch.sweeper import Sweeper
from tests.service.conftest import picture, until
from tests.service.inboxes import drain, files, root, sweeper
from tests.stack import Stack
from worker.errors import RequestInvalid
from worker.jobs.app import App
from worker.jobs.store import factory
from worker.process.worker import WorkerState

__all__ = ["root", "sweeper"]


def test_what_is_dropped_comes_out(root: Path, sweeper: Sweeper, worker_state: WorkerState) -> None:
    deep = root / "inbox/receipt/2024/三月"
    deep.mkdir(parents=True)
    (deep / "a.png").write_bytes(picture())
    (root / "inbox/receipt/b.txt").write_text("no document")
    drain(sweeper, worker_state)
    assert files(root / "inbox") == set()
    assert files(root / "outbox") == {"receipt/2024/三月/a.png.json"}
    assert files(root / "done") == {"receipt/2024/三月/a.png"}
    assert files(root / "failed") == {"receipt/b.txt", "receipt/b.txt.txt"}
    assert "unsupported_type" in (root / "failed/receipt/b.txt.txt").read_text()
    record = json.loads((root / "outbox/receipt/2024/三月/a.png.json").read_text())
    assert record["kind"] == "receipt"
    assert (sweeper.tally.read, sweeper.tally.failed) == (1, 1)


def test_the_same_file_twice_is_read_once_and_delivered_twice(
    app: App, root: Path, sweeper: Sweeper, worker_state: WorkerState
) -> None:
    document = picture()
    (root / "inbox/receipt/a.png").write_bytes(document)
    (root / "inbox/receipt/b.png").write_bytes(document)
    drain(sweeper, worker_state)
    (root / "inbox/receipt/a.png").write_bytes(document)
    drain(sweeper, worker_state)
    assert files(root / "outbox") == {f"receipt/{name}.png.json" for name in ("a", "b", "a-2")}
    assert files(root / "done") == {f"receipt/{name}.png" for name in ("a", "b", "a-2")}
    assert app.ledger.lists.counts() == {"done": 1}


def test_junk_is_left_alone_or_refused(root: Path, sweeper: Sweeper, worker_state: WorkerState) -> None:
    inbox = root / "inbox"
    left = [
        "receipt/.hidden.png",
        "receipt/~$open.png",
        "receipt/a.png.part",
        "receipt/Thumbs.db",
        "receipt/@eaDir/a.png",
        ".stfolder/x.png",
        "receipt/._a.png",
        "receipt/x.tmp",
    ]
    for name in left:
        (inbox / name).parent.mkdir(parents=True, exist_ok=True)
        (inbox / name).write_bytes(picture())
    os.mkfifo(inbox / "receipt/pipe.png")
    (inbox / "receipt/link.png").symlink_to("/etc/passwd")
    (inbox / "receipt/loop").symlink_to(inbox)
    (inbox / "loose.png").write_bytes(picture())
    (inbox / "nokind").mkdir()
    (inbox / "nokind/a.png").write_bytes(picture())
    (inbox / "receipt/empty.png").write_bytes(b"")
    for number in range(20):
        (inbox / f"receipt/junk-{number}").write_bytes(os.urandom(300))
    drain(sweeper, worker_state)
    assert set(left) <= files(inbox)
    refused = {name for name in files(root / "failed") if not name.endswith(".txt")}
    assert {"loose.png", "nokind/a.png", "receipt/empty.png"} <= refused
    assert len(refused) == 23
    assert "named for their kind" in (root / "failed/loose.png.txt").read_text()
    assert "there are: " in (root / "failed/nokind/a.png.txt").read_text()
    assert files(root / "outbox") == set()


def test_a_folder_may_bring_its_own_schema(root: Path, sweeper: Sweeper, worker_state: WorkerState) -> None:
    folder = root / "inbox/slips"
    folder.mkdir()
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    (folder / "schema.json").write_text(json.dumps(schema))
    (folder / "a.png").write_bytes(picture())
    drain(sweeper, worker_state)
    assert json.loads((root / "outbox/slips/a.png.json").read_text())["data"] == {"a": None}
    (folder / "schema.json").write_text("{ not json")
    (folder / "b.png").write_bytes(picture())
    drain(sweeper, worker_state)
    assert "not JSON" in (root / "failed/slips/b.png.txt").read_text()
    assert (folder / "schema.json").exists()


def test_a_job_erased_meanwhile_is_not_submitted_again(
    app: App, root: Path, sweeper: Sweeper, worker_state: WorkerState
) -> None:
    from schemas.job import JobState
    from worker.jobs import change
    from worker.jobs.ledger.lists import Filter

    (root / "inbox/receipt/a.png").write_bytes(picture())
    until(lambda: sweeper.look() == 1)
    [job] = app.ledger.lists.page(Filter("default", (JobState.QUEUED,)))
    change.erase(app, job.id, project="default", actor="t")
    drain(sweeper, worker_state)
    assert "erased" in (root / "failed/receipt/a.png.txt").read_text()
    assert app.ledger.lists.counts() == {}


def test_a_folder_has_one_watcher(root: Path) -> None:
    first = FolderInbox(root, pause=1, settle_seconds=1)
    with pytest.raises(RequestInvalid, match="another watcher"):
        FolderInbox(root, pause=1, settle_seconds=1)
    first.close()
    FolderInbox(root, pause=1, settle_seconds=1).close()


def test_a_bucket_is_an_inbox_too(app: App, servers: Stack, worker_state: WorkerState) -> None:
    bucket = servers.settings.model_copy(update={"s3_bucket": "inbox-test"})
    store = factory.create(bucket)
    store.prepare()
    there = App(app.settings, store, app.ledger, app.broker)
    worker = WorkerState(there, worker_state.pool, worker_state.leases, worker_state.exclusive)
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}
    store.write("inbox/receipt/2024/账 单.png", picture())
    store.write("inbox/receipt/b.png", b"no document")
    store.write("inbox/slips/schema.json", json.dumps(schema).encode())
    store.write("inbox/slips/c.png", picture())
    store.write("inbox/loose.png", picture())
    drain(Sweeper(there, BucketInbox(store, pause=0.1)), worker)
    assert {found.key for found in store.list("inbox/")} == {"inbox/slips/schema.json"}
    assert {found.key for found in store.list("outbox/")} == {
        "outbox/receipt/2024/账 单.png.json",
        "outbox/slips/c.png.json",
    }
    assert {found.key for found in store.list("done/")} == {"done/receipt/2024/账 单.png", "done/slips/c.png"}
    assert {found.key for found in store.list("failed/")} == {
        "failed/receipt/b.png",
        "failed/receipt/b.png.txt",
        "failed/loose.png",
        "failed/loose.png.txt",
    }
    assert json.loads(store.read("outbox/slips/c.png.json"))["data"] == {"a": None}
    store.close()


def test_a_schema_is_no_link_and_no_endless_file(
    root: Path, sweeper: Sweeper, worker_state: WorkerState, tmp_path: Path
) -> None:
    (tmp_path / "secret.json").write_text(
        '{"type": "object", "properties": {"password": {"type": "string"}}}'
    )
    for kind in ("linked", "large", "pipe"):
        (root / "inbox" / kind).mkdir()
        (root / "inbox" / kind / "a.png").write_bytes(picture())
    (root / "inbox/linked/schema.json").symlink_to(tmp_path / "secret.json")
    with (root / "inbox/large/schema.json").open("wb") as file:
        file.truncate(2**33)
    os.mkfifo(root / "inbox/pipe/schema.json")
    drain(sweeper, worker_state)
    assert "no file" in (root / "failed/linked/a.png.txt").read_text()
    assert "schema_too_large" in (root / "failed/large/a.png.txt").read_text()
    assert "no file" in (root / "failed/pipe/a.png.txt").read_text()
