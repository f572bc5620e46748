from __future__ import annotations

from typing import Any

import pytest

from schemas.json_schema.fields import Field
from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.schema_parties import part_of
from worker.reading.engines.matcher.wordings import shipped

TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT}
PAGE = (
    [(60, "Harbour Tools Ltd"), (600, "Invoice 4711")],
    "12 Quay Street, 90210 Springfield",
    "VAT ID: GB123456789",
    "Bill to:",
    "Blue Lamp Inc",
    "7 Hill Road",
    "10101 Shelbyville",
    "Total 119.00",
)


def test_parts_of_parties_that_are_fields_of_their_own() -> None:
    names = {"vendor": TEXT, "supplierVatIds": TEXTS, "customer_name": TEXT, "billing_address": TEXT}
    schema = from_json_schema({"type": "object", "properties": names}, name="mine")
    data = read_lines([page_of(*PAGE)], schema.root).data
    assert data["vendor"] == "Harbour Tools Ltd"
    assert data["supplierVatIds"] == ["GB123456789"]
    assert data["customer_name"] == "Blue Lamp Inc"
    assert "7 Hill Road" in data["billing_address"]
    assert "Shelbyville" in data["billing_address"]


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (Field("vendorName", "", ("string",)), ("party.seller", "party.name")),
        (Field("bill_to", "", ("string",)), ("party.buyer", "party.name")),
        (Field("a", "", ("string",), title="Customer address"), ("party.buyer", "party.address")),
        (Field("customer_number", "", ("string",)), None),
        (Field("buyer_name", "", ("number",)), None),
        (Field("seller_names", "", ("array",)), None),
        (Field("customer_since", "", ("string",), format="date"), None),
        (Field("patient_name", "", ("string",)), ("party.patient", "party.name")),
        (Field("file_name", "", ("string",)), None),
    ],
)
def test_which_part_of_which_party_a_field_asks_for(field: Field, said: tuple[str, str] | None) -> None:
    assert part_of(field, shipped()) == said


def test_any_party_that_a_schema_asks_for_has_a_block() -> None:
    party = {"type": "object", "properties": {"name": TEXT, "address": TEXT}}
    names = {"shipper": party, "consigneeName": TEXT, "consignee_address": TEXT}
    schema = from_json_schema({"type": "object", "properties": names}, name="mine")
    page = page_of(
        [(60, "Shipper"), (600, "Consignee")],
        [(60, "Harbour Tools Ltd"), (600, "Blue Lamp Inc")],
        [(60, "12 Quay Street"), (600, "7 Hill Road")],
        [(60, "90210 Springfield"), (600, "10101 Shelbyville")],
    )
    assert read_lines([page], schema.root).data == {
        "shipper": {"name": "Harbour Tools Ltd", "address": "12 Quay Street, 90210 Springfield"},
        "consigneeName": "Blue Lamp Inc",
        "consignee_address": "7 Hill Road, 10101 Shelbyville",
    }


def test_a_name_that_may_go_on_in_the_next_line_is_less_sure() -> None:
    schema = from_json_schema({"type": "object", "properties": {"shipper": TEXT}}, name="mine")
    whole, cut = (
        read_lines([page_of("Shipper", *lines, "12 Quay Street", "90210 Springfield")], schema.root)
        for lines in (("Northern Federation",), ("Northern Federation", "and Southern League"))
    )
    assert cut.evidence["/shipper"].confidence < whole.evidence["/shipper"].confidence
