"""`pagemill`: what the commands are called and what they take.

Payload goes to stdout, progress and messages to stderr. Exit status: 0 all good, 1 some documents
failed, 2 wrong usage, 130 stopped by Ctrl-C. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

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
    except BrokenPipeError:  # the reader of stdout has seen enough
        sys.stderr.close()
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pagemill", description="A document and a schema in, JSON with evidence out."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_extract(commands)
    _add_kinds(commands)
    _add_eval(commands)
    _add_doctor(commands)
    return parser


def _add_extract(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "extract", help="read documents here and now",
        description="Read documents and print one JSON record per line.",
    )  # fmt: skip
    command.add_argument("files", nargs="+", metavar="FILE", help="files, folders or globs")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--kind", help="a shipped kind, see `pagemill kinds`")
    what.add_argument("--schema", help="a JSON Schema file, or module:Class of a pydantic class")
    command.add_argument("--engine", help="engine to read with (default: PAGEMILL_ENGINE)")
    command.add_argument("-o", "--output", type=Path, help="write the records here, not to stdout")
    command.add_argument("--overlay", type=Path, metavar="DIR", help="draw what was read on each page")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.set_defaults(run=_run_extract)


def _add_kinds(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("kinds", help="list the kinds, or print one as JSON Schema")
    command.add_argument("kind", nargs="?", help="the kind to print")
    command.set_defaults(run=_run_kinds)


def _add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "eval", help="score an engine against labelled documents",
        description="Read every document of a manifest and compare with its labels. A manifest is "
        "a JSON Lines file; each line has `file`, `kind` or `schema`, and `expected` (and may have "
        "`boxes` by JSON Pointer).",
    )  # fmt: skip
    command.add_argument("manifest", type=Path)
    command.add_argument("--engine", help="engine to read with (default: PAGEMILL_ENGINE)")
    command.add_argument("--report", type=Path, help="write an HTML page with every miss")
    command.set_defaults(run=_run_eval)


def _add_doctor(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("doctor", help="say what is installed and what is missing")
    command.set_defaults(run=_run_doctor)


def _run_extract(options: argparse.Namespace) -> int:
    from api.cli import extract

    return extract.run(options)


def _run_kinds(options: argparse.Namespace) -> int:
    from api.cli import kinds

    return kinds.run(options.kind)


def _run_eval(options: argparse.Namespace) -> int:
    from api.cli import evaluate

    return evaluate.run(options)


def _run_doctor(_options: argparse.Namespace) -> int:
    from api.cli import doctor

    return doctor.run(sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
