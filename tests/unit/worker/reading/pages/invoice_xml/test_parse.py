from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.documents.invoice import Invoice
from tests.invoice_files import EXPECTED, UBL, cii
from worker.reading.pages.invoice_xml.parse import MOST_BYTES, invoice_of

BOMB = b"""<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<CrossIndustryInvoice><ExchangedDocument><ID>&b;</ID></ExchangedDocument></CrossIndustryInvoice>"""
OUTSIDE = b"""<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>
<CrossIndustryInvoice><ExchangedDocument><ID>&a;</ID></ExchangedDocument></CrossIndustryInvoice>"""


def test_a_cross_industry_invoice_fills_the_kind() -> None:
    found = invoice_of([("factur-x.xml", cii())])
    assert found is not None
    assert {name: found[name] for name in EXPECTED if name != "buyer"} == {
        name: value for name, value in EXPECTED.items() if name != "buyer"
    }
    assert found["buyer"]["name"] == "Atelier Brunnen KG"
    Invoice.model_validate(found)


def test_one_of_a_profile_without_positions_has_none() -> None:
    found = invoice_of([("factur-x.xml", cii(positions=False))])
    assert found is not None
    assert found["lines"] == []
    assert found["total"] == 119.0


def test_the_names_of_zugferd_1_are_known() -> None:
    old = cii().decode()
    for new, name in (
        ("CrossIndustryInvoice", "CrossIndustryDocument"),
        ("rsm:ExchangedDocument>", "rsm:HeaderExchangedDocument>"),
        ("rsm:SupplyChainTradeTransaction", "rsm:SpecifiedSupplyChainTradeTransaction"),
        ("ApplicableHeaderTradeAgreement", "ApplicableSupplyChainTradeAgreement"),
        ("ApplicableHeaderTradeSettlement", "ApplicableSupplyChainTradeSettlement"),
        ("SpecifiedTradeSettlementHeaderMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"),
        ("SpecifiedLineTrade", "SpecifiedSupplyChainTrade"),
        ("SpecifiedTradeSettlementLineMonetarySummation", "SpecifiedTradeSettlementMonetarySummation"),
        ("RateApplicablePercent", "ApplicablePercent"),
    ):
        old = old.replace(new, name)
    assert invoice_of([("ZUGFeRD-invoice.xml", old.encode())]) == invoice_of([("factur-x.xml", cii())])


def test_ubl_fills_the_kind() -> None:
    found = invoice_of([("xrechnung.xml", UBL.encode())])
    assert found is not None
    for name in (
        "invoice_number",
        "issue_date",
        "due_date",
        "currency",
        "subtotal",
        "tax_total",
        "total",
        "seller",
    ):
        assert found[name] == EXPECTED[name]
    [line] = found["lines"]
    assert line == {
        "description": "Sample case",
        "quantity": 2.0,
        "unit_price": 50.0,
        "tax_rate": 19.0,
        "amount": 100.0,
    }


def test_tax_told_in_two_currencies_is_that_of_the_invoice() -> None:
    both = cii().replace(
        b'<ram:TaxTotalAmount currencyID="EUR">',
        b'<ram:TaxTotalAmount currencyID="CHF">18.10</ram:TaxTotalAmount><ram:TaxTotalAmount currencyID="EUR">',
    )
    assert (invoice_of([("a.xml", both)]) or {})["tax_total"] == 19.0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<a/>",
        b"no xml",
        cii()[:-20],
        BOMB,
        OUTSIDE,
        b"<a>" * 100_000 + b"</a>" * 100_000,
        cii() + b" " * MOST_BYTES,
        b"\xff\xfe" + "<CrossIndustryInvoice/>".encode("utf-16-le")[:-1],
        b'<?xml version="1.0" encoding="klingon"?><CrossIndustryInvoice/>',
    ],
    ids=["empty", "other", "text", "cut", "bomb", "outside", "deep", "large", "utf-16", "encoding"],
)
def test_what_is_no_invoice_or_no_good_is_as_good_as_none(content: bytes) -> None:
    started = time.monotonic()
    assert invoice_of([("factur-x.xml", content)]) is None
    assert time.monotonic() - started < 5


def test_the_attachment_with_a_known_name_comes_first_and_others_still_count() -> None:
    other, known = cii(number="OTHER"), cii(number="KNOWN")
    found = invoice_of([("a.xml", other), ("b.txt", b"x"), ("factur-x.xml", known)])
    assert (found or {})["invoice_number"] == "KNOWN"
    found = invoice_of([("a.xml", other), ("factur-x.xml", b"<broken")])
    assert (found or {})["invoice_number"] == "OTHER"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1e400", "1" * 50, "12,5", "-", ""])
def test_numbers_that_are_none_are_null(amount: str) -> None:
    found = invoice_of([("factur-x.xml", cii(total=amount))])
    assert (found or {"total": 1})["total"] is None


def test_ten_thousand_lines_are_all_that_is_taken() -> None:
    one = cii().decode()
    start, end = (
        one.index("<ram:IncludedSupplyChainTradeLineItem>"),
        one.index("<ram:ApplicableHeaderTradeAgreement>"),
    )
    line = one[start:end][: one[start:end].index("</ram:IncludedSupplyChainTradeLineItem>") + 39]
    many = (one[:start] + line * 12_000 + one[end:]).encode()
    found = invoice_of([("factur-x.xml", many)])
    assert found is None or len(found["lines"]) <= 10_000


@given(st.integers(0, len(cii()) - 1), st.binary(max_size=4))
def test_damaged_xml_never_raises_and_what_it_yields_can_be_sent(at: int, damage: bytes) -> None:
    whole = cii()
    found = invoice_of([("factur-x.xml", whole[:at] + damage + whole[at + len(damage) :])])
    json.dumps(found, allow_nan=False)
