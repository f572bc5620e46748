"""Files made to break readers: every one must end in an outcome its manifest calls acceptable.

    python -m bench.hostile MANIFEST

Each line of the manifest has `files` and `expected.acceptable`: ok, ok_with_warning, ok_empty, or
error:<code>. Prints what failed, the slowest file, and the processes left behind.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from pathlib import Path

from schemas import registry
from worker.errors import SourceError
from worker.reading import pipeline
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("manifest", type=Path)
    manifest: Path = options.parse_args().manifest
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    engine, settings = EmbeddedEngine(), Settings()
    bad, slowest = 0, (0.0, "")
    with Sandbox(PageLimits.of(settings)) as sandbox:
        for row in rows:
            started = time.perf_counter()
            found = outcome(manifest.parent / row["files"][0], engine, sandbox)
            slowest = max(slowest, (time.perf_counter() - started, row["id"]))
            if not found & set(row["expected"]["acceptable"]):
                bad += 1
                print(f"{row['id']}: {sorted(found)}, acceptable: {row['expected']['acceptable']}")
    left = subprocess.run(
        ["pgrep", "-fc", "worker.reading.pages.child"], capture_output=True, text=True, check=False
    )
    print(
        f"{len(rows) - bad} of {len(rows)} acceptable; slowest {slowest[1]} with {slowest[0]:.1f} s; "
        f"{left.stdout.strip()} processes left"
    )


def outcome(path: Path, engine: EmbeddedEngine, sandbox: Sandbox) -> set[str]:
    """What became of a file, in the words of the manifest; an untyped exception ends the run."""
    document = sandbox.open(path)
    source = pipeline.Source(path.name, pipeline.hash_file(path), document)
    try:
        record = pipeline.extract(source, registry.kind("text"), engine=engine)
    except SourceError as error:
        document.close()
        return {f"error:{error.code}"}
    if record.issues:
        return {"ok_with_warning"}
    pages = record.data["pages"] if record.data else []
    return {"ok"} if any(page["lines"] for page in pages) else {"ok", "ok_empty"}


if __name__ == "__main__":
    main()
