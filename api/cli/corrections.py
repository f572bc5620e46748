"""What people corrected, as a manifest that `pagemill eval` reads, and how often they had to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from api.cli.scoring import Compared, Labelled
from api.client import Client
from api.views import JobView
from schemas.job import JobState
from schemas.record import Evidence

MANIFEST = "manifest.jsonl"


def write(client: Client, folder: Path, *, batch: str | None = None) -> int:
    """Fill a folder with the documents people settled, and the manifest of them; how many there are."""
    sources = folder / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{MANIFEST}.part"
    count = 0
    with partial.open("w", encoding="utf-8") as manifest:
        for job in client.jobs(batch=batch, state=JobState.DONE):
            if job.review.revision == 0:  # nobody looked
                continue
            file = sources / f"{job.id}{_suffix(job.filename)}"
            client.source(job.id, file)
            row = _row(client, job) | {"file": f"{sources.name}/{file.name}"}
            manifest.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    partial.replace(folder / MANIFEST)
    return count


def compared(rows: Iterable[tuple[Labelled, Mapping[str, Any]]]) -> list[Compared]:
    """What was read of each document against what people left of it; raises SchemaInvalid."""
    from worker.errors import SchemaInvalid
    from worker.reading.score.compare import score

    found = []
    for labelled, row in rows:
        read = row.get("read")
        if not isinstance(read, dict) or not {"data", "fields"} <= read.keys():
            raise SchemaInvalid(detail=f"the row {labelled.id} has no `read`")
        fields = {at: Evidence.model_validate(item) for at, item in read["fields"].items()}
        found.append(Compared(labelled, score(labelled.expected, read["data"], fields)))
    return found


def _row(client: Client, job: JobView) -> dict[str, Any]:
    record, read = client.record(job.id), client.record(job.id, revision=0)
    return {
        "id": job.id,
        "kind": job.kind,
        "schema": client.schema(job.id),
        "expected": record["data"],
        "read": {"data": read["data"], "fields": read["fields"]},
    }


def _suffix(filename: str) -> str:
    """The end of a name, where it is a plain one."""
    suffix = Path(filename).suffix
    return suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) < 8 else ""
