"""`pagemill`: runs one command.

Payload goes to stdout, progress and messages to stderr. Exit status: 0 all good, 1 some documents
failed, 2 nothing was begun (wrong usage, or no model to read with), 130 stopped by Ctrl-C. Nothing
heavy is imported before a command runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from api.cli import local_commands, service_commands
from worker.errors import PagemillError, Refused, RequestError, SettingsInvalid

USAGE = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return INTERRUPTED
    except PagemillError as error:
        print(error, file=sys.stderr)
        wrong_usage = isinstance(error, RequestError | SettingsInvalid) and not isinstance(error, Refused)
        return USAGE if wrong_usage else 1
    except BrokenPipeError:  # the reader of stdout has seen enough
        sys.stderr.close()
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pagemill", description="A document and a schema in, JSON with evidence out."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    local_commands.add(commands)
    service_commands.add(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only where it is asked for: that takes longer than everything else here."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        print(f"pagemill {metadata.version('pagemill')}")
        parser.exit()
