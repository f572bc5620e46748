"""Tickets, plans, forms and transcripts, read line by line."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import registry
from tests.build import page_of
from tests.rows import Row, read
from worker.reading.engines.matcher import assign, concepts
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.readers.registry import fill_root
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import lay_out

TICKET: tuple[Row, ...] = (
    [(60, "K075123"), (700, "检票:B2")],
    [(60, "青山站"), (450, "G1418"), (700, "临江站")],
    [(60, "2019年03月04日10:28开"), (700, "07车03A号")],
    [(60, "￥55.5元"), (700, "二等座")],
    "3301021990****123X张三",
    "12345678901234K075123 青山售",
)


def test_a_ticket_by_form_and_place() -> None:
    data = read(registry.kind("train_ticket"), *TICKET)
    assert data == {
        "ticket_number": "K075123",
        "from_station": "青山站",
        "to_station": "临江站",
        "train_number": "G1418",
        "departure_datetime": "2019-03-04T10:28",
        "car": "07",
        "seat": "03A",
        "seat_class": "二等座",
        "price": 55.5,
        "currency": "CNY",
        "passenger_name": "张三",
        "id_number": "3301021990****123X",
        "check_in_gate": "B2",
        "sold_at": "青山售",
        "bottom_code": "12345678901234K075123",
    }


def test_covered_fields_of_a_ticket_are_null() -> None:
    rows = [row for row in TICKET if "张三" not in str(row) and "号" not in str(row)]
    data = read(registry.kind("train_ticket"), *rows)
    assert data["passenger_name"] is data["id_number"] is data["seat"] is None


def test_rooms_with_areas_sides_and_chinese_over_english() -> None:
    data = read(
        registry.kind("floor_plan"),
        [(300, "A户型平面图")],
        [(100, "主卧"), (600, "KITCHEN")],
        [(100, "BED ROOM"), (600, "2.6 m X 3.0 m")],
        [(100, "13.8㎡"), (600, "8.5 ft X 9.8 ft")],
        [(100, "单位：毫米"), (600, "建筑面积 66.4㎡")],
    )
    rooms = {room["name"]: room for room in data["rooms"]}
    assert rooms["主卧 BED ROOM"]["area_m2"] == 13.8
    assert rooms["KITCHEN"]["dimensions"] == "2.6 m X 3.0 m"
    assert rooms["KITCHEN"]["dimensions_alt"] == "8.5 ft X 9.8 ft"
    assert (data["title"], data["total_area_m2"]) == ("A户型平面图", 66.4)
    assert "单位：毫米" in data["annotations"]


def test_a_form_with_texts_ticks_and_a_signature() -> None:
    entries = read(
        registry.kind("form"),
        "Surname: Okafor",
        [(60, "Age:"), (300, "41")],
        "☑ Married",
        "☐ Retired",
        "Signature: K.O.",
    )["entries"]
    assert {(e["key"], e["value"], e["kind"]) for e in entries} == {
        ("Surname", "Okafor", "text"),
        ("Age", "41", "text"),
        ("Married", "checked", "checkbox"),
        ("Retired", "unchecked", "checkbox"),
        ("Signature", "K.O.", "signature"),
    }


def test_two_columns_of_prose_are_read_one_after_the_other() -> None:
    rows: list[Row] = [
        [(40, f"left column line {n} abc"), (540, f"right column line {n} xy")] for n in range(8)
    ]
    lines = read(registry.kind("text"), *rows)["pages"][0]["lines"]
    assert lines[7].startswith("left")
    assert lines[8].startswith("right")


def test_double_line_notes_in_a_column_stand_in_brackets() -> None:
    from dataclasses import replace

    from schemas.page import Box, even_edges
    from tests.build import HEIGHT, WIDTH, line

    def column(x: float, y: float, text: str, *, width: float) -> Any:
        box = Box(x / WIDTH, y / HEIGHT, (x + width) / WIDTH, (y + width * len(text)) / HEIGHT)
        return replace(
            line(0, 0, text), box=box, edges=even_edges(box, len(text), vertical=True), vertical=True
        )

    page = replace(
        page_of(),
        lines=(
            column(600, 100, "天高地遠", width=80),
            column(645, 430, "小注一", width=36),
            column(602, 430, "小注二", width=36),
            column(600, 560, "其行", width=80),
            column(400, 100, "山川草木", width=80),
        ),
    )
    sheet = lay_out(arrange([page]), concepts.lexicon())
    kind = registry.kind("ancient_text")
    data, _ = assign.filled(kind.root, fill_root(kind.root, sheet))
    assert data["columns"] == ["天高地遠（小注一小注二）其行", "山川草木"]


@pytest.mark.parametrize(
    ("top", "number"),
    [
        ("Z54H006881", "Z54H006881"),
        ("012K062630", "012K062630"),
        ("Z122M044877", "Z122M044877"),
        ("Z5P016664", "Z5P016664"),
    ],
)
def test_ticket_numbers_of_all_formats(top: str, number: str) -> None:
    assert read(registry.kind("train_ticket"), [(60, top)], *TICKET[1:5])["ticket_number"] == number


def test_an_electronic_ticket_has_a_number_behind_its_label() -> None:
    data = read(
        registry.kind("train_ticket"),
        "发票号码:25319100000007654321",
        *TICKET[1:5],
        "电子客票号:6600098765432109876543210",
    )
    assert data["ticket_number"] == "6600098765432109876543210"


def test_square_feet_of_the_whole_are_given_in_square_metres() -> None:
    data = read(registry.kind("floor_plan"), "FIRST FLOOR Total area 1,500 sq ft", [(100, "KITCHEN")])
    assert data["total_area_m2"] == 139.4


def test_a_chain_of_lengths_that_the_opposite_one_contradicts_is_doubted() -> None:
    def sure(last: str) -> float:
        rows = (
            [(200, "3600"), (600, "4200")],
            [(100, "主卧"), (700, "KITCHEN")],
            [(100, "13.8㎡"), (700, "8.5㎡")],
            [(200, "3600"), (600, last)],
        )
        reading = read_lines([page_of(*rows)], registry.kind("floor_plan").root)
        return reading.evidence["/outer_dimensions/bottom/1"].confidence

    assert sure("42000") < 0.4 < sure("4200")
