"""The files of a manifest: every one must end in an outcome that it calls acceptable.

Each line has `files` and `expected.acceptable`: ok, ok_with_warning, ok_empty, or error:<code>.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from schemas import registry
from worker.errors import SourceError
from worker.reading import pipeline
from worker.reading.engines.base import Engine
from worker.reading.pages.sandbox import Sandbox


def run(manifest: Path, engine: Engine, sandbox: Sandbox) -> int:
    """Print what was not acceptable, and the slowest file; how many were not."""
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    bad, slowest = 0, (0.0, "")
    for row in rows:
        started = time.perf_counter()
        found = outcome(manifest.parent / row["files"][0], engine, sandbox)
        slowest = max(slowest, (time.perf_counter() - started, row["id"]))
        if not found & set(row["expected"]["acceptable"]):
            bad += 1
            print(f"{row['id']}: {sorted(found)}, acceptable: {row['expected']['acceptable']}")
    print(
        f"{len(rows) - bad} of {len(rows)} acceptable; slowest {slowest[1]} with {slowest[0]:.1f} s",
        flush=True,
    )
    return bad


def outcome(path: Path, engine: Engine, sandbox: Sandbox) -> set[str]:
    """What became of a file, in the words of the manifest; raises what is no SourceError."""
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
