"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from importlib import import_module, metadata
from pathlib import Path

import pytest
from pydantic import AliasChoices

from schemas import extensions, registry
from worker import errors
from worker.jobs import catalogue
from worker.reading.engines import registry as engines
from worker.reading.engines.matcher import concepts
from worker.reading.models.registry import profiles
from worker.settings import Settings

ROOT = Path(__file__).parent.parent
PACKAGES = ["api", "pagemill", "schemas", "worker"]
SOURCES = sorted(path for name in [*PACKAGES, "bench", "deploy"] for path in (ROOT / name).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BORDERS = {
    "worker/reading/pages/serving.py",
    "worker/reading/documents.py",
    "api/cli/schema_argument.py",
    "worker/reading/engines/vision/batcher.py",
    "worker/process/attempt.py",
    "worker/process/leases.py",
    "worker/process/worker.py",
    "api/watch/sweeper.py",
    "api/webhooks.py",
    "bench/hostile/__main__.py",
}  # may catch every exception, being the border of a process, a thread or a document


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=lambda path: str(path.relative_to(ROOT)))
def test_functions_fit_on_a_screen(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 40]
    assert not long


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_exception_is_caught_only_at_a_border(path: Path) -> None:
    if str(path.relative_to(ROOT)) in BORDERS:
        return
    handlers = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
    ]
    broad = [
        h for h in handlers if h.type is None or getattr(h.type, "id", "") in {"Exception", "BaseException"}
    ]
    assert not broad


@pytest.mark.parametrize("name", PACKAGES)
def test_top_level_name_is_ours_alone(name: str) -> None:
    owners = metadata.packages_distributions().get(name, [])  # empty for our own editable install
    assert set(owners) <= {"pagemill"}
    package = import_module(name)
    assert package.__file__ is not None
    assert (Path(package.__file__).parent / "py.typed").is_file()


def test_messages_of_errors_are_complete_sentences_with_their_facts() -> None:
    assert errors.RequestError in errors.all_errors()
    for error in errors.all_errors():
        assert error.__doc__
        assert error.__doc__.strip().endswith((".", "]'."))
        assert "?" in str(error()) or "{" not in error.__doc__


def test_error_codes_are_those_of_the_plan() -> None:
    codes = {error.code for error in errors.all_errors()}
    assert {
        "unsupported_type",
        "corrupt_file",
        "password_required",
        "empty_document",
        "too_large",
        "too_many_pages",
        "page_too_large",
        "source_timeout",
        "model_unavailable",
        "out_of_memory",
        "output_truncated",
        "output_invalid",
        "unsupported_by_engine",
        "cancelled",
    } <= codes


def test_every_setting_is_in_the_example_file() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        known_as = alias.choices[1] if isinstance(alias, AliasChoices) else f"PAGEMILL_{name.upper()}"
        assert f"\n# {known_as}=" in example


def test_every_concept_a_kind_names_is_in_the_library() -> None:
    library = concepts.library()
    parts = {"room.", "chain.", "entry.", "chart.", "page.", "block."}
    for kind in registry.kinds():
        for field in registry.kind(kind).root.walk():
            named = str(field.hints.get("x-concept", ""))
            assert not named or named in library or any(named.startswith(part) for part in parts)


@pytest.mark.parametrize("name", extensions.names("engines"))
def test_every_engine_can_be_made_and_is_what_its_entry_point_says(name: str) -> None:
    made = engines.create(name, Settings())
    assert made.name == name
    assert (made.model or "") == engines.spec(name).model == catalogue.entry(name).model


def test_profiles_name_engines_that_there_are() -> None:
    assert {profile.engine for profile in profiles().values()} <= set(engines.taking_models())


def test_no_public_class_name_occurs_twice() -> None:
    places: dict[str, list[str]] = {}
    for path in SOURCES:
        if path.is_relative_to(ROOT / "bench"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert not {name: paths for name, paths in places.items() if len(paths) > 1}


UNIT = ROOT / "tests" / "unit"
OF_SEVERAL = {
    "worker/reading/engines/matcher/test_languages.py": "bills of many countries, read by the whole engine"
}
"""Tests of units that have no counterpart, and why."""


@pytest.mark.parametrize("path", sorted(UNIT.rglob("*.py")), ids=lambda path: str(path.relative_to(UNIT)))
def test_a_test_of_a_unit_lies_as_the_unit_does(path: Path) -> None:
    place = path.relative_to(UNIT)
    assert (ROOT / place.parent / "__init__.py").is_file()
    if str(place) in OF_SEVERAL or place.name == "__init__.py":
        return
    units = {unit.stem for unit in (ROOT / place.parent).iterdir()} - {"__init__", "__pycache__"}
    subject = place.stem.removeprefix("test_")
    assert any(subject == unit or subject.startswith(f"{unit}_") for unit in units)


def test_every_exception_from_that_is_needed() -> None:
    assert all((UNIT / place).is_file() for place in OF_SEVERAL)


def test_the_worker_has_few_rooms() -> None:
    entries = {path.relative_to(ROOT / "worker").parts[0] for path in (ROOT / "worker").rglob("*.py")}
    entries.remove("__init__.py")
    assert len(entries) <= 8, sorted(entries)


def test_security_names_tests_there_are() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    there = {
        node.name
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert named
    assert named <= there


def test_words_of_the_house_name_classes_there_are() -> None:
    glossary = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Z]\w+)`", glossary))
    there = {
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert named
    assert named <= there
