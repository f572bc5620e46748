"""What another package adds by its entry points: an engine, a store and a kind, without a fork."""

from __future__ import annotations

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from api.cli.main import main
from schemas import extensions, registry
from worker.errors import ModelUnavailable, RequestInvalid, SettingsInvalid
from worker.jobs import catalogue
from worker.jobs.store import factory as stores
from worker.reading.engines import registry as engines
from worker.settings import Settings

_CODE = """
from pydantic import Field

from schemas.documents.base import Document
from worker.jobs.store.memory import MemoryStore
from worker.reading.engines.fake import FakeEngine
from worker.reading.engines.registry import EngineSpec


class Parrot(FakeEngine):
    name = "parrot"


class Slip(Document):
    kind = "slip"
    version = 1
    word: str | None = Field(None, description="The word.")


PARROT = EngineSpec(queue="cpu", create=lambda settings: Parrot({"word": "hello"}))


def cupboard(settings, *, retries):
    return MemoryStore()
"""
_ENTRY_POINTS = """
[pagemill.engines]
parrot = stranger:PARROT
broken = stranger:NOT_THERE

[pagemill.stores]
cupboard = stranger:cupboard

[pagemill.kinds]
slip = stranger:Slip
"""


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    site = tmp_path / "site"
    into = ["--target", str(site), str(_wheel(tmp_path))]
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", *into]
    subprocess.run(command, check=True)
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()
    _forget()
    yield
    _forget()


def _wheel(folder: Path) -> Path:
    """A package as one is handed on, which pip installs."""
    wheel, info = folder / "stranger-1.0-py3-none-any.whl", "stranger-1.0.dist-info"
    held = {
        "stranger.py": _CODE,
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": _ENTRY_POINTS,
    }
    with ZipFile(wheel, "w") as archive:
        for name, text in held.items():
            archive.writestr(name, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in (*held, f"{info}/RECORD")))
    return wheel


def _forget() -> None:
    extensions._found.cache_clear()
    extensions.load.cache_clear()
    registry.kind.cache_clear()


@pytest.mark.usefixtures("stranger")
def test_a_strangers_engine_reads_a_strangers_kind(samples: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = str(samples / "receipt_0_clean.jpg")
    assert main(["extract", document, "--kind", "slip", "--engine", "parrot"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["data"] == {"word": "hello"}
    assert record["provenance"]["engine"] == "parrot"
    assert catalogue.entry("parrot").queue == "cpu"
    assert "slip" in registry.kinds()


@pytest.mark.usefixtures("stranger")
def test_a_strangers_store_keeps_objects() -> None:
    store = stores.create(Settings(_env_file=None, store="cupboard"))
    assert store.create("a/b", io.BytesIO(b"x"), size=1)
    assert store.read("a/b") == b"x"


@pytest.mark.usefixtures("stranger")
def test_what_does_not_load_is_named_and_harms_nobody_else() -> None:
    with pytest.raises(ModelUnavailable, match=r"broken.*stranger"):
        engines.spec("broken")
    with pytest.raises(RequestInvalid, match=r"broken.*stranger"):
        catalogue.entry("broken")
    assert "gpu" in catalogue.queues()


def test_names_that_nobody_brings_are_answered_with_those_there_are() -> None:
    with pytest.raises(ModelUnavailable, match="embedded"):
        engines.spec("parrot")
    with pytest.raises(RequestInvalid, match="embedded"):
        catalogue.entry("parrot")
    with pytest.raises(SettingsInvalid, match="local, s3"):
        stores.create(Settings(_env_file=None, store="cupboard"))
    with pytest.raises(registry.UnknownKind, match="receipt"):
        registry.kind("slip")
