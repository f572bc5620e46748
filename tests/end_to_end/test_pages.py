"""Documents of many pages, pages that fail, pages that lie, pages that lie on their side."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from schemas import registry
from schemas.page import Box
from schemas.record import Record
from tests.build import pdf, picture
from worker.reading import pipeline
from worker.reading.engines.fake import FakeEngine
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.pages.sandbox import Sandbox

HEEDS = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"
"""Runs a command that heeds interrupts: a shell lets what it runs in the background ignore them, as tests may be."""


def read(path: Path, kind: str, engine: EmbeddedEngine | FakeEngine, sandbox: Sandbox) -> Record:
    source = pipeline.Source(path.name, "0" * 64, sandbox.open(path))
    return pipeline.extract(source, registry.kind(kind), engine=engine)


def test_progress_counts_every_page(tmp_path: Path, sandbox: Sandbox) -> None:
    seen: list[tuple[int, int]] = []
    source = pipeline.Source("a.pdf", "0" * 64, sandbox.open(pdf(tmp_path / "a.pdf", ["x"] * 7)))
    record = pipeline.extract(
        source, registry.kind("text"), engine=FakeEngine(), progress=lambda d, n: seen.append((d, n))
    )
    assert seen == [(n, 7) for n in range(1, 8)]
    assert record.provenance.tokens == {"pages": 7}


def test_one_bad_page_fails_alone(tmp_path: Path, engine: EmbeddedEngine, sandbox: Sandbox) -> None:
    frames = [picture("FIRST 1"), picture("SECOND 2"), picture("THIRD 3")]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:], compression="tiff_lzw")
    raw = bytearray((tmp_path / "a.tif").read_bytes())
    offset = _strip_of_second_frame(tmp_path / "a.tif")
    raw[offset : offset + 400] = os.urandom(400)
    (tmp_path / "a.tif").write_bytes(raw)
    record = read(tmp_path / "a.tif", "text", engine, sandbox)
    assert record.data is not None
    lines = [line for page in record.data["pages"] for line in page["lines"]]
    assert any("FIRST" in line for line in lines)
    assert any("THIRD" in line for line in lines)


def _strip_of_second_frame(path: Path) -> int:
    with Image.open(path) as image:
        image.seek(1)
        assert isinstance(image, TiffImageFile)
        return int(image.tag_v2[273][0])


def test_a_text_layer_that_lies_is_ignored(tmp_path: Path, engine: EmbeddedEngine, sandbox: Sandbox) -> None:
    picture("TRUTH 4711", size=(900, 400)).save(tmp_path / "scan.png")
    document = pymupdf.open()
    page = document.new_page(width=450, height=200)
    page.insert_image(page.rect, filename=tmp_path / "scan.png")
    page.insert_text((20, 50), "FORGED 0000 TEXT", fontsize=20, render_mode=3)  # invisible, over the ink
    document.save(tmp_path / "lie.pdf")
    record = read(tmp_path / "lie.pdf", "text", engine, sandbox)
    assert record.data is not None
    assert "TRUTH" in str(record.data)
    assert "FORGED" not in str(record.data)
    assert "text_layer_ignored" in {issue.code for issue in record.issues}


def test_a_text_layer_that_holds_is_read_letter_by_letter(
    tmp_path: Path, engine: EmbeddedEngine, sandbox: Sandbox
) -> None:
    record = read(pdf(tmp_path / "a.pdf", ["Invoice No: Il1O0-B8"]), "invoice", engine, sandbox)
    assert record.data is not None
    assert record.data["invoice_number"] == "Il1O0-B8"


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_on_its_side_is_read_and_pointed_at_where_it_stands(
    tmp_path: Path, samples: Path, engine: EmbeddedEngine, sandbox: Sandbox, turns: int
) -> None:
    upright = read(samples / "ticket_0_0.jpg", "train_ticket", engine, sandbox)
    picture_ = np.asarray(Image.open(samples / "ticket_0_0.jpg"))
    Image.fromarray(np.ascontiguousarray(np.rot90(picture_, turns))).save(tmp_path / "turned.png")
    turned = read(tmp_path / "turned.png", "train_ticket", engine, sandbox)
    assert turned.data is not None
    assert upright.data is not None
    same = sum(turned.data[key] == value for key, value in upright.data.items())
    assert same >= len(upright.data) - 2
    box = Box(*upright.fields["/train_number"].citations[0].box)
    for _ in range(turns):
        box = Box(box.y0, 1 - box.x1, box.y1, 1 - box.x0)
    assert box.iou(Box(*turned.fields["/train_number"].citations[0].box)) > 0.4


def test_ctrl_c_stops_cleanly_and_leaves_no_process(tmp_path: Path) -> None:
    path = pdf(tmp_path / "long.pdf", ["a line of text"] * 1500)
    command = [
        sys.executable,
        "-c",
        HEEDS,
        sys.executable,
        "-m",
        "pagemill",
        "extract",
        str(path),
        "--kind",
        "text",
        "-o",
        str(tmp_path / "o"),
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    until = time.monotonic() + 30
    while not _children(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)  # libraries may still be loading, and the document is read for long
    process.send_signal(signal.SIGINT)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in messages
    assert not _children(process.pid)


SWALLOWS = """
import contextlib, signal, sys
from api.cli.main import main
from worker.reading.engines import registry as engines
from worker.reading.engines.fake import FakeEngine

class Swallowing(FakeEngine):
    def warm_up(self):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

engines.create = lambda *_: Swallowing()
sys.exit(main(["extract", sys.argv[1], "--kind", "text", "--quiet"]))
"""


def test_ctrl_c_that_a_library_swallows_counts_at_the_next_page(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", ["x"] * 3)
    done = subprocess.run(
        [sys.executable, "-c", HEEDS, sys.executable, "-c", SWALLOWS, str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stdout) == (130, "")


def _children(pid: int) -> list[str]:
    """The openers of documents that a process has started."""
    command = ["pgrep", "-P", str(pid), "-f", "worker.reading.pages.child"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
