"""What became of every job."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from bench.faults.doors import RACING
from bench.faults.receiver import Heard
from bench.faults.troubles import Happened
from schemas.job import FINISHED, JobState
from worker.jobs import object_keys
from worker.jobs.app import App
from worker.jobs.ledger.job_rows import job_of
from worker.jobs.ledger.tables import jobs as jobs_table

RECOVERY = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: how many through the three doors, the poisoned jobs, those of the race that must be there."""

    ordinary: int
    poisoned: list[str]
    raced: dict[str, str]


def report(app: App, folder: Path, sent: Sent, heard: Heard, happened: list[Happened]) -> bool:
    """Print the counts; whether all is as it should be."""
    with app.ledger.database.read() as connection:
        rows = connection.execute(jobs_table.select()).all()
    outcomes: dict[str, list[str]] = defaultdict(list)
    sources = set()
    for stat in app.store.list(object_keys.PROJECTS):
        parts = stat.key.split("/")
        if parts[2] == "sources":
            sources.add(stat.key)
        elif parts[-1] in {"record.json", "failure.json"}:
            outcomes[object_keys.job_of(parts[3])[0]].append(parts[-1])
    poisoned = set(sent.poisoned)
    racing = {row.id for row in rows if row.filename.startswith(RACING)}
    ordinary = [
        row for row in rows if row.id not in poisoned | racing and not row.filename.startswith("schema-")
    ]
    stuck = [row for row in rows if row.state not in FINISHED]
    failed = [row for row in rows if row.state == JobState.FAILED]
    faults = {
        "lost": sent.ordinary - len(ordinary) + sum(1 for id_ in sent.raced.values() if id_ not in racing),
        "without a source": sum(1 for row in rows if object_keys.source(job_of(row).spec) not in sources),
        "without an outcome": sum(1 for row in rows if row.state in FINISHED and row.id not in outcomes),
        "doubled": sum(1 for row in ordinary if len(outcomes[row.id]) > 1),
        "stuck": len(stuck),
        "leases left": sum(1 for row in rows if row.lease_token is not None),
        "failed that should not have": sum(1 for row in failed if row.id not in poisoned),
        "poisoned that did not fail": len(poisoned - {row.id for row in failed}),
        "failed without a reason": sum(1 for row in failed if not row.error_code or not row.error_message),
        "messages with two bodies": heard.contradictory,
        **_undelivered(app, folder, sent, heard),
    }
    slow = _print_recovery([row.finished_at for row in rows if row.finished_at], happened)
    print(f"{len(rows)} jobs in the ledger ({len(racing)} raced): {dict(app.ledger.lists.counts())}")
    print(f"attempts: {dict(sorted(Counter(row.attempts for row in rows).items()))}")
    print(
        f"reasons: {dict(Counter(row.error_code for row in failed))}; stuck: {[row.id for row in stuck][:5]}"
    )
    print("; ".join(f"{what} {count}" for what, count in faults.items()))
    return not any(faults.values()) and not slow


def _undelivered(app: App, folder: Path, sent: Sent, heard: Heard) -> dict[str, int]:
    """Of what came by each door, how much its sender never heard of again."""
    thirds = [len(range(start, sent.ordinary, 3)) for start in range(3)]
    in_folder = sum(1 for _ in (folder / "outbox").rglob("*.json"))
    in_bucket = sum(1 for _ in app.store.list(object_keys.OUTBOX))
    came = (in_folder, in_bucket, len(heard.bodies))
    missing = [want - have for want, have in zip(thirds, came, strict=True)]
    return dict(zip(("not in outbox/", "not in the bucket's", "webhooks missing"), missing, strict=True))


def _print_recovery(ended: list[float], happened: list[Happened]) -> bool:
    """How long after each trouble the next job ended, at worst; whether that was ever too long."""
    ended.sort()
    worst: dict[str, float] = {}
    for one in happened:
        at = bisect_right(ended, one.over_at)
        if at < len(ended):
            worst[one.what] = max(worst.get(one.what, 0.0), ended[at] - one.over_at)
    times = Counter(one.what for one in happened)
    for what in sorted(worst, key=lambda name: -worst[name]):
        print(f"  {what} ({times[what]} ×): next job ended after {worst[what]:.1f} s at worst")
    return any(seconds > RECOVERY for seconds in worst.values())
