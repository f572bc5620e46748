"""Bills in languages that are folders and nothing else."""

from __future__ import annotations

import pytest

from schemas import registry
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines

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
