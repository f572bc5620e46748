"""What codes say, and what of it goes into a record."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from schemas import registry
from schemas.page import Box
from schemas.record import Severity
from tests.evidence import INVOICE, Read, Reader, read
from tests.invoice_files import code
from worker.reading.engines.base import Reading
from worker.reading.evidence.gs1 import named
from worker.reading.evidence.join import join
from worker.reading.evidence.payloads import facts
from worker.reading.evidence.witness import Witness
from worker.reading.pages.base import Barcode

__all__ = ["read"]
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
