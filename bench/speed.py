"""How fast, in ratios that hold on a noisy machine.

    python -m bench.speed IMAGES_FOLDER

Prints: pages/s of the whole pipeline against bare RapidOCR on the same pictures, in turns; pages/s
of a PDF with a text layer; seconds of `pagemill --help` and of a first record from a cold start;
peak memory over many pages, and how much of it came after the first fifty.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
from PIL import Image
from rapidocr import EngineType, RapidOCR

from schemas import registry
from worker.reading.documents import read_all
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.ocr import cap_openvino_memory
from worker.settings import Settings

ROUNDS = 3
TEXT_PAGES = 120


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path, help="pictures of receipts")
    options.add_argument("--most", type=int, default=20, help="how many of them")
    arguments = options.parse_args()
    pictures = sorted(p for p in arguments.folder.iterdir() if p.suffix in {".jpg", ".png"})[: arguments.most]
    against_bare_ocr(pictures)
    with tempfile.TemporaryDirectory() as folder:
        text_pages(Path(folder))
    memory(pictures)
    commands(pictures[0])


def against_bare_ocr(pictures: Sequence[Path]) -> None:
    """Whole pipeline and bare OCR in turns, so that both meet the same noise."""
    engine, bare = EmbeddedEngine(), bare_ocr()
    engine.warm_up()
    ratios = []
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        for _ in range(ROUNDS):
            whole = seconds(lambda: run(pictures, "receipt", engine, sandbox))
            alone = seconds(
                lambda: [bare(np.asarray(Image.open(p).convert("RGB"))[..., ::-1]) for p in pictures]
            )
            ratios.append(alone / whole)
            print(
                f"  pipeline {len(pictures) / whole:.2f} pages/s, bare RapidOCR {len(pictures) / alone:.2f} pages/s"
            )
    print(f"pipeline / bare RapidOCR: {statistics.median(ratios):.2f} (median of {ROUNDS})")


def bare_ocr() -> Callable[[Any], Any]:
    """RapidOCR with its own defaults on the same runtime, detector, classifier and recogniser."""
    cap_openvino_memory()
    runtime = {f"{part}.engine_type": EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
    ocr: Callable[[Any], Any] = RapidOCR(params=runtime | {"Global.log_level": "error"})
    return ocr


def text_pages(folder: Path) -> None:
    path = text_pdf(folder / "text.pdf", TEXT_PAGES)
    engine = EmbeddedEngine()
    engine.warm_up()
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        taken = seconds(lambda: run([path], "text", engine, sandbox))
    print(f"PDF with a text layer: {TEXT_PAGES / taken:.1f} pages/s over {TEXT_PAGES} pages")


def text_pdf(path: Path, pages: int) -> Path:
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page()
        for row in range(40):
            page.insert_text(
                (60, 70 + 18 * row),
                f"Page {number + 1}, line {row + 1}: the quick brown fox, 4711",
                fontsize=11,
            )
    document.save(path)
    return path


def memory(pictures: Sequence[Path]) -> None:
    """Three hundred scanned pages of changing sizes in a process of their own."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom bench.speed import pages_in_memory\n"
        "pages_in_memory([Path(p) for p in sys.argv[1:]])"
    )
    subprocess.run([sys.executable, "-c", program, *map(str, pictures)], check=True)


def pages_in_memory(pictures: Sequence[Path]) -> None:
    engine = EmbeddedEngine()
    early = 0
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        for number in range(300):
            run([pictures[number % len(pictures)]], "receipt", engine, sandbox)
            if number == 50:
                early = peak()
    print(f"memory: {peak()} MB at most over 300 pages, {peak() - early} MB of it after page 50")


def peak() -> int:
    """Most memory this process has had, in MB; getrusage would count what its parent had, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def commands(picture: Path) -> None:
    pagemill = [sys.executable, "-m", "pagemill"]
    helped = min(seconds(lambda: quiet([*pagemill, "--help"])) for _ in range(5))
    cold = min(
        seconds(lambda: quiet([*pagemill, "extract", str(picture), "--kind", "receipt"])) for _ in range(3)
    )
    print(f"pagemill --help: {helped:.2f} s; first record from a cold start: {cold:.1f} s (best of 5 and 3)")
    print(f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}")


def quiet(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def run(paths: Sequence[Path], kind: str, engine: EmbeddedEngine, sandbox: Sandbox) -> None:
    schema = registry.kind(kind)
    outcomes = read_all([(path, schema) for path in paths], engine=engine, sandbox=sandbox, review_below=0.5)
    for outcome in outcomes:
        if outcome.error:
            raise outcome.error


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
