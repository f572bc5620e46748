"""`pagemill up`: the whole service on this machine."""

from __future__ import annotations

import argparse
import sys
import time

from api.up.supervise import Place, up
from schemas import registry
from worker import log, settings


def run_up(options: argparse.Namespace) -> int:
    """Run until Ctrl-C."""
    found = settings.load(beside_up=False)
    given = {"data_dir": options.data, "port": options.port}
    found = found.model_copy(update={name: value for name, value in given.items() if value is not None})
    log.configure(
        level=found.log_level, form="text" if sys.stderr.isatty() else found.log_format, process="up"
    )
    started = time.monotonic()
    up(found, announce=lambda place: _announce(place, time.monotonic() - started))
    return 0


def _announce(place: Place, seconds: float) -> None:
    for kind in registry.kinds():  # so that a file can be dropped without a look into the documentation
        (place.folder / "inbox" / kind).mkdir(parents=True, exist_ok=True)
    print(f"ready in {seconds:.1f} s", file=sys.stderr)
    print(f"  page and API   {place.url}   (/docs, /metrics)", file=sys.stderr)
    print(f"  drop files in  {place.folder}/inbox/<kind>/", file=sys.stderr)
    print(f"  results        {place.folder}/outbox/<kind>/", file=sys.stderr)
    print(f"  log            {place.log}", file=sys.stderr)
    if place.open:
        print("  keys are off: everyone on this machine can read and send documents", file=sys.stderr)
    print("Ctrl-C stops everything.", file=sys.stderr)
    sys.stderr.flush()
