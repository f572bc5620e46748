"""Invoices, read line by line: parties, numbers, sums."""

from __future__ import annotations

import pytest

from schemas import registry
from tests.rows import mine, read


def test_an_invoice_with_both_parties_side_by_side() -> None:
    data = read(
        registry.kind("invoice"),
        [(60, "Lieferant"), (520, "Käufer")],
        [(60, "Nordwerk GmbH"), (520, "Muster-Kunde AG")],
        [(60, "Hafenstraße 4"), (520, "Kundenweg 88")],
        [(60, "20457 Hamburg"), (520, "40235 Düsseldorf")],
        [(60, "USt-IdNr: DE555111222")],
        "Rechnung Nr. R-2024/77 vom 03.02.2024",
        [(60, "Pos"), (150, "Bezeichnung"), (500, "Menge"), (640, "Einzelpreis"), (820, "Betrag")],
        [(60, "1"), (150, "Schrauben M4"), (500, "10"), (640, "2,50"), (820, "25,00")],
        [(60, "Nettobetrag"), (820, "25,00")],
        [(60, "MwSt 19%"), (820, "4,75")],
        [(60, "Gesamtbetrag"), (820, "29,75")],
    )
    assert (data["seller"]["name"], data["buyer"]["name"]) == ("Nordwerk GmbH", "Muster-Kunde AG")
    assert data["seller"]["address"] == "Hafenstraße 4, 20457 Hamburg"
    assert data["seller"]["tax_ids"] == ["DE555111222"]
    assert (data["invoice_number"], data["issue_date"]) == ("R-2024/77", "2024-02-03")
    assert (data["subtotal"], data["tax_total"], data["total"]) == (25.0, 4.75, 29.75)
    assert [(line["description"], line["amount"]) for line in data["lines"]] == [("Schrauben M4", 25.0)]


def test_a_due_date_is_never_taken_for_the_date_of_issue() -> None:
    data = read(
        registry.kind("invoice"), "Invoice No: 12345", "Due date: 01.03.2024", "Invoice date: 01.02.2024"
    )
    assert (data["issue_date"], data["due_date"]) == ("2024-02-01", "2024-03-01")
    assert read(registry.kind("invoice"), "Invoice date: 01.02.2024")["due_date"] is None


def test_a_chinese_vat_invoice_without_readable_headings() -> None:
    data = read(
        registry.kind("invoice"),
        [(300, "电子发票（普通发票）")],
        [(600, "发票号码：24312000000012345678")],
        [(600, "开票日期：2024年01月15日")],
        [(90, "名称：青禾软件有限公司"), (560, "名称：云岭数据科技有限公司")],
        [(90, "纳税人识别号：91310115MA1K00000X"), (560, "纳税人识别号：91530100MA6K00000Y")],
        [
            (60, "项目名称"),
            (400, "单位"),
            (470, "数量"),
            (560, "单价"),
            (680, "金额"),
            (780, "税率"),
            (890, "税额"),
        ],
        [(60, "*餐饮服务*餐费"), (470, "1"), (560, "200"), (680, "200.00"), (780, "6%"), (860, "12.00")],
        [(60, "合计"), (660, "¥200.00"), (850, "¥12.00")],
        [(60, "价税合计（大写）"), (300, "贰佰壹拾贰圆整"), (650, "（小写）¥212.00")],
    )
    assert data["buyer"] == {"name": "青禾软件有限公司", "address": None, "tax_ids": ["91310115MA1K00000X"]}
    assert data["seller"] == {
        "name": "云岭数据科技有限公司",
        "address": None,
        "tax_ids": ["91530100MA6K00000Y"],
    }
    assert (data["subtotal"], data["tax_total"], data["total"]) == (200.0, 12.0, 212.0)
    assert data["total_in_words"] == "贰佰壹拾贰圆整"
    assert data["lines"] == [
        {
            "description": "*餐饮服务*餐费",
            "quantity": 1.0,
            "unit": None,
            "unit_price": 200.0,
            "tax_rate": 6.0,
            "amount": 200.0,
        }
    ]


def test_other_fields_of_a_party_are_found_by_their_titles() -> None:
    customer = {"type": "object", "properties": {"name": {"type": "string"}, "email": {"type": "string"}}}
    data = read(mine(customer=customer), "Customer: Kim Lee", "Email: kim@example.org")
    assert data["customer"] == {"name": "Kim Lee", "email": "kim@example.org"}


@pytest.mark.parametrize(("title", "code"), [("Rechnung", None), ("增值税普通发票", "09314110911")])
def test_ten_digits_are_an_invoice_code_on_a_fapiao_alone(title: str, code: str | None) -> None:
    rows = (title, "Nordwerk GmbH", "Konto", "09314110911", [(60, "Gesamtbetrag"), (820, "29,75")])
    assert read(registry.kind("invoice"), *rows)["invoice_code"] == code


def test_a_number_in_the_blocks_of_both_parties_is_the_sellers() -> None:
    rows = (
        "Käufer: Muster-Kunde AG",
        "Kundenweg 88",
        "40235 Düsseldorf",
        "Lieferant: Nordwerk GmbH",
        "Hafenstraße 4",
        "20457 Hamburg",
        "USt-IdNr: DE555111222",
    )
    data = read(registry.kind("invoice"), *rows)
    assert (data["seller"]["tax_ids"], data["buyer"]["tax_ids"]) == (["DE555111222"], [])


def test_an_address_has_its_labelled_street_and_ends_behind_its_town() -> None:
    rows = (
        "Käufer",
        [(60, "Name:"), (500, "Kunden AG Mitte")],
        [(60, "Anschrift:"), (500, "Kundenstraße 15")],
        [(500, "DE 69876 Frankfurt")],
        "Bemerkungen",
        [(60, "Bemerkung"), (400, "Rechnung gemäß Bestellung")],
    )
    assert read(registry.kind("invoice"), *rows)["buyer"]["address"] == "Kundenstraße 15, DE 69876 Frankfurt"


def test_a_country_under_the_town_is_part_of_an_address() -> None:
    rows = ("Käufer:", "Kunden AG Mitte", "Kundenstraße 15", "69876 Frankfurt", "Deutschland", "Nummer: 4711")
    data = read(registry.kind("invoice"), *rows)
    assert data["buyer"]["address"] == "Kundenstraße 15, 69876 Frankfurt, Deutschland"
