"""The shipped samples through the whole flow: files in, records out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from api.cli import overlay
from api.cli.evaluate import load
from api.cli.main import main
from schemas import pointer, registry
from schemas.page import Box
from tests.build import pdf
from worker.reading import pipeline
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.pages.base import Page
from worker.reading.pages.sandbox import Sandbox
from worker.reading.score.compare import score

MANIFEST = Path(__file__).parents[2] / "bench" / "samples" / "manifest.jsonl"
DOCUMENTS = {document.id: document for document in load(MANIFEST)}
ENOUGH = {"handwriting": 0.3, "ancient_text": 0.5, "floor_plan": 0.8}  # share of fields; all others 0.9


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_sample_is_read(name: str, engine: EmbeddedEngine, sandbox: Sandbox) -> None:
    document = DOCUMENTS[name]
    source = pipeline.Source(document.path.name, "0" * 64, sandbox.open(document.path))
    record = pipeline.extract(source, document.schema, engine=engine)
    scores = score(document.expected, record.data, record.fields, boxes=document.boxes)
    right = sum(item.right for item in scores) / len(scores)
    assert right >= ENOUGH.get(document.schema.name, 0.9), [s for s in scores if not s.right]
    overlaps = [item.iou for item in scores if item.iou is not None]
    assert sum(iou >= 0.5 for iou in overlaps) >= 0.9 * len(overlaps)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_value_says_where_it_was_read(name: str, engine: EmbeddedEngine, sandbox: Sandbox) -> None:
    document = DOCUMENTS[name]
    source = pipeline.Source(document.path.name, "0" * 64, sandbox.open(document.path))
    record = pipeline.extract(source, document.schema, engine=engine)
    without_place = {"language", "kind", "unit"}
    for at, value in pointer.leaves(record.data):
        if value is None:
            continue
        evidence = record.fields[at]
        assert evidence.citations or pointer.split(at)[-1] in without_place
        for citation in evidence.citations:
            assert citation.page == 1
            assert Box(*citation.box).area > 0
            assert citation.text


@pytest.mark.parametrize("name", ["old_text_0", "ticket_0_9", "invoice_0_text"])
def test_what_was_read_is_drawn_on_the_page(
    name: str, engine: EmbeddedEngine, sandbox: Sandbox, tmp_path: Path
) -> None:
    document = DOCUMENTS[name]
    source = pipeline.Source(document.path.name, "0" * 64, sandbox.open(document.path))
    record = pipeline.extract(source, document.schema, engine=engine)
    [drawn] = overlay.draw(document.path, record, tmp_path, sandbox)
    [page] = list(sandbox.open(document.path))
    assert isinstance(page, Page)
    after = np.asarray(Image.open(drawn).convert("RGB")).astype(int)
    changed = np.abs(after - page.picture).max(axis=2) > 60
    assert 0.001 < changed.mean() < 0.5


def extract(*arguments: str) -> list[dict[str, Any]]:
    target = Path(arguments[-1])
    assert main(["extract", *arguments[:-1], "--quiet", "-o", str(target)]) in {0, 1}
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def test_the_command_line_reads_files_and_goes_on_after_a_bad_one(
    tmp_path: Path, samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.4 rubbish")
    status = main(
        [
            "extract",
            str(bad),
            str(samples / "invoice_0_text.pdf"),
            str(tmp_path / "none.png"),
            "--kind",
            "invoice",
            "--quiet",
            "-o",
            str(tmp_path / "out.jsonl"),
            "--overlay",
            str(tmp_path / "drawn"),
        ]
    )
    first, second = (
        json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    )
    messages = capsys.readouterr().err
    assert status == 1
    assert (first["state"], first["data"], first["issues"][0]["code"]) == ("failed", None, "corrupt_file")
    assert second["data"]["invoice_number"].startswith("INV-")
    assert "none.png: no such file" in messages
    assert "Traceback" not in messages
    assert [path.name for path in (tmp_path / "drawn").iterdir()] == ["invoice_0_text.0001.png"]


def test_an_invoice_without_number_and_total_asks_for_a_person(
    tmp_path: Path, engine: EmbeddedEngine, sandbox: Sandbox
) -> None:
    path = pdf(tmp_path / "letter.pdf", ["Date: 2024-03-05\nDear Sir, thank you for your letter of Monday."])
    source = pipeline.Source(path.name, "0" * 64, sandbox.open(path))
    record = pipeline.extract(source, registry.kind("invoice"), engine=engine)
    assert record.state == "review"
    assert {issue.code for issue in record.issues} & {"key_field_missing", "nothing_found"}


def test_a_users_schema_from_a_file_and_from_a_class(
    tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = {
        "type": "object",
        "required": ["invoiceNumber", "ghost"],
        "properties": {
            "invoiceNumber": {"type": "string"},
            "ghost": {"type": "string"},
            "optional": {"type": "string"},
            "status": {"type": "string", "default": "open"},
        },
    }
    (tmp_path / "mine.json").write_text(json.dumps(schema), encoding="utf-8")
    (tmp_path / "mine_module.py").write_text(
        "from pydantic import BaseModel\nclass Bill(BaseModel):\n    invoice_number: str | None = None\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    file = str(samples / "invoice_0_text.pdf")
    [record] = extract(file, "--schema", "mine.json", "a.jsonl")
    [other] = extract(file, "--schema", "mine_module:Bill", "b.jsonl")
    assert record["data"]["invoiceNumber"] == other["data"]["invoice_number"]
    assert record["data"]["ghost"] is None
    assert "optional" not in record["data"]
    assert record["data"]["status"] == "open"
    assert record["fields"]["/status"]["origin"] == "default"
    assert record["state"] == "review"
    assert {(issue["code"], issue["path"]) for issue in record["issues"]} == {("missing", "/ghost")}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--kind", "postcard"],
        ["--schema", "none.json"],
        ["--schema", "no_module:Class"],
        ["--schema", "json:loads"],
        ["--kind", "receipt", "--engine", "crystal-ball"],
    ],
)
def test_wrong_usage_is_status_two_and_one_line(
    samples: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["extract", str(samples / "plan_0.jpg"), *arguments]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_kinds_and_doctor_print_what_they_promise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds"]) == 0
    assert "train_ticket" in capsys.readouterr().out
    assert main(["kinds", "receipt"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["total"]["x-title-zh"] == "合计"
    assert main(["kinds", "postcard"]) == 2
    assert main(["doctor"]) == 0
    assert "rapidocr" in capsys.readouterr().out


def test_an_evaluation_prints_scores_and_writes_its_misses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row for row in MANIFEST.read_text(encoding="utf-8").splitlines() if '"invoice_0_text"' in row]
    row = json.loads(rows[0])
    row["file"] = str(MANIFEST.parent / row["file"])
    row["expected"]["invoice_number"] = "not what is printed"
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row), encoding="utf-8")
    assert main(["eval", str(tmp_path / "manifest.jsonl"), "--report", str(tmp_path / "report.html")]) == 0
    assert "confidence: AUROC" in capsys.readouterr().out
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "not what is printed" in report
    assert "data:image/jpeg" in report


def test_an_output_that_is_an_input_is_refused_before_anything_is_lost(tmp_path: Path, samples: Path) -> None:
    document = tmp_path / "a.pdf"
    document.write_bytes((samples / "invoice_0_text.pdf").read_bytes())
    before = document.read_bytes()
    assert main(["extract", str(document), "--kind", "text", "-o", str(document)]) == 2
    assert main(["extract", str(document), "--kind", "text", "-o", str(tmp_path)]) == 2
    assert main(["extract", str(document), "--kind", "text", "--overlay", str(document)]) == 2
    assert document.read_bytes() == before


def test_the_text_of_documents_is_printed_as_markdown(
    samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(samples / "invoice_0_text.pdf")
    assert main(["extract", file, "--kind", "text", "--format", "md", "--quiet"]) == 0
    said = capsys.readouterr().out
    assert "| --- |" in said
    assert "\n# " in f"\n{said}"
    assert main(["extract", file, "--kind", "invoice", "--format", "md"]) == 2
    assert "--kind text" in capsys.readouterr().err


def test_the_same_file_may_be_labelled_as_several_kinds(
    tmp_path: Path, samples: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(samples / "invoice_0_text.pdf")
    rows = [
        {"file": file, "kind": kind, "expected": {"currency": "EUR"}}
        for kind in ("invoice", "receipt", "invoice")
    ]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert main(["eval", str(tmp_path / "m.jsonl")]) == 0
    table = capsys.readouterr().out
    assert "invoice /currency" in table
    assert "receipt /currency" in table
    assert "  1.000" in table


def test_a_folder_gives_its_documents_and_nothing_else(tmp_path: Path) -> None:
    from api.cli.sources import expand

    (tmp_path / "notes.txt").write_text("not a document", encoding="utf-8")
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.4")
    (tmp_path / ".hidden.pdf").write_bytes(b"%PDF-1.4")
    assert expand([str(tmp_path), str(tmp_path / "a.pdf")]) == ([tmp_path / "a.pdf"], [])
    assert expand([""]) == ([], [""])
