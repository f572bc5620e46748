from __future__ import annotations

from decimal import Decimal

import pytest

from schemas import registry
from schemas.json_schema.fields import Field
from worker.reading.engines.matcher.assign import as_type, sign_asked


def field_of(description: str) -> Field:
    schema = {"type": "object", "properties": {"off": {"type": "number", "description": description}}}
    (found,) = registry.from_json_schema(schema, name="asked").root.properties
    return found


@pytest.mark.parametrize(
    ("told", "sign"),
    [
        ("Discount as a positive number", 1),
        ("rebate given, as a negative number", -1),
        ("Rabatt, positiv", 1),
        ("填正数", 1),
        ("negative for credit notes", 0),
        ("expenses are negative", 0),
        ("people tested negative", 0),
        ("number of positive samples", 0),
        ("montant positif", 1),
        ("as printed, negative", -1),
        ("what the customer gets back", 0),
        ("", 0),
    ],
)
def test_a_description_may_ask_for_a_sign(told: str, sign: int) -> None:
    assert sign_asked(told) == sign


def test_a_number_has_the_sign_that_is_asked_for_and_else_the_printed_one() -> None:
    printed = Decimal("-12.50")
    assert as_type(printed, field_of("positive")) == 12.5
    assert as_type(-printed, field_of("negative")) == -12.5
    assert as_type(printed, field_of("off the price")) == -12.5
