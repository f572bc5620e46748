"""`pagemill api`, `worker`, `watch`, `rebuild`, `migrate`: one process of the service each."""

from __future__ import annotations

import argparse
import sys

from worker import log, settings
from worker.errors import RequestInvalid
from worker.settings import Settings


def run_api() -> int:
    """Answer HTTP requests until stopped."""
    from api import app

    app.serve(_start("api"))
    return 0


def run_worker(options: argparse.Namespace) -> int:
    """Read documents until stopped; with --supervised, in a process that is ended when it hangs."""
    found = _start("worker")
    if options.supervised:
        from api.up import supervised

        return supervised.run(found, options.alive)
    from worker.process import worker

    worker.serve(found, alive=options.alive)
    return 0


def run_watch(options: argparse.Namespace) -> int:
    """Watch inboxes until stopped, or once; 1 when something was refused or had to be left."""
    from api.watch import watch

    if options.folder is None and not options.bucket:
        raise RequestInvalid(detail="give a folder, or --bucket, or both")
    tally = watch.watch(_start("watch"), folder=options.folder, bucket=options.bucket, once=options.once)
    if options.once:
        print(f"{tally.read} read, {tally.failed} failed, {tally.waiting} left", file=sys.stderr)
    return int(options.once and bool(tally.failed or tally.waiting))


def run_rebuild() -> int:
    """Enter what is in the store into the ledger; 1 when something could not be read."""
    from worker.jobs.app import connect
    from worker.jobs.rebuild import rebuild

    found = _start("rebuild")
    app = connect(found, migrate=found.database_url is None)
    result = rebuild(app)
    app.close()
    print(
        f"{result.found} jobs in the store, {result.entered} of them new to the ledger, "
        f"{result.unreadable} unreadable",
        file=sys.stderr,
    )
    return int(result.unreadable > 0)


def run_migrate() -> int:
    """Bring the ledger to the form this version needs."""
    from worker.jobs.ledger.ledger import Ledger
    from worker.jobs.ledger.revisions import TODAYS

    Ledger.open(_start("migrate").ledger_url, migrate=True).close()
    print(f"the ledger is of revision {TODAYS}", file=sys.stderr)
    return 0


def _start(process: str) -> Settings:
    found = settings.load()
    log.configure(level=found.log_level, form=found.log_format, process=process)
    return found
