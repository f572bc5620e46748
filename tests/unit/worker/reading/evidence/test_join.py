from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from PIL import Image

from schemas import pointer, registry
from schemas.page import Box
from schemas.record import Citation, Evidence, Record, Severity, State
from tests.invoice_files import EXPECTED, PRINTED, cii, code, pdf_of
from worker.reading import pipeline
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.fake import FakeEngine
from worker.reading.evidence.gs1 import named
from worker.reading.evidence.join import join
from worker.reading.evidence.payloads import facts
from worker.reading.evidence.witness import Witness
from worker.reading.pages.base import Barcode, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings

INVOICE = registry.kind("invoice")


Read = Callable[..., Record]


@pytest.fixture(scope="module")
def read() -> Iterator[Read]:
    """Gives the record of a file by an engine that reads nothing, unless it is given another."""
    with ExitStack() as open_:

        @cache
        def sandbox(pdf_backend: str, **settings: Any) -> Sandbox:
            limits = PageLimits.of(Settings(**settings))
            return open_.enter_context(Sandbox(limits, pdf_backend=pdf_backend))

        def record(
            path: Path,
            *,
            engine: Any = None,
            schema: registry.Schema = INVOICE,
            pdf_backend: str = "auto",
            **settings: Any,
        ) -> Record:
            source = pipeline.Source(path.name, "0" * 64, sandbox(pdf_backend, **settings).open(path))
            return pipeline.extract(source, schema, engine=engine or FakeEngine())

        yield record


class Reader(FakeEngine):
    """Answers with values that it is sure to have seen."""

    def __init__(self, answers: dict[str, Any], confidence: float = 0.9) -> None:
        super().__init__(answers)
        self._confidence = confidence

    def read(self, request: Request) -> Reading:
        reading = super().read(request)
        evidence = {
            at: Evidence(
                confidence=self._confidence,
                citations=(Citation(page=1, box=(0, 0, 0.1, 0.1), text=str(pointer.get(reading.data, at))),),
            )
            for at in reading.evidence
        }
        return Reading(reading.data, evidence, has_text=True)


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


FISCAL = "01,32,,24112000000012345678,113.00,20240305,,A1B2"
OLDER = "01,10,011001900611,12345678,100.00,20240305,12345678901234567890,5C3A,"
EPC = "BCD\n002\n1\nSCT\n\nAhornwerk GmbH\nDE89370400440532013000\nEUR119.00\n\n\nRE-77"
SWISS = "\r\n".join(
    [
        "SPC",
        "0200",
        "1",
        "CH4431999123000889012",
        "S",
        "Muster AG",
        "Seeweg",
        "12",
        "2501",
        "Biel",
        "CH",
        *[""] * 7,
        "1949.75",
        "CHF",
        "S",
        "Pia Beispiel",
        "Hof",
        "1",
        "9400",
        "Rorschach",
        "CH",
        "QRR",
        "210000000003139471430009017",
        "",
        "EPD",
    ]
)


def test_codes_say_what_they_are_made_for() -> None:
    assert facts(FISCAL).certain == {
        "/invoice_number": "24112000000012345678",
        "/issue_date": "2024-03-05",
        "/total": 113.0,
    }
    assert facts(OLDER).certain == {
        "/invoice_code": "011001900611",
        "/invoice_number": "12345678",
        "/issue_date": "2024-03-05",
        "/subtotal": 100.0,
    }
    assert facts(EPC).likely == {"/seller/name": "Ahornwerk GmbH", "/currency": "EUR", "/total": 119.0}
    assert facts(SWISS).likely == {
        "/currency": "CHF",
        "/total": 1949.75,
        "/seller/name": "Muster AG",
        "/seller/address": "Seeweg 12, 2501 Biel",
        "/buyer/name": "Pia Beispiel",
        "/buyer/address": "Hof 1, 9400 Rorschach",
    }


@pytest.mark.parametrize(
    "text", ["", "01,32", "01,1,2,3,4,20249999,6", "BCD", "SPC\n0200", "https://x.y", "01,10,,x,,20240305,,"]
)
def test_codes_of_other_purposes_say_nothing(text: str) -> None:
    told = facts(text)
    assert not told.certain
    assert not told.likely


def test_a_fiscal_code_settles_number_day_and_sum_and_is_cited(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(code(FISCAL)).save(path)
    record = read(path, engine=Reader({"invoice_number": "24112000000012345679"}))
    assert record.data is not None
    assert record.data["invoice_number"] == "24112000000012345678"
    assert record.data["total"] == 113.0
    told = record.fields["/total"]
    assert told.origin == "embedded"
    assert told.citations[0].text == FISCAL
    assert 0.1 < told.citations[0].box[0] < 0.2
    [issue] = [issue for issue in record.issues if issue.code == "embedded_data_contradicts"]
    assert (issue.severity, issue.path) == (Severity.WARNING, "/invoice_number")


def test_a_payment_code_fills_gaps_and_replaces_nothing(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(code(EPC)).save(path)
    record = read(path, engine=Reader({"total": 219.0}))
    assert record.data is not None
    assert record.data["total"] == 219.0
    assert record.data["seller"]["name"] == "Ahornwerk GmbH"


def test_xml_is_not_overruled_by_a_code() -> None:
    witness = Witness({"total": 119.0})
    witness.barcodes = []
    joined = join(Reading({"total": None}), INVOICE, witness)
    assert joined.data["total"] == 119.0


GOODS = {
    "type": "object",
    "properties": {
        "gtin": {"type": "string"},
        "expiry": {"type": "string", "format": "date", "title": "Expiry date"},
        "lotNumber": {"type": "string"},
        "net_weight": {"type": "number"},
        "name": {"type": "string"},
    },
}


@pytest.mark.parametrize("symbology", ["Code128", "DataMatrix"])
def test_codes_on_goods_fill_the_fields_named_as_their_elements(
    tmp_path: Path, read: Read, symbology: str
) -> None:
    path = tmp_path / "a.png"
    text = "(01)04012345123456(3103)001250(17)270200(10)AB-12"
    Image.fromarray(code(text, symbology, gs1=True)).save(path)
    record = read(path, schema=registry.from_json_schema(GOODS, name="goods"))
    assert record.data == {
        "gtin": "04012345123456",
        "expiry": "2027-02-28",
        "lotNumber": "AB-12",
        "net_weight": 1.25,
    }
    assert {item.origin for item in record.fields.values()} == {"embedded"}


def test_an_article_number_in_a_retail_code_is_one(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(code("4006381333931", "EAN13")).save(path)
    record = read(path, schema=registry.from_json_schema(GOODS, name="goods"))
    assert record.data == {"gtin": "4006381333931"}


@pytest.mark.parametrize("text", ["(17)279900", "(17)27", "(99)x", "(310)1", "(3103)a", "x(01)1", "(01)"])
def test_elements_that_are_none_say_nothing(text: str) -> None:
    assert [one.name for one in named(Barcode(text, "Code128", Box(0, 0, 1, 1)))] == ["barcode"]


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
