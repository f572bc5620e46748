from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.text.page_lines import PageLines

Row = Sequence[tuple[float, str]] | str
NUMBER: dict[str, Any] = {"type": "number"}
TEXT: dict[str, Any] = {"type": "string"}
BALANCE: list[Row] = [
    "Bilanz zum 31.12.2023",
    [(20, "Aktiva"), (270, "31.12.2023"), (400, "31.12.2022"), (530, "Passiva"), (740, "31.12.2023"), (870, "31.12.2022")],
    [(20, "I. Anlagen"), (530, "Kapital"), (750, "900.000"), (880, "950.000")],
    [(20, "1. Gebäude"), (280, "600.000"), (410, "650.000"), (530, "Darlehen"), (750, "450.250"), (880, "380.000")],
    [(20, "2. Maschinen, Be-"), (530, "davon kurz"), (760, "50.000"), (890, "40.000")],
    [(20, "triebsmittel"), (280, "200.000"), (410, "180.000")],
    [(280, "800.000"), (410, "830.000")],
    [(20, "II. Kasse"), (280, "550.250"), (410, "500.000")],
    [(20, "Summe Aktiva"), (260, "1.350.250"), (390, "1.330.000"), (530, "Summe Passiva"), (730, "1.350.250"), (860, "1.330.000")],
]  # fmt: skip
RESULT: list[Row] = [
    "Gewinn- und Verlustrechnung",
    [(360, "2023"), (510, "2022")],
    [(60, "Erlöse"), (360, "2.000.000"), (510, "1.900.000")],
    [(60, "Löhne"), (360, "-1.200.500"), (510, "-1.100.000")],
    [(60, "Ergebnis vor Zinsen"), (360, "799.500"), (510, "800.000")],
    [(60, "Zinsen"), (360, "-9.500"), (510, "-10.000")],
    [(60, "Jahresergebnis"), (360, "790.000"), (510, "790.000")],
]


def data_of(pages: list[PageLines], **fields: Any) -> dict[str, Any]:
    schema = from_json_schema({"type": "object", "properties": fields}, name="mine")
    found: dict[str, Any] = read_lines(pages, schema.root).data
    return found


def listed(about: str, **fields: Any) -> dict[str, Any]:
    return {"type": "array", "description": about, "items": {"type": "object", "properties": fields}}


def statements() -> list[PageLines]:
    return [page_of(*BALANCE, letter=24), page_of(*RESULT, number=2, letter=24)]


def test_items_come_from_the_table_that_a_title_names_without_its_sums() -> None:
    item = {"lineItem": TEXT, "amount": NUMBER}
    lists = {"balanceSheet": listed("Exclude 'davon' rows.", **item), "incomeStatement": listed("", **item)}
    found = data_of(statements(), **lists)
    assert [(row["lineItem"], row["amount"]) for row in found["balanceSheet"]] == [
        ("1. Gebäude", 600000.0),
        ("2. Maschinen, Betriebsmittel", 200000.0),
        ("II. Kasse", 550250.0),
        ("Kapital", 900000.0),
        ("Darlehen", 450250.0),
    ]
    names = [row["lineItem"] for row in found["incomeStatement"]]
    assert names == ["Erlöse", "Löhne", "Zinsen", "Jahresergebnis"]


def test_a_column_is_told_by_its_period_and_a_section_by_the_heading() -> None:
    fields = {"section": TEXT, "label": TEXT, "currentYearAmount": NUMBER, "priorYearAmount": NUMBER}
    found = data_of([page_of(*BALANCE, letter=24)], balanceSheet=listed("", **fields))["balanceSheet"]
    assert (found[0]["currentYearAmount"], found[0]["priorYearAmount"]) == (600000.0, 650000.0)
    old = data_of(
        [page_of(*BALANCE, letter=24)],
        positions=listed("", name=TEXT, amount={**NUMBER, "description": "as of 2022"}),
    )
    assert old["positions"][0] == {"name": "1. Gebäude", "amount": 650000.0}


def test_a_single_amount_is_found_by_the_words_of_its_row() -> None:
    told = {**NUMBER, "description": "The printed Summe Passiva of the current period."}
    found = data_of(statements(), balanceSheetDate={**TEXT, "format": "date"}, totalFunding=told)
    assert found == {"balanceSheetDate": "2023-12-31", "totalFunding": 1350250.0}


def test_two_days_beside_each_other_make_no_table_of_what_stands_below() -> None:
    page = page_of(
        [(60, "2023-01-01"), (360, "2023-01-31")], [(60, "Tea"), (360, "4.00")], [(60, "Cake"), (360, "3.50")]
    )
    found = data_of([page], lines=listed("", description=TEXT, amount=NUMBER))
    assert [(row["description"], row["amount"]) for row in found["lines"]] == [("Tea", 4.0), ("Cake", 3.5)]


def test_a_field_without_a_period_takes_no_column_by_its_order() -> None:
    rows = (
        [(60, ""), (480, "Note"), (640, "2022"), (860, "2021")],
        [(60, "Tangible assets"), (500, "5"), (630, "88,415"), (850, "91,020")],
        [(60, "Debtors"), (500, "6"), (630, "41,006"), (850, "38,114")],
        [(60, "Cash at bank"), (500, "7"), (630, "17,224"), (850, "15,903")],
    )
    fields = {"name": TEXT, "note": {"type": "integer"}, "amount": NUMBER}
    found = data_of([page_of(*rows)], positions=listed("", **fields), tangible_assets=NUMBER)
    assert [row["amount"] for row in found["positions"]] == [88415.0, 41006.0, 17224.0]
    assert [row.get("note") for row in found["positions"]] == [None] * 3
    assert found["tangible_assets"] == 88415.0


def test_three_numbers_that_add_up_by_chance_in_one_column_are_items() -> None:
    rows = (
        [(60, ""), (640, "2022"), (860, "2021")],
        [(60, "Sale of goods"), (630, "1,000"), (850, "900")],
        [(60, "Services"), (630, "500"), (850, "450")],
        [(60, "Licences"), (630, "1,500"), (850, "700")],
        [(60, "Total"), (630, "3,000"), (850, "2,050")],
    )
    found = data_of([page_of(*rows)], income=listed("", name=TEXT, amount=NUMBER))
    assert [row["name"] for row in found["income"]] == ["Sale of goods", "Services", "Licences"]


def test_a_cell_that_is_empty_is_not_that_of_another_period() -> None:
    rows = (
        [(60, ""), (640, "2022"), (860, "2021")],
        [(60, "Rent received"), (630, "12,340"), (850, "11,120")],
        [(60, "Insurance paid"), (850, "300")],
        [(60, "Repairs paid"), (630, "415"), (850, "510")],
    )
    found = data_of([page_of(*rows)], insurance_paid=NUMBER, rent_received=NUMBER)
    assert found.get("insurance_paid") is None
    assert found["rent_received"] == 12340.0


def test_as_many_lists_as_tables_that_no_title_names_take_one_each_in_their_order() -> None:
    first: list[Row] = ["Kuukaudet", [(360, "2023"), (510, "2022")], [(60, "Vesi"), (360, "120"), (510, "130")], [(60, "Lämpö"), (360, "480"), (510, "470")]]  # fmt: skip
    second: list[Row] = ["Viikot", [(360, "2023"), (510, "2022")], [(60, "Sähkö"), (360, "75"), (510, "91")], [(60, "Kaasu"), (360, "64"), (510, "58")]]  # fmt: skip
    item = {"label": TEXT, "currentYearAmount": NUMBER, "priorYearAmount": NUMBER}
    found = data_of(
        [page_of(*first, letter=24), page_of(*second, number=2, letter=24)],
        assets=listed("", **item),
        costs=listed("", **item),
    )
    assert found["assets"][1] == {"label": "Lämpö", "currentYearAmount": 480.0, "priorYearAmount": 470.0}
    assert found["costs"][0] == {"label": "Sähkö", "currentYearAmount": 75.0, "priorYearAmount": 91.0}


def test_equal_amounts_that_look_like_years_end_no_table() -> None:
    table: list[Row] = ["Balance sheet", [(360, "2023"), (510, "2022")], [(60, "Cash"), (360, "1250"), (510, "980")], [(60, "Stock"), (360, "2000"), (510, "2000")], [(60, "Land"), (360, "5640"), (510, "6010")]]  # fmt: skip
    item = {"label": TEXT, "amount": NUMBER}
    found = data_of([page_of(*table, letter=24)], balanceSheet=listed("", **item))
    assert [row["label"] for row in found["balanceSheet"]] == ["Cash", "Stock", "Land"]
