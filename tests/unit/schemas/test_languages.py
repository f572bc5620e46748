"""A page language has one place: a folder of data is all it takes, and no word of a page is in the code."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from schemas import languages

ROOT = Path(__file__).parents[3]
FOLDER = {
    "words.toml": """
        [labels]
        "invoice number" = ["Fakturo numero"]
        "date due" = ["Pagenda ĝis"]
        [months]
        5 = ["majo"]
        [eras]
        "de Zamenhof" = { before = 1886, digits = [1, 3] }
    """,
    "concepts.toml": """
        ["money.grand_total"]
        field = ['^sumo']
        strong = ["Sumo pagenda"]
        ["party.seller"]
        strong = ["Vendejo"]
    """,
    "patterns.toml": r"""
        [words]
        company_form = ['Koop']
        [pieces]
        paid_cash = ['\bkontante\b']
        of_month = ['de ']
        [currencies]
        XSM = ['spesmiloj?']
    """,
    "prompt.toml": """
        letters = '[ĉĝĥĵŝŭ]'
    """,
}
READ = """
from schemas import registry
from schemas.values import currencies, dates
from tests.build import page_of
from worker.reading.engines.matcher.concepts import concept_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.vision import prompts

page = page_of(
    [(60, "Vendejo:")], [(60, "Verda Stelo Koop")], "",
    [(60, "Fakturo numero"), (560, "2024-118")],
    [(60, "Pagenda ĝis"), (560, "26-a de majo 2024".replace("-a", ""))],
    [(60, "Sumo pagenda"), (700, "1 230,00")],
)
data = read_lines([page], registry.kind("invoice").root).data
assert data["invoice_number"] == "2024-118", data
assert data["due_date"] == "2024-05-26", data
assert data["total"] == 1230.0, data
assert data["seller"]["name"] == "Verda Stelo Koop", data
paid = read_lines([page_of("Kafejo", [(60, "Kontante"), (700, "5,00")])], registry.kind("receipt").root).data
assert paid["payment_method"] == "Cash", paid
assert currencies.find("5 spesmiloj") == ("XSM", 2, 11)
assert next(dates.find("de Zamenhof 100-05-26")).iso == "1986-05-26"
goods = {"type": "array", "items": {"type": "object", "properties": {"nomo": {"type": "string"}}}}
asked = {"properties": {"varoj": {**goods, "title": "Ĉiuj varoj"}, "sumo": {"type": "number", "title": "Sumo de ĉio"}}}
schema = registry.from_json_schema({"type": "object", **asked}, name="fakturo")
assert concept_of(schema.root.properties[1]).name == "money.grand_total"
assert prompts.language_of(registry.from_json_schema({"properties": {"ĉio": {"type": "string"}}}, name="f")) == "eo"
"""


def test_a_language_is_a_folder_and_nothing_else(tmp_path: Path) -> None:
    for package in ("schemas", "worker"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "build.py", tmp_path / "tests")
    folder = tmp_path / "schemas" / "languages" / "eo"
    folder.mkdir()
    for name, text in FOLDER.items():
        (folder / name).write_text(text, encoding="utf-8")
    read = subprocess.run(
        [sys.executable, "-P", "-c", READ],
        env={"PYTHONPATH": str(tmp_path), "PATH": os.defpath},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert read.returncode == 0, read.stderr


SIGNS = {
    "schemas/documents": "kinds say in English and Chinese what they ask for",
    "schemas/values/currencies.py": "signs of currencies",
    "schemas/values/folding.py": "which letters are Han",
    "worker/reading/engines/matcher/typed_spans.py": "signs of currencies, and which letters are Han",
    "worker/reading/engines/matcher/readers/codes.py": "companies as they call themselves",
    "worker/reading/engines/matcher/blocks/markers.py": "numerals of lists",
    "worker/reading/marks/letters.py": "letters with the shape of a box",
    "worker/reading/engines/sail_vl2/prompting.py": "the sentence that a model was taught with",
    "worker/reading/engines/vision/dialects.py": "the sentence that a model was taught with",
    "worker/reading/engines/parity/pages.py": "drawn pages",
}
"""Where letters of other scripts than Latin may stand in the code, and what they are."""
_FOREIGN = re.compile(r"[Ѐ-ԯא-ۿก-๛ぁ-ヺ㐀-鿿가-힣]")


def _sources() -> list[str]:
    found = (
        path.relative_to(ROOT) for package in ("schemas", "worker") for path in (ROOT / package).rglob("*.py")
    )
    return sorted(str(path) for path in found if not any(str(path).startswith(place) for place in SIGNS))


@pytest.mark.parametrize("path", _sources())
def test_no_word_of_a_page_stands_in_the_code(path: str) -> None:
    code = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(code if _FOREIGN.search(code) else "")
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told
    ]
    assert not [text for text in texts if _FOREIGN.search(text)]


@pytest.mark.parametrize("name", ["words", "pieces"])
def test_what_no_language_has_is_not_looked_for(name: str) -> None:
    with pytest.raises(KeyError, match="no language"):
        getattr(languages, name)("nothing of the kind")
