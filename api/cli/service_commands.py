"""The commands of the service: those that run its parts, and those that use it."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.cli.local_commands import Commands


def add(commands: Commands) -> None:
    """Add them to the parser."""
    _add_up(commands)
    _add_parts(commands)
    _add_submit(commands)
    _add_status(commands)
    _add_fetch(commands)
    _add_export(commands)
    _add_keys(commands)
    _add_retention(commands)


def _add_up(commands: Commands) -> None:
    command = commands.add_parser(
        "up",
        help="run the whole service on this machine",
        description="Start queue, store, worker, API and watcher on loopback; Ctrl-C stops them all.",
    )
    command.add_argument("--data", type=Path, help="folder of everything (default: PAGEMILL_DATA_DIR)")
    command.add_argument("--port", type=int, help="port of the API (default: PAGEMILL_PORT)")
    command.set_defaults(run=lambda options: _service("up").run_up(options))


def _add_parts(commands: Commands) -> None:
    api = commands.add_parser("api", help="run the HTTP API")
    api.set_defaults(run=lambda _options: _service("parts").run_api())
    worker = commands.add_parser("worker", help="run a worker")
    worker.add_argument("--alive", type=Path, metavar="FILE", help="touch FILE as long as nothing hangs")
    worker.add_argument("--supervised", action="store_true", help="end and start it again when it hangs")
    worker.set_defaults(run=lambda options: _service("parts").run_worker(options))
    watch = commands.add_parser("watch", help="read what is dropped into an inbox")
    watch.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="watch DIR/inbox")
    watch.add_argument("--bucket", action="store_true", help="watch inbox/ of the bucket")
    watch.add_argument("--once", action="store_true", help="stop when the inbox is drained")
    watch.set_defaults(run=lambda options: _service("parts").run_watch(options))
    rebuild = commands.add_parser("rebuild", help="make the ledger anew from the store")
    rebuild.set_defaults(run=lambda _options: _service("parts").run_rebuild())
    migrate = commands.add_parser(
        "migrate",
        help="bring the ledger to the form this version needs",
        description="Bring the ledger that an older version left to the form this one needs. `pagemill up` "
        "does so at its start; before the parts of a service are started one by one, do it once.",
    )
    migrate.set_defaults(run=lambda _options: _service("parts").run_migrate())


def _add_submit(commands: Commands) -> None:
    command = commands.add_parser("submit", help="send documents to a service")
    command.add_argument("files", nargs="+", metavar="FILE", help="files, folders or globs")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--kind", help="a kind of the service; auto tells it by the words")
    what.add_argument("--schema", type=Path, help="a JSON Schema file")
    command.add_argument("--engine", help="engine to read with")
    command.add_argument("--batch", help="group the jobs under this name")
    command.add_argument("--priority", type=int, choices=range(10), metavar="0-9", help="higher goes first")
    command.add_argument("--wait", action="store_true", help="wait for the records and print them")
    _add_connection(command)
    command.set_defaults(run=lambda options: _service("remote").run_submit(options))


def _add_status(commands: Commands) -> None:
    command = commands.add_parser("status", help="how jobs or a batch stand")
    command.add_argument("jobs", nargs="*", metavar="JOB")
    command.add_argument("--batch", help="every job of a batch")
    command.add_argument("--events", action="store_true", help="what happened to each job, and why")
    _add_connection(command)
    command.set_defaults(run=lambda options: _service("remote").run_status(options))


def _add_fetch(commands: Commands) -> None:
    command = commands.add_parser("fetch", help="wait for jobs and print their records")
    command.add_argument("jobs", nargs="*", metavar="JOB")
    command.add_argument("--batch", help="every job of a batch")
    command.add_argument(
        "--format",
        choices=("json", "md", "txt"),
        default="json",
        help="of kind text: md (Markdown) or txt print the text alone (default: json)",
    )
    command.add_argument("-o", "--output", type=Path, help="write the records here, not to stdout")
    _add_connection(command)
    command.set_defaults(run=lambda options: _service("remote").run_fetch(options))


def _add_export(commands: Commands) -> None:
    command = commands.add_parser("export", help="the records of a batch as a table")
    command.add_argument("batch", nargs="?", help="with --corrections left out: of every batch")
    command.add_argument(
        "--format",
        choices=("jsonl", "csv", "parquet", "xlsx", "swift", "trl", "llamafactory"),
        help="of a batch: jsonl (default), csv, parquet, xlsx; of --corrections, as examples for training "
        "beside the manifest: swift, trl, llamafactory, jsonl",
    )
    command.add_argument(
        "--corrections",
        type=Path,
        metavar="DIR",
        help="instead, fill DIR with the documents people settled and a manifest that `pagemill eval` reads",
    )
    command.add_argument("-o", "--output", type=Path, help="write here, not to stdout")
    _add_connection(command)
    command.set_defaults(run=lambda options: _service("remote").run_export(options))


def _add_keys(commands: Commands) -> None:
    command = commands.add_parser("keys", help="make, list and revoke API keys, and sign people in")
    actions = command.add_subparsers(required=True, metavar="ACTION")
    new = actions.add_parser("new", help="make a key and print it, once")
    new.add_argument("name", help="whose it is, for the list")
    new.add_argument("--project", default="default")
    new.add_argument("--scopes", default="submit,read", help="of submit, read, review, admin")
    new.add_argument("--days", type=float, help="days until it expires")
    new.add_argument("--rate", type=int, help="requests a minute")
    new.add_argument("--max-bytes", type=int, help="bytes of one upload")
    new.set_defaults(run=lambda options: _service("keys").run_new(options))
    listing = actions.add_parser("list", help="every key, without its secret")
    listing.set_defaults(run=lambda _options: _service("keys").run_list())
    revoke = actions.add_parser("revoke", help="end a key at once")
    revoke.add_argument("id", help="as `pagemill keys list` shows it")
    revoke.set_defaults(run=lambda options: _service("keys").run_revoke(options))
    link = actions.add_parser("link", help="print an address at which its holder signs in to the page, once")
    link.add_argument("id", help="as `pagemill keys list` shows it")
    link.add_argument("--minutes", type=float, default=30, help="for how long it is good")
    link.set_defaults(run=lambda options: _service("keys").run_link(options))
    secret = actions.add_parser("secret", help="what a project's receivers verify webhooks with")
    secret.add_argument("project", nargs="?", default="default")
    secret.set_defaults(run=lambda options: _service("keys").run_secret(options))


def _add_retention(commands: Commands) -> None:
    command = commands.add_parser("retention", help="set how many days a project keeps finished jobs")
    command.add_argument("project")
    command.add_argument("days", type=float, nargs="?", help="left out: as PAGEMILL_RETENTION_DAYS says")
    command.set_defaults(run=lambda options: _service("keys").run_retention(options))


def _add_connection(command: argparse.ArgumentParser) -> None:
    command.add_argument("--url", help="address of the service (default: PAGEMILL_URL)")
    command.add_argument("--key", help="API key (default: PAGEMILL_KEY)")


def _service(module: str) -> Any:
    """A module of this folder, loaded when its command runs."""
    return importlib.import_module(f"api.cli.{module}")
