"""What is committed of the page is what its source makes."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from bench import openapi
from worker.errors import all_errors

WEB = Path(__file__).parents[2] / "api" / "web"
SOURCES = sorted(path for path in (WEB / "src").rglob("*") if path.suffix in {".ts", ".tsx", ".css"})


def test_the_built_page_is_that_of_the_source(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not (WEB / "node_modules").is_dir():
        pytest.skip("Node or api/web/node_modules is missing: npm --prefix api/web ci")
    subprocess.run([node, "build.mjs", str(tmp_path / "dist")], cwd=WEB, check=True, timeout=60)
    assert _files(tmp_path / "dist") == _files(WEB / "dist")


def test_both_languages_say_the_same_things() -> None:
    english, chinese = (
        json.loads((WEB / "src" / "text" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("en", "zh")
    )
    assert english.keys() == chinese.keys()
    assert all(english.values())
    assert all(chinese.values())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(WEB)))
def test_no_source_of_the_page_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_the_types_of_answers_are_those_that_the_service_tells() -> None:
    generator = WEB / "node_modules" / ".bin" / "openapi-typescript"
    if shutil.which("node") is None or not generator.exists():
        pytest.skip("Node or api/web/node_modules is missing: npm --prefix api/web ci")
    made = subprocess.run(
        [generator, "--alphabetize"],
        input=json.dumps(openapi.schemas()),
        cwd=WEB,
        check=True,
        timeout=60,
        text=True,
        stdout=subprocess.PIPE,
    )
    assert (WEB / "openapi.d.ts").read_text(encoding="utf-8") == made.stdout


@pytest.mark.parametrize("code", sorted({error.code for error in all_errors()}))
def test_every_error_is_told_in_both_languages(code: str) -> None:
    for name in ("en", "zh"):
        texts = json.loads((WEB / "src" / "text" / f"{name}.json").read_text(encoding="utf-8"))
        assert f"error.{code}" in texts


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
