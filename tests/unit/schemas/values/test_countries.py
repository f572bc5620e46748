from __future__ import annotations

import pytest

from schemas.values import countries, currencies


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("UNIHAKKA INTERNATIONAL SDN. BHD.", ("MYR", True)),
        ("GSTIN: 29AACCR1234A1Z5", ("INR", True)),
        ("Tel. +48 22 123 45 67\nul. Polna 3", ("PLN", True)),
        ("www.shop.co.uk", ("GBP", True)),
        ("增值税专用发票", ("CNY", True)),
        ("Musterweg 3, Deutschland\nFacture envoyée en France", ("EUR", False)),
        ("Club sandwich with smoked Turkey", ("TRY", False)),
        ("Kiosk Sdn Bhd\nBawang besar India", ("MYR", False)),
        ("smoked turkey", None),
        ("GST REG.NO : 001 TEL.NO 12", None),
        ("pedido de 955123456", None),
        ("Rue du Lac 3, Suisse, livré en France", None),
        ("Indiana Jones and the Malaysian", None),
        ("", None),
    ],
)
def test_countries_are_told_by_what_only_they_have(text: str, currency: tuple[str, bool] | None) -> None:
    assert countries.currency_of(text) == currency


def test_a_dollar_is_that_of_the_country_on_the_page() -> None:
    assert currencies.meant("USD", "$", "ABN 51 824 753 556") == "AUD"
    assert currencies.other_of("$", "ABN 51 824 753 556") is None
    assert currencies.other_of("$", "Auckland, New Zealand") == "USD"
    assert currencies.meant("USD", "$", "Kiosk Sdn Bhd") == "MYR"
    assert currencies.other_of("$", "Kiosk Sdn Bhd") == "USD"  # which a firm there may well mean
    assert currencies.meant("USD", "$", "no country here") == "USD"
