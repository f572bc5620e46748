from __future__ import annotations

import io
import json
import platform
import socket
from pathlib import Path

import pytest

from api.cli import doctor
from worker.reading.pages import opener

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="the layers are those of Linux")


def test_a_program_in_the_place_of_the_child_reaches_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any(holds != "yes" for holds in opener.confinement().values()):
        pytest.skip(f"this kernel has not every layer: {opener.confinement()}")
    monkeypatch.setenv("SECRET", "of the parent")
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "document").write_bytes(b"%PDF")
    (tmp_path / "ledger.sqlite").write_bytes(b"keys")
    with socket.create_server(("127.0.0.1", 0)) as queue, socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "door"))
        door.listen()
        there = {
            "port": queue.getsockname()[1],
            "socket": str(tmp_path / "door"),
            "ledger": str(tmp_path / "ledger.sqlite"),
        }
        with opener.start(str(tmp_path / "documents"), module="tests.intruder") as process:
            told, _ = process.communicate(json.dumps(there).encode() + b"\n", timeout=30)
    assert json.loads(told) == {"reached": [], "may": ["document", "import", "thread"]}
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "document",
        "documents",
        "door",
        "ledger.sqlite",
    ]


def test_it_says_what_holds_here() -> None:
    found = opener.confinement()
    assert set(found) == {"no_new_privileges", "namespaces", "landlock", "seccomp", "limits"}
    assert all(holds == "yes" or holds.startswith("no: ") for holds in found.values())


def test_doctor_says_what_holds() -> None:
    out = io.StringIO()
    doctor.run(out)
    assert "landlock" in out.getvalue()
