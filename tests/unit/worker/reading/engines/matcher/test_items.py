from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.text.page_lines import PageLines

Row = Sequence[tuple[float, str]] | str
NUMBER, TEXT = {"type": "number"}, {"type": "string"}


def rows_of(pages: Sequence[PageLines], **fields: Any) -> list[dict[str, Any]]:
    items = {"type": "array", "items": {"type": "object", "properties": fields}}
    schema = from_json_schema({"type": "object", "properties": {"lines": items}}, name="mine")
    found: list[dict[str, Any]] = read_lines(pages, schema.root).data["lines"]
    return found


HEAD: Row = [(60, "Pos"), (130, "Bezeichnung"), (480, "Menge"), (600, "Einzelpreis"), (820, "Gesamtpreis")]


def test_columns_are_known_by_their_heads_in_any_language() -> None:
    page = page_of(
        HEAD,
        [(60, "1"), (130, "Gartenschlauch"), (500, "2"), (640, "10,00"), (860, "20,00")],
        [(60, "2"), (130, "Brause"), (500, "1"), (640, "7,50"), (860, "7,50")],
        [(600, "Summe"), (860, "27,50")],
    )
    found = rows_of([page], name=TEXT, qty=NUMBER, lineTotal=NUMBER)
    assert [(row["name"], row["qty"], row["lineTotal"]) for row in found] == [
        ("Gartenschlauch", 2.0, 20.0),
        ("Brause", 1.0, 7.5),
    ]


def test_a_subtotal_between_groups_does_not_end_the_items() -> None:
    page = page_of(
        [(60, "Description"), (600, "Quantity"), (820, "Amount")],
        [(60, "Beeswax"), (640, "1"), (860, "42.00")],
        [(700, "Subtotal"), (860, "42.00")],
        [(60, "Olive oil"), (640, "3"), (860, "9.00")],
        [(700, "Subtotal"), (860, "9.00")],
        [(700, "Total"), (860, "51.00")],
    )
    found = rows_of([page], description=TEXT, quantity=NUMBER, amount=NUMBER)
    assert [row["description"] for row in found] == ["Beeswax", "Olive oil"]


def test_what_is_said_under_an_item_is_no_part_of_its_name() -> None:
    page = page_of(
        HEAD,
        [(60, "1"), (130, "Hose"), (500, "2"), (640, "10,00"), (860, "20,00")],
        [(130, "GTIN: 4012345001235")],
        [(60, "2"), (130, "Shower"), (500, "1"), (640, "7,50"), (860, "7,50")],
    )
    assert [row["name"] for row in rows_of([page], name=TEXT, total=NUMBER)] == ["Hose", "Shower"]


def test_a_table_goes_on_on_the_next_page_under_its_head_again() -> None:
    first = page_of(HEAD, [(60, "1"), (130, "Hose"), (500, "2"), (640, "10,00"), (860, "20,00")])
    second = page_of(HEAD, [(60, "2"), (130, "Shower"), (500, "1"), (640, "7,50"), (860, "7,50")], number=2)
    assert [row["name"] for row in rows_of([first, second], name=TEXT, total=NUMBER)] == ["Hose", "Shower"]


def test_a_list_of_parts_may_grow_upwards_from_its_head() -> None:
    page = page_of(
        [(60, "2"), (300, "4"), (600, "Washer M8")],
        [(60, "1"), (300, "1"), (600, "Base plate")],
        [(60, "Item"), (300, "Qty"), (600, "Description")],
    )
    found = rows_of([page], quantity=NUMBER, description=TEXT)
    assert [(row["quantity"], row["description"]) for row in found] == [
        (1.0, "Base plate"),
        (4.0, "Washer M8"),
    ]


def test_rows_without_a_head_are_words_with_a_price() -> None:
    page = page_of(
        "CORNER SHOP",
        [(60, "Green tea"), (860, "4.50")],
        [(60, "2 Blue pen"), (860, "3.00")],
        [(60, "Total"), (860, "7.50")],
    )
    found = rows_of([page], item=TEXT, quantity=NUMBER, price=NUMBER)
    assert [(row["item"], row["quantity"], row["price"]) for row in found] == [
        ("Green tea", None, 4.5),
        ("Blue pen", 2.0, 3.0),
    ]


def test_a_text_that_was_wrapped_at_its_column_is_one_name() -> None:
    page = page_of(
        [(60, "Description"), (600, "Quantity"), (820, "Amount")],
        [(60, "Call-out on 3 February,"), (640, "1"), (860, "130.00")],
        [(60, "technician and 15 km")],
        [(60, "Replacement door seals"), (640, "4"), (860, "90.00")],
    )
    found = rows_of([page], description=TEXT, quantity=NUMBER, amount=NUMBER)
    assert [row["description"] for row in found] == [
        "Call-out on 3 February, technician and 15 km",
        "Replacement door seals",
    ]


def test_names_in_a_group_are_columns_each() -> None:
    page = page_of(
        [(60, "Article"), (520, "Crate")],
        [(400, "Net weight"), (570, "Gross weight")],
        [(60, "Soap"), (400, "12.80"), (570, "13.80")],
        [(60, "Starch"), (400, "15.00"), (570, "16.00")],
    )
    found = rows_of([page], article=TEXT, grossWeight=NUMBER, netWeight=NUMBER)
    assert [(row["netWeight"], row["grossWeight"]) for row in found] == [(12.8, 13.8), (15.0, 16.0)]


def test_columns_that_differ_in_a_number_alone_are_told_apart_by_it() -> None:
    page = page_of(
        [(60, "Article"), (440, "Crates per"), (640, "Crates per")],
        [(440, "40'"), (640, "20'")],
        [(60, "(dry)"), (440, "lorry"), (640, "lorry")],
        "",
        [(60, "Soap"), (440, "1500"), (640, "750")],
        [(60, "Starch"), (440, "1360"), (640, "680")],
    )
    found = rows_of([page], article=TEXT, crates20ft=NUMBER, crates40ft=NUMBER)
    assert [(row["crates20ft"], row["crates40ft"]) for row in found] == [(750.0, 1500.0), (680.0, 1360.0)]


LAB: Row = [(60, "Test"), (600, "Value"), (720, "Unit"), (820, "Reference")]


def test_a_letter_beside_a_number_leaves_the_row_an_item() -> None:
    page = page_of(
        LAB,
        [(60, "Sodium"), (600, "139"), (720, "mmol"), (820, "135 - 145")],
        [(60, "Potassium"), (560, "L"), (600, "3.1"), (720, "mmol"), (820, "3.5 - 5.1")],
    )
    found = rows_of([page], test=TEXT, value=NUMBER, unit=TEXT)
    assert [(row["test"], row["value"]) for row in found] == [("Sodium", 139.0), ("Potassium", 3.1)]


def test_a_long_name_in_the_white_before_the_next_column_stays_whole() -> None:
    short = [[(60, f"Salt {n}"), (600, f"{n}.5"), (720, "mmol"), (820, "2 - 9")] for n in range(3, 8)]
    long: Row = [(60, "Ionised calcium, arterial"), (600, "1.2"), (720, "mmol"), (820, "1 - 2")]
    found = rows_of([page_of(LAB, *short, long)], test=TEXT, value=NUMBER, unit=TEXT)
    assert [row["test"] for row in found] == [
        *(f"Salt {n}" for n in range(3, 8)),
        "Ionised calcium, arterial",
    ]


def test_a_name_set_to_the_middle_of_a_wide_column_is_one() -> None:
    page = page_of(
        [(60, "Months"), (300, "Yearly rate per foot"), (820, "Monthly rent")],
        *([(60, f"{12 * n} to"), (440, f"{20 + n}.50"), (820, f"{n},600.00")] for n in range(1, 7)),
    )
    found = rows_of([page], months=TEXT, yearlyRate=NUMBER, monthlyRent=NUMBER)
    assert [row["yearlyRate"] for row in found] == [20.5 + n for n in range(1, 7)]


def test_a_line_that_begins_in_lower_case_goes_on_the_one_above() -> None:
    page = page_of(
        [(60, "Description"), (620, "Qty"), (820, "Amount")],
        [(60, "Yearly service of the"), (620, "1"), (820, "480.00")],
        "boiler in house B",
        [(60, "Door seals"), (620, "4"), (820, "90.00")],
    )
    found = rows_of([page], description=TEXT, qty=NUMBER, amount=NUMBER)
    assert found[0]["description"] == "Yearly service of the boiler in house B"


def test_a_text_set_to_the_middle_of_its_row_is_taken_with_the_lines_above_the_numbers() -> None:
    page = page_of(
        [(60, "QTY"), (200, "Material"), (600, "Rate"), (820, "Total")],
        [(200, "Marking of the foundation")],
        [(60, "5"), (200, "and its whole layout at"), (600, "200.00"), (820, "1,000.00")],
        [(200, "the site")],
        "",
        [(200, "Earth excavation up to")],
        [(60, "4"), (200, "Required depth"), (600, "150.00"), (820, "600.00")],
        letter=34,
    )
    found = rows_of([page], quantity=NUMBER, description=TEXT, rate=NUMBER, total=NUMBER)
    assert [row["description"] for row in found] == [
        "Marking of the foundation and its whole layout at the site",
        "Earth excavation up to Required depth",
    ]


def test_what_stands_once_for_a_group_is_each_items_but_never_sure() -> None:
    page = page_of(
        "North premises (11,621 SF)",
        [(60, "Employee no"), (260, "Task"), (600, "Hours"), (820, "Amount")],
        [(60, "123456"), (260, "Digging"), (620, "2"), (860, "20.00")],
        [(260, "Sowing"), (620, "1"), (860, "10.00")],
        [(60, "777777"), (260, "Mowing"), (620, "3"), (860, "30.00")],
    )
    fields = {"employeeNumber": TEXT, "task": TEXT, "hours": NUMBER, "amount": NUMBER, "premises": TEXT}
    items = {"type": "array", "items": {"type": "object", "properties": fields}}
    schema = from_json_schema({"type": "object", "properties": {"lines": items}}, name="mine")
    reading = read_lines([page], schema.root)
    assert [row["employeeNumber"] for row in reading.data["lines"]] == ["123456", "123456", "777777"]
    assert {row["premises"] for row in reading.data["lines"]} == {"North premises"}
    sure = {at: evidence.confidence for at, evidence in reading.evidence.items()}
    assert sure["/lines/1/employeeNumber"] < 0.5 < sure["/lines/0/employeeNumber"]


def test_the_name_of_an_item_is_not_carried_down() -> None:
    page = page_of(
        [(60, "Description"), (600, "Quantity"), (820, "Amount")],
        [(60, "Beeswax"), (640, "1"), (860, "42.00")],
        [(640, "3"), (860, "9.00")],
    )
    found = rows_of([page], description=TEXT, quantity=NUMBER, amount=NUMBER)
    assert [row["description"] for row in found] == ["Beeswax", None]


def test_tables_side_by_side_are_two_and_a_column_may_be_called_like_its_list() -> None:
    items = {
        "materials": {"description": TEXT, "quantity": NUMBER, "total": NUMBER},
        "labor": {"description": TEXT, "hours": NUMBER, "amount": NUMBER},
    }
    properties = {
        name: {"type": "array", "items": {"type": "object", "properties": fields}}
        for name, fields in items.items()
    }
    schema = from_json_schema({"type": "object", "properties": properties}, name="mine")
    page = page_of(
        [(60, "Qty"), (130, "Material"), (400, "Total"), (520, "Description of work")],
        [(60, "5"), (130, "Gravel"), (400, "50.00")],
        [(520, "Labor"), (700, "Hours"), (850, "Amount")],
        [(60, "4"), (130, "Cement"), (400, "80.00"), (520, "Levelling"), (700, "3.0"), (850, "90.00")],
        [(130, "Total materials"), (400, "130.00"), (520, "Formwork"), (700, "2.5"), (850, "75.00")],
        [(520, "Total labor"), (850, "165.00")],
    )
    data = read_lines([page], schema.root).data
    assert [(row["description"], row["quantity"]) for row in data["materials"]] == [
        ("Gravel", 5),
        ("Cement", 4),
    ]
    assert [(row["description"], row["hours"]) for row in data["labor"]] == [
        ("Levelling", 3),
        ("Formwork", 2.5),
    ]


def test_a_table_whose_heads_say_nothing_known_is_read_by_types_and_order() -> None:
    page = page_of(
        "Quux ledger",
        [(60, "Zib"), (300, "Wrock"), (700, "Mimsy")],
        [(60, "2024-03-01"), (300, "Outgrabe"), (700, "12.5")],
        [(60, "2024-03-02"), (300, "Tulgey"), (700, "31.0")],
        [(60, "2024-03-05"), (300, "Vorpal"), (700, "7.25")],
    )
    day = {"type": "string", "format": "date"}
    found = rows_of([page], day=day, subject=TEXT, level=NUMBER)
    assert [(row["day"], row["subject"], row["level"]) for row in found] == [
        ("2024-03-01", "Outgrabe", 12.5),
        ("2024-03-02", "Tulgey", 31.0),
        ("2024-03-05", "Vorpal", 7.25),
    ]


def test_what_only_its_type_gives_a_column_is_for_a_person_to_see() -> None:
    page = page_of(
        [(60, "Zib"), (300, "Description"), (700, "Amount")],
        [(60, "2024-03-01"), (300, "Beeswax"), (700, "12.50")],
        [(60, "2024-03-02"), (300, "Olive oil"), (700, "31.00")],
    )
    day = {"type": "string", "format": "date"}
    item = {"type": "object", "properties": {"day": day, "description": TEXT, "amount": NUMBER}}
    root = from_json_schema(
        {"type": "object", "properties": {"lines": {"type": "array", "items": item}}}, name="mine"
    ).root
    reading = read_lines([page], root)
    assert [row["day"] for row in reading.data["lines"]] == ["2024-03-01", "2024-03-02"]
    assert reading.evidence["/lines/0/day"].confidence <= 0.6
    assert "/lines/0/day" in {issue.path for issue in reading.issues}


def test_of_a_long_text_in_a_row_nobody_is_sure_where_it_ends() -> None:
    long = "Oak table with six legs, oiled, and two drawers for cutlery"
    page = page_of(
        [(60, "Description"), (900, "Amount")], [(60, "Chair"), (900, "12.50")], [(60, long), (900, "31.00")]
    )
    item = {"type": "object", "properties": {"description": TEXT, "amount": NUMBER}}
    root = from_json_schema(
        {"type": "object", "properties": {"lines": {"type": "array", "items": item}}}, name="mine"
    ).root
    reading = read_lines([page], root)
    assert [row["description"] for row in reading.data["lines"]] == ["Chair", long]
    assert reading.evidence["/lines/0/description"].confidence > 0.8
    assert reading.evidence["/lines/1/description"].confidence < 0.5
    unsure = {at for at, found in reading.evidence.items() if found.confidence < 0.9}
    assert "/lines/1/description" in unsure
    assert {issue.path for issue in reading.issues} == unsure
