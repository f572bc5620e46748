from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from schemas import registry
from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher.choices import UNDECIDED
from worker.reading.engines.matcher.engine import read_lines

Row = Sequence[tuple[float, str]] | str
TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "number"}


def read(properties: dict[str, Any], *rows: Row) -> dict[str, Any]:
    schema = from_json_schema({"type": "object", "properties": properties}, name="mine")
    return read_lines([page_of(*rows)], schema.root).data


@pytest.mark.parametrize(
    "rows",
    [
        ["Meter No: MX-4711", "Reading date: 03.04.2021", "Consumption: 412"],
        [
            [(60, "Meter No"), (500, "MX-4711")],
            [(60, "Reading date"), (500, "03.04.2021")],
            [(60, "Consumption"), (500, "412")],
        ],
        [
            [(60, "Zählernummer"), (360, "Ablesedatum"), (660, "Verbrauch")],
            [(60, "MX-4711"), (360, "03.04.2021"), (660, "412")],
        ],
        ["表号: MX-4711", "抄表日期: 2021-04-03", "用电量: 412"],
    ],
)
def test_labels_inline_beside_above_and_in_other_languages(rows: list[Row]) -> None:
    asked = {"meterNumber": TEXT, "reading_date": {"type": "string", "format": "date"}, "consumption": NUMBER}
    assert read(asked, *rows) == {
        "meterNumber": "MX-4711",
        "reading_date": "2021-04-03",
        "consumption": 412.0,
    }


def test_two_values_under_two_labels_of_one_line() -> None:
    asked = {"patient_age": TEXT, "patient_sex": TEXT}
    assert read(asked, [(60, "Age / Sex"), (360, ": 41 / F")]) == {"patient_age": "41", "patient_sex": "F"}


def test_parties_of_a_contract_by_the_terms_it_defines() -> None:
    asked = {"landlordName": TEXT, "tenantName": TEXT}
    rows = (
        "This lease agreement is made by and between HARBOUR VIEW, LLC, a limited",
        'company of Delaware ("Landlord"), and Kim Lund, residing in Springfield ("Tenant").',
    )
    assert read(asked, *rows) == {"landlordName": "HARBOUR VIEW, LLC", "tenantName": "Kim Lund"}


def test_the_parts_of_an_address() -> None:
    asked = {"store_city": TEXT, "store_zip": TEXT}
    rows = ("Harbour Foods Inc.", "12 Elm Street", "Springfield, NY 10001", "Receipt 4711")
    assert read(asked, *rows) == {"store_city": "Springfield", "store_zip": "10001"}


def test_each_party_under_its_own_heading() -> None:
    asked = {"buyer_name": TEXT, "seller_name": TEXT}
    rows: tuple[Row, ...] = (
        *("Verkäufer:", "Globale Nummer: 4712000123452", "Nordlicht GmbH", "Am Kai 3", "20457 Hamburg", ""),
        *("Käufer/Leistungsempfänger:", [(60, "Nummer"), (400, ": G12021")]),
        *("Kim Lund AG", "Lindenstraße 12", "12345 Musterstadt"),
    )
    assert read(asked, *rows) == {"buyer_name": "Kim Lund AG", "seller_name": "Nordlicht GmbH"}


def test_a_description_names_the_label_of_a_field_with_a_name_of_its_own() -> None:
    asked = {"kfz": {"type": "string", "description": "the number plate, labelled 'Kennzeichen'"}}
    assert read(asked, "Halter: Kim Lund", "Kennzeichen: B-KL 88") == {"kfz": "B-KL 88"}


def test_the_rest_of_a_label_is_no_value() -> None:
    asked = {"carrier": {"type": ["string", "null"]}}
    assert (
        read(asked, "Carrier's Agent Name and City", "HAWK FREIGHT FZE")["carrier"]
        != "'s Agent Name and City"
    )


def test_a_word_in_a_sentence_is_no_label() -> None:
    asked = {"terms": {"type": ["string", "null"]}}
    text = "Please read all of our terms of delivery before you send anything back to our office in town"
    assert read(asked, text) == {"terms": None}


def test_what_is_taken_off_has_the_sign_that_is_asked_for_and_is_in_doubt_without() -> None:
    rows: tuple[Row, ...] = ([(60, "Deposit paid"), (500, "-12.50")], [(60, "Balance"), (500, "87.50")])
    positive = {**NUMBER, "description": "as a positive number"}
    assert read({"deposit_paid": positive, "balance": NUMBER}, *rows) == {
        "deposit_paid": 12.5,
        "balance": 87.5,
    }
    schema = from_json_schema({"type": "object", "properties": {"deposit_paid": NUMBER}}, name="mine")
    found = read_lines([page_of(*rows)], schema.root)
    assert found.data == {"deposit_paid": -12.5}
    assert found.evidence["/deposit_paid"].confidence <= UNDECIDED


def test_ticked_boxes_and_words_for_yes_and_no() -> None:
    asked = {"insured": {"type": "boolean"}, "smoker": {"type": "boolean"}}
    assert read(asked, "[x] Insured", "Smoker: No") == {"insured": True, "smoker": False}


def test_points_of_bars_that_lie_and_of_bars_that_stand() -> None:
    lying = [[(60, "Bed"), (500, "0.86")], [(60, "Sink"), (420, "0.80")], [(60, "Tub"), (430, "0.82")]]
    standing = [[(110, "12"), (410, "31"), (710, "7")], "", [(100, "North"), (400, "South"), (700, "West")]]
    root = registry.kind("chart").root
    for rows, points in ((lying, [0.86, 0.8, 0.82]), (standing, [12.0, 31.0, 7.0])):
        [series] = read_lines([page_of(*rows)], root).data["series"]
        assert [point["y"] for point in series["points"]] == points


def test_the_name_of_a_column_is_never_a_sure_value() -> None:
    item = {"type": "object", "properties": {"article": TEXT, "quantity": NUMBER, "amount": NUMBER}}
    schema = from_json_schema(
        {
            "type": "object",
            "properties": {"articleCategory": TEXT, "lines": {"type": "array", "items": item}},
        },
        name="mine",
    )
    page = page_of(
        [(60, "Article"), (200, "Category"), (480, "Quantity"), (640, "Amount")],
        [(60, "Soap"), (200, "Care"), (480, "2"), (640, "12.80")],
        [(60, "Starch"), (200, "Home"), (480, "3"), (640, "15.00")],
    )
    reading = read_lines([page], schema.root)
    value = reading.data["articleCategory"]
    assert value not in {"Category", "Quantity"} or reading.evidence["/articleCategory"].confidence < 0.5


def test_a_description_may_say_a_label_as_it_is_printed_or_that_it_is_another_one() -> None:
    rows = ["Zugesagte Leistung: 512", "Erbrachte Leistung: 498"]
    told = {**NUMBER, "description": "The figure behind zugesagte Leistung, not erbrachte Leistung."}
    assert read({"promised": told}, *rows) == {"promised": 512.0}


def test_a_day_is_asked_for_by_its_form_and_a_code_by_an_example() -> None:
    day = {**TEXT, "description": "Start of the stay, YYYY-MM-DD."}
    code = {**TEXT, "description": "What the agent calls it (e.g. 'DXB/UE218')."}
    rows = ["Start 01.10.2017", "Agent Haddock", "Agent LIS/KA77", "Agent 4711"]
    assert read({"start": day, "agent": code}, *rows) == {"start": "2017-10-01", "agent": "LIS/KA77"}


def test_nothing_is_made_up_for_a_field_with_a_default_or_one_that_nobody_knows() -> None:
    asked = {"xyzzy": TEXT, "status": {**TEXT, "default": "open"}}
    assert read(asked, "Marigold Paper Supply Inc", "Fen Road 4") == {"xyzzy": None, "status": None}


def test_a_rate_of_tax_is_no_amount_of_it() -> None:
    rows = ("Subtotal 31140.00", "Tax rate 3.80%", "Total tax 1183.32", "Total 32323.32")
    assert read({"taxRate": NUMBER, "totalTax": NUMBER}, *rows) == {"taxRate": 3.8, "totalTax": 1183.32}


@pytest.mark.parametrize("name", ["date_time", "timestamp", "transactionDateTime"])
@pytest.mark.parametrize(
    "rows",
    [
        ("Corner shop", "Transaction date: 03/14/2021 14:22", "Total 5.00"),
        ("Corner shop", [(60, "Date/Time"), (400, "2021-03-14 14:22")], "Total 5.00"),
    ],
)
def test_a_day_and_its_time_are_one_value_where_both_are_asked_for(name: str, rows: Any) -> None:
    assert read({name: TEXT}, *rows) == {name: "2021-03-14T14:22"}


@pytest.mark.parametrize("printed", ["￥610.5元", "¥ 610.5", "610,5 €"])
def test_an_amount_beside_its_sign_may_have_a_tenth(printed: str) -> None:
    assert read({"price": NUMBER}, "G547", printed, "01 - 03") == {"price": 610.5}


def test_yes_or_no_may_be_called_like_an_amount() -> None:
    yes_or_no = {"type": "boolean"}
    assert read({"total_paid": yes_or_no, "currency": yes_or_no}, "Total 7.50") == {
        "total_paid": None,
        "currency": None,
    }
