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
    _add_ask(commands)
    _add_kinds(commands)
    _add_eval(commands)
    _add_train(commands)
    _add_doctor(commands)
    _add_models(commands)
    _add_pull(commands)
    _add_verify(commands)


def _add_extract(commands: Commands) -> None:
    command = commands.add_parser(
        "extract",
        help="read documents here and now",
        description="Read documents and print one JSON record per line, or the text of each.",
    )
    command.add_argument("files", nargs="+", metavar="FILE", help="files, folders or globs")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--kind", help="a shipped kind, see `pagemill kinds`; auto tells it by the words")
    what.add_argument("--schema", help="a JSON Schema file, or module:Class of a pydantic class")
    command.add_argument("--engine", help="engine to read with (default: PAGEMILL_ENGINE)")
    command.add_argument("--model", help="profile, folder or name on the server (default: PAGEMILL_MODEL)")
    command.add_argument("-o", "--output", type=Path, help="write the records here, not to stdout")
    command.add_argument(
        "--format",
        choices=("json", "md", "txt"),
        default="json",
        help="of --kind text: md (Markdown) or txt print the text alone (default: json)",
    )
    command.add_argument("--overlay", type=Path, metavar="DIR", help="draw what was read on each page")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.set_defaults(run=_run_extract)


def _add_ask(commands: Commands) -> None:
    command = commands.add_parser(
        "ask",
        help="ask something about a document",
        description="Ask something about a file, here and now, or about a job of the service. Without a "
        "question they are read from stdin, a line each, every one following those before it.",
    )
    command.add_argument("document", metavar="FILE|JOB", help="a document, or the id of a job")
    command.add_argument("question", nargs="?", help="what to ask, in quotation marks")
    command.add_argument("--schema", type=Path, help="JSON Schema file: the form of the answer")
    command.add_argument("--json", action="store_true", help="print the records, not the answers alone")
    command.add_argument("--engine", help="engine that answers (default: PAGEMILL_ENGINE, or the job's)")
    command.add_argument("--model", help="of a file: profile, folder or name on the server")
    command.add_argument("--url", help="of a job: address of the service (default: PAGEMILL_URL)")
    command.add_argument("--key", help="of a job: API key (default: PAGEMILL_KEY)")
    command.set_defaults(run=_run_ask)


def _add_kinds(commands: Commands) -> None:
    command = commands.add_parser("kinds", help="list the kinds, or print one as JSON Schema")
    command.add_argument("kind", nargs="?", help="the kind to print")
    command.set_defaults(run=_run_kinds)


def _add_eval(commands: Commands) -> None:
    command = commands.add_parser(
        "eval",
        help="score an engine against labelled documents",
        description="Read every document of a manifest and compare with its labels. A manifest is "
        "a JSON Lines file; each line has `file`, `kind` or `schema`, and `expected` (and may have "
        "`boxes` by JSON Pointer).",
    )
    command.add_argument("manifest", type=Path)
    command.add_argument("--engine", help="engine to read with (default: PAGEMILL_ENGINE)")
    command.add_argument("--report", type=Path, help="write an HTML page with every miss")
    command.add_argument(
        "--corrections",
        action="store_true",
        help="of `pagemill export --corrections`: how right was what people looked at; nothing is read",
    )
    command.set_defaults(run=_run_eval)


def _add_train(commands: Commands) -> None:
    command = commands.add_parser(
        "train",
        help="learn an adapter for a kind from what people corrected",
        description="Learn LoRA weights for a kind from documents that people settled, hold a fifth of them "
        "out, and keep the adapter only if these are read better with it. Started again, it goes on.",
    )
    command.add_argument("kind", metavar="KIND", help="the kind to learn")
    command.add_argument("--model", help="profile or folder of the model (default: PAGEMILL_MODEL)")
    command.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="the adapter's folder"
    )
    command.add_argument(
        "--corrections",
        type=Path,
        metavar="DIR",
        help="folder that `pagemill export --corrections` filled (default: asked of the service)",
    )
    command.add_argument("--engine", help="engine that runs a folder")
    command.add_argument("--quantisation", choices=("none", "int8", "nf4"), help="nf4: QLoRA")
    command.add_argument("--rank", type=int, default=16, help="of the learned matrices (default: 16)")
    command.add_argument("--epochs", type=int, default=3, help="times that all is gone through (default: 3)")
    command.add_argument("--learning-rate", type=float, default=2e-4, help="of Adam (default: 0.0002)")
    command.add_argument("--vision", action="store_true", help="let the layers learn, too, that see")
    command.add_argument("--url", help="address of the service (default: PAGEMILL_URL)")
    command.add_argument("--key", help="API key (default: PAGEMILL_KEY)")
    command.set_defaults(run=_run_train)


def _add_doctor(commands: Commands) -> None:
    command = commands.add_parser(
        "doctor",
        help="say what is installed and what is missing",
        description="Say what is installed and what is missing; or, with --parity, compare the SAIL-VL2 "
        "and CogVLM2 of Pagemill with the code that comes with a checkpoint.",
    )
    command.add_argument(
        "--parity",
        type=Path,
        metavar="MODEL_DIR",
        help="compare with the code of the checkpoint in this folder",
    )
    command.add_argument(
        "--python",
        type=Path,
        metavar="PYTHON",
        help="with --parity: Python of the environment in which that code runs",
    )
    command.add_argument(
        "--run-its-code", action="store_true", help="with --parity: you trust that code, and it may run"
    )
    command.add_argument(
        "--dtype",
        choices=("float32", "bfloat16"),
        default="float32",
        help="with --parity: numbers to compute in (default: float32)",
    )
    command.set_defaults(run=_run_doctor)


def _add_models(commands: Commands) -> None:
    command = commands.add_parser(
        "models",
        help="list the vision-language models, and which fit the GPU at hand",
        description="List the models there are profiles for, or print all that is known of one.",
    )
    command.add_argument("name", nargs="?", metavar="NAME", help="the model to print")
    command.set_defaults(run=_run_models)


def _add_pull(commands: Commands) -> None:
    command = commands.add_parser("pull", help="fetch the files of a model into PAGEMILL_MODELS_DIR")
    command.add_argument("name", metavar="NAME", help="a model, see `pagemill models`")
    command.add_argument("--accept-licence", action="store_true", help="you agree to the licence shown")
    command.set_defaults(run=_run_pull)


def _add_verify(commands: Commands) -> None:
    command = commands.add_parser("verify", help="compare pulled models with what was fetched")
    command.add_argument("names", nargs="*", metavar="NAME", help="models (default: all that were pulled)")
    command.set_defaults(run=_run_verify)


def _run_extract(options: argparse.Namespace) -> int:
    from api.cli import extract

    return extract.run(options)


def _run_ask(options: argparse.Namespace) -> int:
    from api.cli import ask

    return ask.run(options, sys.stdin, sys.stdout)


def _run_kinds(options: argparse.Namespace) -> int:
    from api.cli import kinds

    return kinds.run(options.kind)


def _run_eval(options: argparse.Namespace) -> int:
    from api.cli import evaluate

    return evaluate.run(options)


def _run_train(options: argparse.Namespace) -> int:
    from api.cli import train

    return train.run(options)


def _run_doctor(options: argparse.Namespace) -> int:
    from api.cli import doctor, parity

    if options.parity is not None:
        trusted = bool(options.run_its_code)
        return parity.run(
            options.parity, python=options.python, accept_code=trusted, out=sys.stdout, dtype=options.dtype
        )
    return doctor.run(sys.stdout)


def _run_models(options: argparse.Namespace) -> int:
    from api.cli import models
    from worker import settings

    return models.run_models(settings.load(), sys.stdout, options.name)


def _run_pull(options: argparse.Namespace) -> int:
    from api.cli import models
    from worker import settings

    accept = options.accept_licence
    return models.run_pull(settings.load(), options.name, sys.stdout, accept_licence=accept)


def _run_verify(options: argparse.Namespace) -> int:
    from api.cli import models
    from worker import settings

    return models.run_verify(settings.load(), options.names, sys.stdout)
