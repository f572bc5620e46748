"""What every store keeps to: memory, a folder, a bucket on a real server."""

from __future__ import annotations

import io
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.stack import Stack
from worker.errors import ObjectMissing, StorageUnavailable, UnsupportedByStore
from worker.jobs.store import factory
from worker.jobs.store.base import Store
from worker.jobs.store.local import LocalStore
from worker.jobs.store.memory import MemoryStore
from worker.settings import Settings


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("stores")) as stack:
        stack.start_servers()
        yield stack


@pytest.fixture(params=["memory", "local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "memory":
        made = MemoryStore()
    elif request.param == "local":
        made = factory.create(Settings(data_dir=tmp_path, s3_endpoint_url=None))
    else:
        stack: Stack = request.getfixturevalue("server")
        bucket = f"t-{abs(hash(tmp_path)) % 10**9}"
        made = factory.create(stack.settings.model_copy(update={"s3_bucket": bucket}))
    made.prepare()
    yield made
    made.close()


def test_the_first_writer_wins(store: Store) -> None:
    assert store.create("a/b/c.json", b"first")
    assert not store.create("a/b/c.json", b"second")
    assert store.read("a/b/c.json") == b"first"


def test_of_many_writers_at_once_exactly_one_wins(store: Store) -> None:
    barrier = threading.Barrier(12)
    won: list[int] = []

    def write(number: int) -> None:
        barrier.wait()
        if store.create("race", str(number).encode()):
            won.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store.read("race") == str(won[0]).encode()


def test_streams_come_back_as_they_went_in(store: Store, tmp_path: Path) -> None:
    content = bytes(range(256)) * 20_000  # 5 MB: several pieces
    assert store.create("big", io.BytesIO(content), size=len(content))
    with store.open("big") as pieces:
        assert b"".join(pieces) == content
    store.fetch("big", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == content
    assert not list(tmp_path.glob("*.part"))


def test_writing_replaces(store: Store) -> None:
    store.write("k", b"1")
    first = store.stat("k")
    store.write("k", b"22")
    second = store.stat("k")
    assert store.read("k") == b"22"
    assert first is not None
    assert second is not None
    assert second.size == 2
    assert first.tag != second.tag


def test_lists_by_prefix_and_not_by_folder(store: Store) -> None:
    for key in ("p/a/1", "p/a/2", "p/ab/3", "q/a/1"):
        store.write(key, b"x")
    assert {found.key for found in store.list("p/a/")} == {"p/a/1", "p/a/2"}
    assert {found.key for found in store.list("p/a")} == {"p/a/1", "p/a/2", "p/ab/3"}
    assert list(store.list("nothing/")) == []


def test_names_in_any_script(store: Store) -> None:
    key = "inbox/receipt/发票 2024 (1)+&#%.pdf"
    store.write(key, b"x")
    assert [found.key for found in store.list("inbox/")] == [key]
    store.copy(key, "done/" + key)
    store.delete(key)
    assert store.read("done/" + key) == b"x"
    assert store.stat(key) is None


def test_what_is_not_there(store: Store, tmp_path: Path) -> None:
    assert store.stat("none") is None
    store.delete("none")
    with pytest.raises(ObjectMissing):
        store.read("none")
    with pytest.raises(ObjectMissing):
        store.fetch("none", tmp_path / "none")
    assert not (tmp_path / "none").exists()
    with pytest.raises(ObjectMissing):
        store.copy("none", "other")


def test_an_empty_object_is_one(store: Store) -> None:
    assert store.create("empty", b"")
    assert store.read("empty") == b""


@pytest.mark.parametrize("key", ["../out", "a/../../out", "/etc/passwd"])
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    local = factory.create(Settings(data_dir=tmp_path / "deep", s3_endpoint_url=None))
    with pytest.raises(ObjectMissing):
        local.write(key, b"x")
    assert not (tmp_path / "out").exists()


def test_urls_for_uploads_are_of_buckets_only(server: Stack, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedByStore):
        factory.create(Settings(data_dir=tmp_path, s3_endpoint_url=None)).presign_upload(
            "k", until=60.0, most=9
        )


def test_an_upload_form_takes_its_object_up_to_its_size_and_nothing_else(server: Stack) -> None:
    store = factory.create(server.settings)
    store.prepare()
    form = store.presign_upload("uploads/p/1/a b.png", until=time.time() + 60, most=1000)

    def post(size: int, **other: str) -> int:
        return httpx.post(form.url, data={**form.fields, **other}, files={"file": b"a" * size}).status_code

    assert (post(1001), post(10**6), post(0), post(5, key="uploads/p/2/b.png")) == (400, 400, 400, 403)
    assert not list(store.list("uploads/"))
    assert post(1000) == 204
    assert [(stat.key, stat.size) for stat in store.list("uploads/")] == [("uploads/p/1/a b.png", 1000)]
    assert post(2000) == 400
    store.close()


def test_wrong_keys_missing_buckets_and_silence_are_told_apart_from_missing_objects(server: Stack) -> None:
    nowhere = factory.create(server.settings.model_copy(update={"s3_bucket": "nowhere"}))
    with pytest.raises(StorageUnavailable, match="no bucket 'nowhere'"):
        nowhere.check()
    with pytest.raises(StorageUnavailable):
        nowhere.read("k")
    for wrong in ({"s3_secret_key": SecretStr("wrong")}, {"s3_endpoint_url": "http://127.0.0.1:9"}):
        store = factory.create(server.settings.model_copy(update=wrong), retries=0)
        for attempt in (store.check, lambda: store.read("k"), lambda: store.create("k", b"x")):  # noqa: B023
            with pytest.raises(StorageUnavailable):
                attempt()


def test_what_goes_while_it_is_listed_is_left_out(store: Store) -> None:
    keys = {f"jobs/{number}/pages/1" for number in range(20)}
    for key in keys:
        store.create(key, b"x")
    found = store.list("jobs/")
    first = next(found).key
    for key in keys - {first}:
        store.delete(key)
    store.create("jobs/new/1", b"x")
    rest = {stat.key for stat in found}
    assert rest <= keys | {"jobs/new/1"}
    assert {stat.key for stat in store.list("")} == {first, "jobs/new/1"}


def test_a_folder_that_cannot_be_looked_into_is_told_and_not_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path)
    store.write("a/b", b"x")

    def refused(*_: object) -> object:
        raise PermissionError(13, "no")

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(StorageUnavailable):
        list(store.list("a/"))
