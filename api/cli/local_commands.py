"""The commands that need no service: what they are called and what they take."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # argparse names the type in private, and it takes its parameter in stubs only
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001


def add(commands: Commands) -> None:
    """Add them to the parser."""
    _add_extract(commands)
    _add_kinds(commands)
    _add_eval(commands)
    _add_doctor(commands)


def _add_extract(commands: Commands) -> None:
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


def _add_kinds(commands: Commands) -> None:
    command = commands.add_parser("kinds", help="list the kinds, or print one as JSON Schema")
    command.add_argument("kind", nargs="?", help="the kind to print")
    command.set_defaults(run=_run_kinds)


def _add_eval(commands: Commands) -> None:
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


def _add_doctor(commands: Commands) -> None:
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
