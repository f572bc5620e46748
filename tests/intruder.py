"""What a captured decoder could try: `python -m tests.intruder FOLDER`, in the place of the child.

Reads from stdin what there is to be reached, as JSON; writes what was.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from worker.reading.pages import confinement


def main() -> None:
    """Confined as the child is, try everything."""
    confinement.confine(Path(sys.argv[1]))
    told = json.loads(sys.stdin.readline())
    libc = ctypes.CDLL(None, use_errno=True)
    tries: dict[str, Callable[[], Any]] = {
        "queue": lambda: socket.create_connection(("127.0.0.1", told["port"]), timeout=2),
        "unix socket": lambda: socket.socket(socket.AF_UNIX).connect(told["socket"]),
        "ledger": lambda: Path(told["ledger"]).read_bytes(),
        "ledger, to write": lambda: Path(told["ledger"]).open("ab").close(),
        "another document": lambda: list(Path(told["ledger"]).parent.iterdir()),
        "new file": lambda: Path(told["ledger"]).with_name("new").touch(),
        "new file beside the document": lambda: Path(sys.argv[1], "new").touch(),
        "its environment": lambda: Path(f"/proc/{os.getppid()}/environ").read_bytes(),
        "its memory": lambda: Path(f"/proc/{os.getppid()}/mem").open("rb").close(),
        "passwords": lambda: Path("/etc/passwd").read_bytes(),
        "fork": os.fork,
        "program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606 (that it fails is the point)
        "kill": lambda: os.kill(os.getppid(), 0),
        "stop": lambda: os.kill(os.getppid(), signal.SIGWINCH),
        "trace": lambda: _checked(libc.ptrace(16, os.getppid(), 0, 0)),
        "tgkill": lambda: _checked(libc.syscall(234, os.getppid(), os.getppid(), 0)),
        "namespace": lambda: _checked(libc.unshare(0x2000_0000)),
        "secret": lambda: _checked(0 if libc.getenv(b"SECRET") else -1),
    }
    reached = [name for name, attempt in tries.items() if _works(attempt)]
    may = {
        "document": lambda: Path(sys.argv[1], "document").read_bytes(),
        "import": lambda: __import__("decimal"),
        "thread": lambda: threading.Thread(target=int).start(),
    }
    json.dump({"reached": reached, "may": [name for name, use in may.items() if _works(use)]}, sys.stdout)


def _works(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except (OSError, RuntimeError):
        return False
    return True


def _checked(status: int) -> None:
    if status < 0:
        raise OSError


if __name__ == "__main__":
    main()
