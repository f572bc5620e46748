"""The reference pages, made from the code: settings, errors, metrics, kinds, commands."""

from __future__ import annotations

import argparse
import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase
from pydantic import AliasChoices

from api.cli.main import _parser
from api.routes import status
from schemas import registry
from worker.errors import all_errors
from worker.process import metrics
from worker.settings import Settings

_NOTE = "*This page is made from the code.*\n\n"


def write(folder: Path) -> None:
    """Write every page into a folder."""
    folder.mkdir(exist_ok=True)
    pages = {
        "settings": _settings(),
        "errors": _errors(),
        "metrics": _metrics(),
        "kinds": _kinds(),
        "commands": _commands(),
    }
    for name, lines in pages.items():
        (folder / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _settings() -> Iterator[str]:
    yield "# Settings\n"
    yield _NOTE
    yield "Settings are read from the environment, or from a file `.env` in the folder of the process;"
    yield "the environment wins. Beside a running `pagemill up`, what it wrote into its data folder counts, too.\n"
    yield "| name | default | meaning |\n|---|---|---|"
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        known = alias.choices[1] if isinstance(alias, AliasChoices) else f"PAGEMILL_{name.upper()}"
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `{known}` | {default} | {_cell(field.description or name.replace('_', ' '))} |"


def _errors() -> Iterator[str]:
    yield "# Errors\n"
    yield _NOTE
    yield "An error has a stable `code`, in the record's issues, in a job's `error` and in the problem documents"
    yield "of the HTTP API, and a message that says what to do. Words in braces are filled in.\n"
    yield "| code | HTTP | tried again | message |\n|---|---|---|---|"
    for error in sorted(all_errors(), key=lambda error: (error.code, error.__name__)):
        message = " ".join(inspect.cleandoc(error.__doc__ or "").split())
        yield f"| `{error.code}` | {error.http} | {'yes' if error.retryable else ''} | {_cell(message)} |"


def _metrics() -> Iterator[str]:
    yield "# Metrics\n"
    yield _NOTE
    yield "In Prometheus' form, on `/metrics` of the API and of each worker (`PAGEMILL_WORKER_PORT`).\n"
    yield "| name | of | labels | meaning |\n|---|---|---|---|"
    for _, metric in inspect.getmembers(metrics, lambda value: isinstance(value, MetricWrapperBase)):
        labels = ", ".join(metric._labelnames)  # noqa: SLF001 (the library shows them nowhere else)
        yield f"| `{metric._name}` | worker | {labels} | {_cell(metric._documentation)} |"  # noqa: SLF001 (as above)
    for name, text, label in _of_the_api():
        yield f"| `{name}` | API | {label} | {_cell(text)} |"


def _of_the_api() -> Iterator[tuple[str, str, str]]:
    """Families that are made anew at each scrape: their names and meanings as they stand in the code."""
    for node in ast.walk(ast.parse(inspect.getsource(status))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"GaugeMetricFamily", "_family"}:
            told = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            labels = [word.value for word in node.keywords if word.arg == "labels"]
            named = [
                part.value
                for value in labels
                for part in getattr(value, "elts", [])
                if isinstance(part, ast.Constant)
            ]
            if len(told) > 1:
                yield str(told[0]), str(told[1]), str((told[2:] or named or [""])[0])


def _kinds() -> Iterator[str]:
    yield "# Kinds\n"
    yield _NOTE
    yield "`pagemill kinds NAME` prints one as JSON Schema.\n"
    for name in registry.kinds():
        kind = registry.kind(name)
        yield f"## {name}\n"
        yield f"{kind.json_schema.get('description', '')}\n"
        yield "| field | type | meaning |\n|---|---|---|"
        for field in kind.root.walk():
            if field.path:
                yield f"| `{field.path}` | {'/'.join(field.types)} | {_cell(field.description or field.title or '')} |"
        yield ""


def _commands() -> Iterator[str]:
    yield "# Commands\n"
    yield _NOTE
    yield "Payload goes to stdout, progress and messages to stderr. Exit status: 0 all good, 1 some documents failed"
    yield "or the service refused, 2 nothing was begun, 130 stopped by Ctrl-C.\n"
    subparsers = next(a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001 (argparse tells no other way)
    for name, parser in subparsers.choices.items():
        yield f"## {name}\n\n```text\n{parser.format_help().strip()}\n```\n"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
