"""What a file itself says, joined with what was read."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from schemas import registry
from schemas.record import Severity, State
from tests.evidence import Read, Reader, read
from tests.invoice_files import EXPECTED, PRINTED, cii, pdf_of
from worker.reading.pages.base import PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings

__all__ = ["read"]


@pytest.mark.parametrize("backend", ["pymupdf", "pdfium"])
def test_an_embedded_invoice_fills_the_record_exactly_and_each_value_is_placed(
    tmp_path: Path, read: Read, backend: str
) -> None:
    path = pdf_of(tmp_path / "a.pdf", PRINTED, {"factur-x.xml": cii()})
    record = read(path, pdf_backend=backend)
    assert record.data is not None
    for name, value in EXPECTED.items():
        if isinstance(value, dict):
            assert {key: record.data[name][key] for key in value} == value
        elif isinstance(value, list):
            assert [{key: line[key] for key in value[0]} for line in record.data[name]] == value
        else:
            assert record.data[name] == value
    assert {item.origin for item in record.fields.values()} == {"embedded"}
    unplaced = {at for at, item in record.fields.items() if not item.citations}
    assert unplaced == {f"/lines/{n}/tax_rate" for n in range(3)}  # printed once, with the sum
    assert record.state is State.DONE
    assert record.issues == ()
    rows = [record.fields[f"/lines/{n}/amount"].citations[0].box[1] for n in range(3)]
    assert rows == sorted(set(rows))
    assert record.fields["/lines/1/quantity"].citations[0].box[1] == pytest.approx(rows[1], abs=0.01)


def test_the_setting_turns_it_off(tmp_path: Path, read: Read) -> None:
    path = pdf_of(tmp_path / "a.pdf", PRINTED, {"factur-x.xml": cii()})
    record = read(path, embedded_data=False)
    assert record.data is not None
    assert record.data["total"] is None
    assert record.fields == {}


def test_what_is_printed_otherwise_is_an_error(tmp_path: Path, read: Read) -> None:
    printed = [line.replace("119.00", "120.00") for line in PRINTED]
    path = pdf_of(tmp_path / "a.pdf", printed, {"factur-x.xml": cii()})
    record = read(path, engine=Reader({"total": 120.0, "invoice_number": "RE-77", "subtotal": 99.0}))
    assert record.data is not None
    assert record.data["total"] == 119.0
    [issue] = [issue for issue in record.issues if issue.code == "embedded_data_contradicts"]
    assert (issue.severity, issue.path) == (Severity.ERROR, "/total")
    assert "119.0" in issue.message
    assert "120.0" in issue.message
    assert record.state is State.REVIEW
    assert record.fields["/total"].alternatives[0].value == 120.0


def test_a_reader_that_is_unsure_contradicts_nothing(tmp_path: Path, read: Read) -> None:
    path = pdf_of(tmp_path / "a.pdf", ["Rechnung"], {"factur-x.xml": cii()})
    record = read(path, engine=Reader({"tax_total": 19.5}, confidence=0.3))
    assert "embedded_data_contradicts" not in {issue.code for issue in record.issues}


def test_a_day_that_every_invoice_prints_is_compared_however_unsure_its_reader(
    tmp_path: Path, read: Read
) -> None:
    printed = [line.replace("05.03.2024", "05.03.2025") for line in PRINTED]
    path = pdf_of(tmp_path / "a.pdf", printed, {"factur-x.xml": cii()})
    record = read(path, engine=Reader({"issue_date": "2025-03-05"}, confidence=0.3))
    assert ("embedded_data_contradicts", "/issue_date") in {
        (issue.code, issue.path) for issue in record.issues
    }


def test_values_that_the_xml_lacks_stay_as_they_were_read(tmp_path: Path, read: Read) -> None:
    path = pdf_of(tmp_path / "a.pdf", PRINTED, {"factur-x.xml": cii(positions=False)})
    lines = [{"description": "Paper"}]
    record = read(path, engine=Reader({"total_in_words": "one hundred", "lines": lines}))
    assert record.data is not None
    assert record.data["total_in_words"] == "one hundred"
    assert record.data["lines"][0]["description"] == "Paper"
    assert record.fields["/total_in_words"].origin == "read"


def test_xml_that_no_invoice_can_be_is_not_believed(tmp_path: Path, read: Read) -> None:
    bad = cii().replace(b"20240305", b"20249999")
    path = pdf_of(tmp_path / "a.pdf", PRINTED, {"factur-x.xml": bad})
    record = read(path)
    assert record.data is not None
    assert record.data["issue_date"] is None
    assert record.data["total"] == 119.0


def test_other_kinds_are_left_alone(tmp_path: Path, read: Read) -> None:
    path = pdf_of(tmp_path / "a.pdf", PRINTED, {"factur-x.xml": cii()})
    assert read(path, schema=registry.kind("receipt")).fields == {}


FORM = {
    "type": "object",
    "properties": {
        "buyerName": {"type": "string"},
        "birth": {"type": "string", "format": "date", "title": "Date of birth"},
        "amount": {"type": "number"},
        "member": {"type": "boolean"},
        "other": {"type": "string"},
    },
}


def form(path: Path) -> Path:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((40, 40), "Application")
    values = (
        ("form[0].page1[0].buyer_name[0]", "Ada Lovelace"),
        ("date_of_birth", "10 December 1915"),
        ("amount", "1,234.50"),
    )
    for number, (name, value) in enumerate(values):
        widget = pymupdf.Widget()
        widget.field_name, widget.field_type = name, pymupdf.PDF_WIDGET_TYPE_TEXT
        widget.rect = pymupdf.Rect(100, 100 + 40 * number, 300, 120 + 40 * number)
        widget.field_value = value
        page.add_widget(widget)
    box = pymupdf.Widget()
    box.field_name, box.field_type = "member", pymupdf.PDF_WIDGET_TYPE_CHECKBOX
    box.rect = pymupdf.Rect(100, 300, 115, 315)
    box.field_value = True
    page.add_widget(box)
    document.save(path)
    return path


@pytest.mark.parametrize("backend", ["pymupdf", "pdfium"])
def test_fields_of_a_form_fill_those_of_the_same_name(tmp_path: Path, read: Read, backend: str) -> None:
    schema = registry.from_json_schema(FORM, name="mine")
    record = read(form(tmp_path / "a.pdf"), schema=schema, pdf_backend=backend)
    assert record.data == {
        "buyerName": "Ada Lovelace",
        "birth": "1915-12-10",
        "amount": 1234.5,
        "member": True,
    }
    cited = record.fields["/buyerName"].citations[0]
    assert cited.box == pytest.approx((100 / 595, 100 / 842, 300 / 595, 120 / 842), abs=0.005)
    assert record.fields["/buyerName"].origin == "embedded"


@pytest.mark.parametrize("backend", ["pymupdf", "pdfium"])
def test_what_is_filled_in_is_among_the_words_of_the_page(tmp_path: Path, backend: str) -> None:
    with Sandbox(PageLimits.of(Settings()), pdf_backend=backend) as sandbox:
        [page] = list(sandbox.open(form(tmp_path / "a.pdf")))
    words = {word.text: word.box for word in page.words}  # type: ignore[union-attr]
    assert {"Application", "Ada", "Lovelace", "1,234.50"} <= set(words)
    assert words["Lovelace"].x0 > words["Ada"].x1
