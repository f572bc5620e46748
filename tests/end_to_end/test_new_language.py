"""A page language is a folder and nothing else: one is put beside the others, and the engine reads in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
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
