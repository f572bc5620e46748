"""One model on the GPU at a time: who waits, who does not, and who gives up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import ClassVar

import pytest

from worker.errors import Cancelled, ModelUnavailable, RequestInvalid
from worker.process.engine_pool import EnginePool
from worker.process.model_slot import ModelSlot
from worker.reading.engines import registry
from worker.reading.engines.fake import FakeEngine
from worker.settings import Settings


def nothing() -> None:
    """Waiting goes on."""


def test_readers_of_one_model_share_the_room_and_another_model_waits_for_all_of_them() -> None:
    slot, order, leave = ModelSlot(), [], threading.Event()

    def read(name: str) -> None:
        with slot.enter(name, while_waiting=nothing):
            order.append(name)
            if name == "a":
                leave.wait(5)

    threads = [threading.Thread(target=read, args=(name,)) for name in ("a", "a", "b")]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    assert order == ["a", "a"]
    late = threading.Thread(target=read, args=("a",))  # comes after b, and waits behind it
    late.start()
    time.sleep(0.05)
    assert order == ["a", "a"]
    leave.set()
    for thread in (*threads, late):
        thread.join(5)
    assert order == ["a", "a", "b", "a"]


def test_who_gives_up_waiting_is_in_nobodys_way() -> None:
    slot = ModelSlot()

    def cancelled() -> None:
        raise Cancelled

    with slot.enter("a", while_waiting=nothing):
        with pytest.raises(Cancelled), slot.enter("b", while_waiting=cancelled):
            pass
        with slot.enter("a", while_waiting=nothing):
            pass
    with slot.enter("b", while_waiting=nothing):
        pass


class Counted(FakeEngine):
    """An engine that tells whether it is in memory."""

    alive: ClassVar[list[str]] = []

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def warm_up(self) -> None:
        Counted.alive.append(self.name)

    def close(self) -> None:
        Counted.alive.remove(self.name)


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[EnginePool]:
    Counted.alive.clear()
    monkeypatch.setattr(registry, "create", lambda name, _settings: Counted(name))
    monkeypatch.setattr(registry, "check", lambda _name, _settings: None)
    made = EnginePool(Settings(_env_file=None))
    yield made
    made.close()


def test_there_is_one_model_in_memory_beside_what_needs_no_gpu(pool: EnginePool) -> None:
    for name in ("cogvlm2", "embedded", "cogvlm2", "sail_vl2", "transformers"):
        with pool.engine(name) as engine:
            assert engine.name == name
    assert Counted.alive == ["embedded", "transformers"]


def test_a_name_that_is_not_known_leaves_the_others_working(pool: EnginePool) -> None:
    with pytest.raises(RequestInvalid), pool.engine("newer"):
        pass
    with pool.engine("cogvlm2"), pool.engine("embedded"):
        pass


def test_a_model_that_works_is_not_given_up_for_one_that_is_not_there(
    pool: EnginePool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pool.engine("sail_vl2"):
        pass
    monkeypatch.undo()
    with pytest.raises(ModelUnavailable), pool.engine("cogvlm2"):
        pass
    assert Counted.alive == ["sail_vl2"]


def test_an_engine_without_a_gpu_does_not_wait_for_one(pool: EnginePool) -> None:
    with pool.engine("sail_vl2"):
        waiting = threading.Thread(target=lambda: pool.engine("cogvlm2").__enter__(), daemon=True)
        waiting.start()
        time.sleep(0.05)
        started = time.monotonic()
        with pool.engine("embedded"):
            assert time.monotonic() - started < 0.5
    waiting.join(5)
    assert Counted.alive == ["embedded", "cogvlm2"]
