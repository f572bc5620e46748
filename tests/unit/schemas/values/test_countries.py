from __future__ import annotations

import pytest

from schemas.values import countries, currencies


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("UNIHAKKA INTERNATIONAL SDN. BHD.", "MYR"),
        ("GSTIN: 29AACCR1234A1Z5", "INR"),
        ("Tel. +48 22 123 45 67\nul. Polna 3", "PLN"),
        ("Musterweg 3, Deutschland\nFacture envoyée en France", "EUR"),
        ("www.shop.co.uk", "GBP"),
        ("Made in China, sold in Singapore", "SGD"),
        ("Rue du Lac 3, Suisse, livré en France", None),
        ("Indiana Jones and the Malaysian", None),
        ("", None),
    ],
)
def test_countries_are_told_by_what_only_they_have(text: str, currency: str | None) -> None:
    assert countries.currency_of(text) == currency


def test_a_dollar_is_that_of_the_country_on_the_page() -> None:
    assert currencies.meant("USD", "$", "ABN 51 824 753 556") == "AUD"
    assert currencies.other_of("$", "Auckland, New Zealand") is None
    assert currencies.meant("USD", "$", "no country here") == "USD"
