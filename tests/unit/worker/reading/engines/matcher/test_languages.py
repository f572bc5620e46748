"""Bills in languages that are folders and nothing else, and by the customs of countries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from schemas import registry
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines

Row = Sequence[tuple[float, str]] | str
BILLS = {
    "pl": ("Faktura VAT nr", "Data wystawienia", "Termin płatności", "Razem netto", "VAT 23%", "Do zapłaty"),
    "ru": ("Счёт №", "Дата счёта", "Срок оплаты", "Итого без НДС", "НДС 20%", "Всего к оплате"),
    "fi": ("Laskun numero", "Laskun päivämäärä", "Eräpäivä", "Veroton yhteensä", "Alv 24%", "Maksettava"),
    "tr": ("Fatura no", "Fatura tarihi", "Son ödeme tarihi", "Ara toplam", "KDV %20", "Ödenecek tutar"),
    "hu": ("Számla sorszáma", "Számla kelte", "Fizetési határidő", "Nettó összesen", "Áfa 27%", "Fizetendő"),
}


@pytest.mark.parametrize("language", BILLS)
def test_the_labels_of_a_bill_are_known_by_their_meaning(language: str) -> None:
    number, issued, due, net, tax, total = BILLS[language]
    page = page_of(
        [(60, number), (560, "2024-118")],
        [(60, issued), (560, "12.05.2024")],
        [(60, due), (560, "26.05.2024")],
        "",
        [(60, net), (700, "1 000,00")],
        [(60, tax), (700, "230,00")],
        [(60, total), (700, "1 230,00")],
    )
    data = read_lines([page], registry.kind("invoice").root).data
    assert {name: data[name] for name in ("invoice_number", "issue_date", "due_date")} == {
        "invoice_number": "2024-118",
        "issue_date": "2024-05-12",
        "due_date": "2024-05-26",
    }
    assert (data["subtotal"], data["tax_total"], data["total"]) == (1000.0, 230.0, 1230.0)


def invoice(*rows: Row) -> dict[str, Any]:
    return read_lines([page_of(*rows)], registry.kind("invoice").root).data


def receipt(*rows: Row) -> dict[str, Any]:
    return read_lines([page_of(*rows)], registry.kind("receipt").root).data


def test_a_party_stands_beside_its_heading_whichever_comes_first() -> None:
    data = invoice(
        "INVOICE",
        [(60, "Bill to:"), (400, "Pinnacle Foods Inc.")],
        [(400, "900 Market Street, Springfield")],
        [(60, "From:"), (400, "Redwood Analytics LLC")],
        [(400, "12 Bay Road, Oakland")],
        [(60, "Total"), (700, "$1,080.00")],
    )
    assert (data["buyer"]["name"], data["seller"]["name"]) == ("Pinnacle Foods Inc.", "Redwood Analytics LLC")


def test_a_total_in_brackets_is_an_aside() -> None:
    data = receipt(
        "BLUE DINER",
        [(60, "Burger"), (700, "15.00")],
        [(60, "Total"), (700, "$15.00")],
        "Suggested tip",
        [(60, "18%"), (400, "$2.70 (Total $17.70)")],
        [(60, "25%"), (400, "$3.75 (Total $18.75)")],
    )
    assert data["total"] == 15.0


def test_a_bare_number_is_an_amount_where_the_currency_has_no_cents() -> None:
    data = receipt(
        "小山茶舖", "民國113年05月18日", [(60, "烏龍茶"), (700, "285")], [(60, "合計 NT$"), (700, "285")]
    )
    assert (data["date"], data["total"], data["currency"]) == ("2024-05-18", 285.0, "TWD")


def test_the_sign_of_yuan_and_yen_is_told_by_the_page() -> None:
    assert receipt("喫茶みどり", [(60, "合計"), (700, "¥1,650")])["currency"] == "JPY"
    assert receipt("Tanaka Paper, Tokyo, Japan", [(60, "Total"), (700, "¥1,650")])["currency"] == "JPY"
    assert receipt("绿茶店", [(60, "合计"), (700, "¥16.50")])["currency"] == "CNY"
