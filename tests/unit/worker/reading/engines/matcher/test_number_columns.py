from __future__ import annotations

from schemas import registry
from schemas.values import amounts
from tests.build import page_of
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.text.page_lines import PageLines


def entries(page: PageLines) -> dict[str | None, str | None]:
    listed = read_lines([page], registry.kind("form").root).data["entries"]
    assert len({entry["key"] for entry in listed}) == len(listed)
    return {entry["key"]: entry["value"] for entry in listed}


def test_numbers_are_told_under_their_row_and_their_column() -> None:
    found = entries(
        page_of(
            [(60, "Earnings"), (400, "hours"), (600, "this period"), (820, "year to date")],
            [(60, "Regular"), (400, "32.00"), (600, "320.00"), (820, "16,640.00")],
            [(60, "Tuition"), (600, "37.43"), (820, "1,946.80")],
            [(60, "Holiday"), (400, "8.00"), (600, "80.00"), (820, "4,160.00")],
            "",
            [(60, "Net Pay"), (600, "437.43")],
        )
    )
    assert found == {
        "Regular · hours": "32.00",
        "Regular · this period": "320.00",
        "Regular · year to date": "16,640.00",
        "Tuition · this period": "37.43",
        "Tuition · year to date": "1,946.80",
        "Holiday · hours": "8.00",
        "Holiday · this period": "80.00",
        "Holiday · year to date": "4,160.00",
        "Net Pay · this period": "437.43",
    }


def test_the_head_of_a_column_may_have_several_lines() -> None:
    found = entries(
        page_of(
            [(400, "Weight"), (700, "Weight")],
            [(400, "wet"), (700, "dry")],
            [(60, "Sample A"), (400, "2.85"), (700, "3.36")],
            [(60, "Sample B"), (400, "2.64"), (700, "3.12")],
        )
    )
    assert found["Sample B · Weight dry"] == "3.12"
    assert len(found) == 4


def test_tables_side_by_side_keep_their_own_words() -> None:
    found = entries(
        page_of(
            [(40, "Item"), (260, "Net"), (400, "Gross"), (600, "Deposit"), (820, "Paid"), (960, "Due")],
            [(40, "Rent"), (260, "900"), (400, "1,071"), (600, "Keys"), (820, "50"), (960, "10")],
            [(40, "Heating"), (260, "80"), (400, "95.20"), (600, "Doors"), (820, "20"), (960, "5")],
        )
    )
    assert found["Heating · Gross"] == "95.20"
    assert found["Doors · Due"] == "5"


def test_a_form_of_labels_over_single_values_is_no_table() -> None:
    found = entries(page_of([(60, "Policy number"), (400, "Postcode")], [(60, "445566"), (400, "10115")]))
    assert {key: amounts.number(str(value)) for key, value in found.items()} == {
        "Policy number": 445566,
        "Postcode": 10115,
    }


def test_words_in_a_table_are_told_under_their_heads() -> None:
    listed = read_lines(
        [
            page_of(
                [(160, "Item"), (700, "Description")],
                [(60, "Lamp"), (600, "Desk lamp, green")],
                [(60, "Chair"), (600, "Office chair")],
            )
        ],
        registry.kind("form").root,
    ).data["entries"]
    assert [(entry["key"], entry["value"]) for entry in listed] == [
        ("Item", "Lamp"),
        ("Description", "Desk lamp, green"),
        ("Item", "Chair"),
        ("Description", "Office chair"),
    ]
