"""How fast, in ratios that hold on a noisy machine.

    python -m bench.speed IMAGES_FOLDER

Prints: seconds per page of the whole pipeline against bare RapidOCR at its own defaults, in turns;
the parts of a page's time; pages/s of a PDF with a text layer; seconds of `pagemill --help` and of a first record from a cold start;
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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
from PIL import Image
from rapidocr import EngineType, RapidOCR

from schemas import registry
from worker.reading.documents import read_all
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.engines.matcher.rows import arrange
from worker.reading.pages.base import PageLimits
from worker.reading.pages.factory import open_document
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.crops import straightened
from worker.reading.text.detection import detect
from worker.reading.text.ocr import line_of
from worker.reading.text.page_lines import PageLines
from worker.reading.text.recognition import recognise
from worker.reading.text.runtimes import factory
from worker.reading.text.runtimes.base import OcrRuntime
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
    parts(pictures)
    with tempfile.TemporaryDirectory() as folder:
        text_pages(Path(folder))
    memory(pictures)
    commands(pictures[0])


def against_bare_ocr(pictures: Sequence[Path]) -> None:
    """Whole pipeline and bare OCR in turns, so that both meet the same noise."""
    engine, bare = EmbeddedEngine(), bare_ocr()
    engine.warm_up()
    walls, efforts = [], []
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        for _ in range(ROUNDS):
            whole = spent(lambda: run(pictures, "receipt", engine, sandbox))
            alone = spent(
                lambda: [bare(np.asarray(Image.open(p).convert("RGB"))[..., ::-1]) for p in pictures]
            )
            walls.append(alone.wall / whole.wall)
            efforts.append(alone.processor / whole.processor)
            print(f"  s/page: pipeline {whole.per(pictures)}; bare RapidOCR {alone.per(pictures)}")
    wall, effort = statistics.median(walls), statistics.median(efforts)
    print(
        f"bare RapidOCR / pipeline: {wall:.2f} in wall, {effort:.2f} in processor time (median of {ROUNDS})"
    )


def bare_ocr() -> Callable[[Any], Any]:
    """RapidOCR at its own defaults on the same runtime: classifier on, kernel cache on."""
    runtime = {f"{part}.engine_type": EngineType.OPENVINO for part in ("Det", "Cls", "Rec")}
    ocr: Callable[[Any], Any] = RapidOCR(params=runtime | {"Global.log_level": "error"})
    return ocr


def parts(pictures: Sequence[Path]) -> None:
    """Where a page's time goes, one page after the other: seconds of the processor, all threads."""
    watch = Watch()
    runtime = factory.load("auto")
    with Sandbox(PageLimits.of(Settings())) as sandbox, ThreadPoolExecutor(runtime.streams) as pool:
        for _ in range(2):  # the first turn builds kernels
            watch.taken.clear()
            for path in pictures:
                one_page(path, sandbox, runtime, pool, watch)
    told = ", ".join(f"{part} {1000 * value / len(pictures):.0f}" for part, value in watch.taken.items())
    print(f"ms of processor time per page: {told} (decode is the sandbox's work)")


class Watch:
    """Seconds of the processor by part."""

    def __init__(self) -> None:
        self.taken: dict[str, float] = {}

    @contextmanager
    def of(self, part: str) -> Iterator[None]:
        """Count what is done within."""
        started = time.process_time()
        yield
        self.taken[part] = self.taken.get(part, 0.0) + time.process_time() - started


def one_page(
    path: Path, sandbox: Sandbox, runtime: OcrRuntime, pool: ThreadPoolExecutor, watch: Watch
) -> None:
    limits = PageLimits.of(Settings())
    with watch.of("decode"), closing(open_document(path, pdf_backend="auto", limits=limits)) as document:
        picture = document.page(0, limits).picture
    with watch.of("transfer"):
        list(sandbox.open(path))
    with watch.of("detect"):
        quads = detect(picture, runtime)
    with watch.of("cut out"):
        crops = [straightened(picture, quad) for quad in quads]
    with watch.of("recognise"):
        read = recognise(crops, runtime, pool)
    with watch.of("order"):
        lines = tuple(line_of(q, r, picture) for q, r in zip(quads, read, strict=True) if r.text)
        arrange([PageLines(1, picture.shape[1], picture.shape[0], lines)])


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


@dataclass(frozen=True)
class Spent:
    """Seconds on the wall and of this process on the processor."""

    wall: float
    processor: float

    def per(self, pages: Sequence[Path]) -> str:
        """In words, for each page."""
        return f"{self.wall / len(pages):.3f} wall, {self.processor / len(pages):.3f} processor"


def spent(work: Callable[[], object]) -> Spent:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Spent(time.perf_counter() - wall, time.process_time() - processor)


def seconds(work: Callable[[], object]) -> float:
    return spent(work).wall


if __name__ == "__main__":
    main()
