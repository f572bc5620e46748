"""Everything that was made to break readers: does all of it end acceptably, within limits, leaving nothing?

    python -m bench.hostile [MANIFEST] [--fuzz 2000]

Draws bombs of each format, extreme pages and files cut off at every hundredth, fuzzes messages, schemas and
requests, and reads what a manifest names. Exit status 1 when anything ends otherwise than by a record or an
error that is told, takes too long or too much, or leaves a process or a file behind.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench.hostile import bombs, fuzz, manifest
from worker.reading.engines.base import Engine
from worker.reading.engines.fake import FakeEngine
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings

_MOST_SECONDS = 120.0  # for one of these documents, most of which have one page
_MOST_MEMORY = 2 * 2**30  # bytes of the process that reads, engine and OCR models among them


def main() -> int:
    """The exit status."""
    options = _options()
    left_before = _left()
    bad = 0
    with Sandbox(PageLimits.of(Settings(_env_file=None))) as sandbox, closing(EmbeddedEngine()) as engine:
        if options.manifest is not None:
            bad += manifest.run(options.manifest, engine, sandbox)
        bad += _files("bombs", bombs.all_bombs(), engine, sandbox)
        bad += _files("cut off", bombs.cut_off(), FakeEngine(), sandbox)
    for name, fuzzer in fuzz.all_fuzzers(options.fuzz).items():
        try:
            fuzzer()
        except Exception:  # noqa: BLE001 (whatever comes is what is looked for)
            bad += 1
            traceback.print_exc()
        else:
            print(f"{options.fuzz} {name}: told errors alone", flush=True)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    left = _left() - left_before
    print(f"memory at most {memory // 2**20} MB; left behind: {sorted(left) or 'nothing'}")
    return int(bad > 0 or memory > _MOST_MEMORY or bool(left))


def _files(what: str, files: Iterator[tuple[str, bytes]], engine: Engine, sandbox: Sandbox) -> int:
    """Read each; how many ended otherwise than they may."""
    became: Counter[str] = Counter()
    bad, slowest = 0, (0.0, "")
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files:
            path = Path(folder, name)
            path.write_bytes(data)
            began = time.perf_counter()
            try:
                found = min(manifest.outcome(path, engine, sandbox))
            except Exception:  # noqa: BLE001 (whatever comes is what is looked for)
                bad += 1
                found = "an error that is not told"
                traceback.print_exc()
            seconds = time.perf_counter() - began
            path.unlink()
            became[found] += 1
            slowest = max(slowest, (seconds, name))
            if seconds > _MOST_SECONDS:
                bad += 1
                print(f"{name}: {seconds:.0f} s")
    print(f"{what}: {dict(became)}; slowest {slowest[1]} with {slowest[0]:.1f} s", flush=True)
    return bad


def _left() -> set[str]:
    """Children of this process, and folders in which documents lie while they are read."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()
    folders = [path.name for path in Path(tempfile.gettempdir()).glob(f"pagemill-*-{os.getpid()}-*")]
    return {*children, *folders}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path, nargs="?", help="JSON lines with `files` and `expected`")
    parser.add_argument("--fuzz", type=int, default=1000, help="examples of each sort")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
