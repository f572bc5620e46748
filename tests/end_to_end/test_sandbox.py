"""The process that opens documents: pages come out of it, and whatever happens to it costs one document at most."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.hostile.fuzz import all_fuzzers
from schemas import registry
from tests.build import pdf, picture
from worker import errors
from worker.reading import pipeline
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.fake import FakeEngine
from worker.reading.pages import protocol
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import PageFailed, Sandbox


@pytest.fixture
def sandbox(limits: PageLimits) -> Iterator[Sandbox]:
    """One of its own for every test, which may hurt it."""
    with Sandbox(limits) as opened:
        yield opened


def children_of(pid: int) -> list[str]:
    listing = subprocess.run(
        ["ps", "--ppid", str(pid), "-o", "args="], capture_output=True, text=True, check=False
    )
    return [line for line in listing.stdout.splitlines() if "worker.reading.pages.child" in line]


def test_pages_arrive_in_order_with_their_words(tmp_path: Path, sandbox: Sandbox) -> None:
    document = sandbox.open(pdf(tmp_path / "a.pdf", [f"page {n}" for n in range(1, 6)]))
    pages = [page for page in document if isinstance(page, Page)]
    assert document.page_count == 5
    assert [page.number for page in pages] == [1, 2, 3, 4, 5]
    assert pages[4].words[1].text == "5"


def test_a_child_serves_many_documents_and_is_gone_afterwards(tmp_path: Path, limits: PageLimits) -> None:
    paths = [pdf(tmp_path / f"{n}.pdf", ["x"]) for n in range(5)]
    with Sandbox(limits) as sandbox:
        for path in paths:
            assert len(list(sandbox.open(path))) == 1
        assert len(children_of(os.getpid())) == 1
    assert children_of(os.getpid()) == []


def test_the_next_document_is_opened_while_one_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    first, second = (sandbox.open(pdf(tmp_path / f"{n}.pdf", ["x", "y"])) for n in range(2))
    assert len(list(second)) == len(list(first)) == 2


def test_stopping_early_leaves_no_process_at_work(tmp_path: Path, sandbox: Sandbox) -> None:
    document = sandbox.open(pdf(tmp_path / "a.pdf", ["x"] * 50))
    next(iter(document))
    document.close()
    assert children_of(os.getpid()) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_document"), (b"hello", "unsupported_type"), (b"%PDF-1.4 nothing", "corrupt_file")],
)
def test_errors_cross_the_border_typed(tmp_path: Path, sandbox: Sandbox, content: bytes, code: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    with pytest.raises(errors.SourceError) as raised:
        _ = sandbox.open(path).page_count
    assert raised.value.code == code
    assert str(tmp_path) not in str(raised.value)


def test_a_file_that_is_gone_is_an_error_and_not_a_crash(tmp_path: Path, sandbox: Sandbox) -> None:
    with pytest.raises(errors.CorruptFile):
        _ = sandbox.open(tmp_path / "none.pdf").page_count


def test_too_little_memory_is_said(tmp_path: Path, limits: PageLimits) -> None:
    picture(size=(9000, 9000)).convert("1").save(tmp_path / "a.png")
    with Sandbox(replace(limits, max_memory=400 * 2**20)) as sandbox:
        document = sandbox.open(tmp_path / "a.png")
        failed = [page for page in document if isinstance(page, PageFailed)]
    assert [page.error.code for page in failed] == ["too_large"]


def test_a_hanging_child_is_ended_at_the_limit(tmp_path: Path, limits: PageLimits) -> None:
    with Sandbox(replace(limits, page_seconds=0.2)) as sandbox:
        document = sandbox.open(pdf(tmp_path / "a.pdf", ["x"]))
        assert document._child is not None
        os.kill(document._child._process.pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(errors.SourceTimeout):
            _ = document.page_count
        assert time.monotonic() - started < 8
        assert children_of(os.getpid()) == []


def test_a_child_that_dies_between_pages_costs_no_other_page(tmp_path: Path, sandbox: Sandbox) -> None:
    document = sandbox.open(pdf(tmp_path / "a.pdf", ["one", "two", "three", "four"]))
    numbers, failures = [], []
    for page in document:
        if isinstance(page, PageFailed):
            failures.append(page.number)
            continue
        numbers.append(page.number)
        if page.number == 1:
            assert document._child is not None
            document._child._process.kill()
    assert len(failures) <= 1
    assert sorted([*numbers, *failures]) == [1, 2, 3, 4]


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "worker.reading.pages.child", str(tmp_path)],
        stdin=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(timeout=10) == 0


def test_a_child_starts_without_what_only_its_parent_needs() -> None:
    code = "import sys, worker.reading.pages.serving; sys.exit(' '.join({'pydantic', 'asyncio'} & {*sys.modules}) or 0)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_wire_carries_pages_and_errors_unharmed(limits: PageLimits) -> None:
    page = Page(3, np.arange(24, dtype=np.uint8).reshape(2, 4, 3))
    header, payload = protocol.page_message(page)
    back = protocol.page_of(header, bytearray(payload), number=3, limits=limits)
    assert back.number == 3
    assert (back.picture == page.picture).all()
    error = protocol.error_of(protocol.error_message(errors.TooManyPages(pages=9, limit=3), event="failed"))
    assert isinstance(error, errors.TooManyPages)
    assert "9 pages" in str(error)


def test_the_wire_takes_no_memory_for_lies() -> None:
    lie = (2**40).to_bytes(8, "big") + (0).to_bytes(8, "big")
    with pytest.raises(ValueError, match="larger"):
        protocol.receive(lambda size: bytearray(lie[:size]), max_header=100, max_payload=100)


GOOD = {"event": "page", "number": 1, "height": 2, "width": 4, "words": [], "text_layer": False}


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        ({"number": 2}, ValueError),
        ({"height": -1, "width": -8}, ValueError),
        ({"height": 0, "width": 0}, ValueError),
        ({"height": 4, "width": 4}, ValueError),
        ({"words": [["a", 0, 0, float("nan"), 1]]}, ValueError),
        ({"words": [[5, 0, 0, 1, 1]]}, ValueError),
        ({"words": [["a", 0, 0, 1]]}, TypeError),
        ({"words": [["a", 0, 0, 1, 1]] * 10_001}, errors.PageTooDense),
        ({"words": [["a" * 400_001, 0, 0, 1, 1]]}, errors.PageTooDense),
    ],
    ids=str,
)
def test_nothing_a_child_says_of_a_page_is_believed(
    lie: dict[str, Any], error: type[Exception], limits: PageLimits
) -> None:
    protocol.page_of(GOOD, bytearray(24), number=1, limits=limits)
    with pytest.raises(error):
        protocol.page_of({**GOOD, **lie}, bytearray(24), number=1, limits=limits)


def test_whatever_a_child_or_a_user_says_ends_in_an_error_that_is_told() -> None:
    for fuzz in all_fuzzers(30).values():
        fuzz()


@pytest.mark.parametrize("pages", [0, -1, 10**9, "many", None])
def test_nothing_a_child_says_of_a_document_is_believed(pages: object, limits: PageLimits) -> None:
    with pytest.raises(ValueError, match="pages"):
        protocol.page_count_of({"pages": pages}, limits)


@pytest.mark.parametrize(
    "told", ["StorageUnavailable", "DeviceLost", "Stopped", "PagemillError", "Exception"]
)
def test_a_child_cannot_speak_for_the_service(told: str) -> None:
    error = protocol.error_of({"error": told, "facts": {"detail": "x" * 10_000}})
    assert isinstance(error, errors.CorruptFile)
    assert len(str(error)) < 1000
    assert isinstance(protocol.error_of({"error": "CorruptFile", "facts": 5}), errors.CorruptFile)


@pytest.mark.parametrize("header", [b"[" * 100_000, b"[1]", b"{", b"\xff"])
def test_a_header_that_is_none_is_nonsense(header: bytes) -> None:
    message = bytearray(len(header).to_bytes(8, "big") + bytes(8) + header)

    def read(size: int) -> bytearray:
        piece = message[:size]
        del message[:size]
        return piece

    with pytest.raises(ValueError):  # noqa: PT011 (any of its kinds)
        protocol.receive(read, max_header=2**20, max_payload=0)


def test_a_page_thinner_than_any_is_refused_before_a_recogniser_sees_it(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    for number, size in enumerate(((10_001, 1), (1, 10_001))):
        Image.new("RGB", size, "white").save(tmp_path / f"{number}.png")
        [page] = sandbox.open(tmp_path / f"{number}.png")
        assert isinstance(page, PageFailed)
        assert page.error.code == "page_too_thin"


def test_a_page_with_more_words_than_a_newspaper_is_refused(tmp_path: Path, limits: PageLimits) -> None:
    with Sandbox(replace(limits, max_words=20)) as sandbox:
        first, second = sandbox.open(pdf(tmp_path / "a.pdf", ["a " * 5, "b " * 30]))
    assert isinstance(first, Page)
    assert isinstance(second, PageFailed)
    assert second.error.code == "page_too_dense"


def test_a_document_ends_with_its_time_and_keeps_the_pages_it_had(tmp_path: Path, limits: PageLimits) -> None:
    with Sandbox(replace(limits, document_seconds=2.0)) as sandbox:
        pages = iter(sandbox.open(pdf(tmp_path / "a.pdf", ["x"] * 5)))
        assert isinstance(next(pages), Page)
        time.sleep(2.1)
        rest = list(pages)
        assert [page.error.code for page in rest if isinstance(page, PageFailed)] == ["document_timeout"] * 4
        assert children_of(os.getpid()) == []


def test_a_document_has_words_enough_as_a_whole(tmp_path: Path, limits: PageLimits) -> None:
    with Sandbox(replace(limits, max_words=1)) as sandbox:
        document = sandbox.open(pdf(tmp_path / "a.pdf", ["x"] * 104))
        codes = [page.error.code for page in document if isinstance(page, PageFailed)]
    assert codes == ["document_too_dense"] * 3


def test_a_document_is_taken_away_when_it_is_read(tmp_path: Path, sandbox: Sandbox) -> None:
    assert len(list(sandbox.open(pdf(tmp_path / "a.pdf", ["x"])))) == 1
    assert [path for path in sandbox._folder.path.rglob("*") if path.is_file()] == []


def test_an_engine_that_fails_leaves_no_child_at_work(tmp_path: Path, sandbox: Sandbox) -> None:
    class Broken(FakeEngine):
        def read(self, request: Request) -> Reading:
            next(iter(request.pages))
            raise errors.OutOfMemory

    source = pipeline.Source("a.pdf", "0" * 64, sandbox.open(pdf(tmp_path / "a.pdf", ["x"] * 30)))
    with pytest.raises(errors.OutOfMemory):
        pipeline.extract(source, registry.kind("text"), engine=Broken())
    assert children_of(os.getpid()) == []


def test_a_closed_sandbox_opens_nothing(tmp_path: Path, limits: PageLimits) -> None:
    sandbox = Sandbox(limits)
    sandbox.close()
    with pytest.raises(errors.Cancelled):
        sandbox.open(pdf(tmp_path / "a.pdf", ["x"]))
    assert children_of(os.getpid()) == []


def test_an_idle_child_that_died_costs_the_next_document_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    path = pdf(tmp_path / "a.pdf", ["x"])
    assert len(list(sandbox.open(path))) == 1
    sandbox._idle[0]._process.kill()
    sandbox._idle[0]._process.wait()
    assert all(isinstance(page, Page) for page in sandbox.open(path))


def test_names_that_are_not_utf8_are_read_and_can_be_stored(tmp_path: Path, sandbox: Sandbox) -> None:
    strange = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf"))
    pdf(tmp_path / "a.pdf", ["x"]).rename(strange)
    assert len([page for page in sandbox.open(strange) if isinstance(page, Page)]) == 1
    assert protocol.storable(strange.name) == "caf?.pdf"
