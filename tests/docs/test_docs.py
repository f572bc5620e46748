"""The documentation builds, and what it tells people to type works: every command and every example.

A command is a line that begins with `$ ` in a block ```console; a block below a comment `<!-- not run: why -->`
is left out.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from api.up.servers import free_port
from worker.settings import environment

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"(?P<skipped><!-- not run: .+? -->\n)?```(?P<kind>console|python)\n(?P<code>.*?)```", re.DOTALL
)
JSON = re.compile(r"```json\n(.*?)```", re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Page:
    path: Path

    def programs(self) -> Iterator[tuple[str, str]]:
        """What the page tells people to run, in order: language and text."""
        for block in BLOCK.finditer(self.path.read_text(encoding="utf-8")):
            if block["skipped"]:
                continue
            if block["kind"] == "python":
                yield "python", block["code"]
            else:
                yield from (
                    ("bash", line[2:]) for line in block["code"].splitlines() if line.startswith("$ ")
                )


PAPERS = [ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "GLOSSARY.md")]
HERE = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_SERVICE = [path for path in HERE if ADDRESS in "".join(text for _, text in Page(path).programs())]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Path:
    """A folder with the files that the pages name."""
    made = tmp_path_factory.mktemp("docs")
    shutil.copy(samples / "receipt_0_clean.jpg", made / "photo.jpg")
    Image.open(made / "photo.jpg").save(made / "bill.pdf", resolution=150)
    schema = JSON.search((ROOT / "docs" / "own-schema.md").read_text(encoding="utf-8"))
    assert schema is not None
    (made / "mine.json").write_text(schema[1], encoding="utf-8")
    row = {"file": "bill.pdf", "kind": "receipt", "expected": {"currency": "GBP"}}
    (made / "manifest.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    return made


def run(program: tuple[str, str], folder: Path, *, url: str = ADDRESS) -> None:
    language, text = program
    first = [sys.executable, "-"] if language == "python" else ["bash", "-euo", "pipefail", "-s"]
    programs = Path(sys.executable).parent
    env = environment({"PAGEMILL_URL": url, "PYTHONPATH": str(ROOT)})
    env["PATH"] = f"{programs}:{env['PATH']}"
    done = subprocess.run(
        first,
        input=text.replace(ADDRESS, url),
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


@pytest.mark.timeout(300)
def test_programs_of_pages_keep_to_the_types(tmp_path: Path) -> None:
    programs = [text for path in HERE for language, text in Page(path).programs() if language == "python"]
    assert programs
    for number, text in enumerate(programs):
        (tmp_path / f"program_{number}.py").write_text(text, encoding="utf-8")
    checks = [sys.executable, "-m", "mypy", "--strict", "--scripts-are-modules", str(tmp_path)]
    done = subprocess.run(checks, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "path", [path for path in HERE if path not in WITH_SERVICE], ids=lambda path: path.name
)
def test_what_a_page_tells_people_to_type_works(path: Path, folder: Path) -> None:
    for program in Page(path).programs():
        run(program, folder)


@pytest.mark.parametrize("path", WITH_SERVICE, ids=lambda path: path.name)
def test_what_a_page_tells_people_of_the_service_works(path: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "pagemill", "up", "--data", "data"]
    env = environment({"PAGEMILL_PORT": str(free_port()), "PYTHONPATH": str(ROOT)})
    service = subprocess.Popen(
        command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        url = _address(service)
        for program in Page(path).programs():
            run(program, folder, url=url)
    finally:
        service.send_signal(signal.SIGINT)
        service.communicate(timeout=60)


def _address(service: subprocess.Popen[str]) -> str:
    assert service.stderr is not None
    for line in service.stderr:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found[0]
    raise AssertionError("it ended before it said where it is")


@pytest.mark.parametrize("path", [*HERE, *PAPERS], ids=lambda path: path.name)
def test_files_that_are_named_are_there(path: Path) -> None:
    named = re.findall(
        r"`((?:api|bench|deploy|docs|pagemill|schemas|tests|worker)/[\w./-]*)`",
        path.read_text(encoding="utf-8"),
    )
    linked = re.findall(r"\]\((?!http|#)([\w./-]+)\)", path.read_text(encoding="utf-8"))
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [
        name for name in linked if not (path.parent / name).exists() and not name.startswith("reference/")
    ]
    assert not missing


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pages = tmp_path / "docs"
    shutil.copytree(ROOT / "docs", pages, ignore=shutil.ignore_patterns("_build", "reference"))
    (pages / "reference").mkdir()
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", str(pages), str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr
    assert "PAGEMILL_REVIEW_BELOW" in (tmp_path / "site" / "reference" / "settings.html").read_text(
        encoding="utf-8"
    )
    assert "corrupt_file" in (tmp_path / "site" / "reference" / "errors.html").read_text(encoding="utf-8")
