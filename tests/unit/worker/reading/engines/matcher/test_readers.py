from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from schemas import registry
from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher import assign, concepts
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.readers.registry import fill_root
from worker.reading.engines.matcher.rows import arrange
from worker.reading.engines.matcher.sheet import lay_out

Row = Sequence[tuple[float, str]] | str


def read(kind: registry.Schema, *rows: Row) -> dict[str, Any]:
    reading = read_lines([page_of(*rows)], kind.root)
    for found in reading.evidence.values():
        assert len(found.alternatives) <= 3
        assert 0 < found.confidence < 1
    return reading.data


def mine(**properties: Any) -> registry.Schema:
    return from_json_schema({"type": "object", "properties": properties}, name="mine")


RECEIPT: tuple[Row, ...] = (
    [(300, "HARBOUR LIGHTS CAFE LTD")],
    [(330, "(889211-K)")],
    [(320, "7 Saltmarsh Quay,")],
    [(330, "40210 Port Ellery")],
    [(330, "Tel: 03-5550 1234")],
    "Bill No: A1029",
    [(60, "Date"), (200, ": 05/11/2019 18:40")],
    [(60, "Item"), (500, "Qty"), (640, "Price"), (800, "Amount")],
    [(60, "Flat white"), (500, "2"), (640, "4.50"), (800, "9.00")],
    [(60, "Walnut cake"), (500, "1"), (640, "6.00"), (800, "6.00")],
    [(60, "Sub Total"), (800, "15.00")],
    [(60, "GST 6%"), (800, "0.90")],
    [(60, "TOTAL"), (800, "15.90")],
    [(60, "Cash"), (800, "20.00")],
    [(60, "Change"), (800, "4.10")],
)


def test_a_receipt_of_an_unknown_shop() -> None:
    data = read(registry.kind("receipt"), *RECEIPT)
    assert data["company"] == "HARBOUR LIGHTS CAFE LTD"
    assert data["address"] == "7 Saltmarsh Quay, 40210 Port Ellery"
    assert (data["date"], data["time"], data["receipt_number"]) == ("2019-11-05", "18:40", "A1029")
    assert (data["subtotal"], data["tax"], data["total"]) == (15.0, 0.9, 15.9)
    assert (data["paid"], data["change"], data["payment_method"]) == (20.0, 4.1, "Cash")
    assert [item["description"] for item in data["items"]] == ["Flat white", "Walnut cake"]
    assert [item["amount"] for item in data["items"]] == [9.0, 6.0]


def test_nothing_is_invented_on_an_empty_page() -> None:
    for name in registry.kinds():
        data = read(registry.kind(name))
        leaves = [
            value
            for value in str(data).replace("None", "").split()
            if any(c.isalnum() for c in value.split(":")[-1])
        ]
        assert all(value.endswith((":", ",")) or "'" in value for value in leaves), (name, data)


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        (
            [
                [(60, "Total"), (800, "12.00")],
                [(60, "Rounding Adj"), (800, "0.02")],
                [(60, "Rounded Total"), (800, "12.02")],
            ],
            12.02,
        ),
        ([[(60, "TOTAL QTY"), (800, "3.00")], [(60, "Amount Due"), (800, "41.50")]], 41.5),
        ([[(60, "Gesamtbetrag"), (800, "1.234,50 €")], [(60, "MwSt"), (800, "197,10 €")]], 1234.5),
        (
            [
                [(60, "合计"), (800, "￥88.00")],
                [(60, "找零"), (800, "￥12.00")],
                [(60, "现金"), (800, "￥100.00")],
            ],
            88.0,
        ),
        (
            [
                [(60, "TOTAL"), (800, "10 00")],
                [(60, "CASH"), (800, "20.00")],
                [(60, "CHANGE"), (800, "10.00")],
            ],
            10.0,
        ),
    ],
)
def test_the_total_among_its_neighbours(rows: list[Row], total: float) -> None:
    assert read(registry.kind("receipt"), *rows)["total"] == total


def test_a_tax_summary_at_the_foot_is_not_the_total() -> None:
    data = read(
        registry.kind("receipt"),
        [(60, "TOTAL"), (800, "11.60")],
        [(60, "GST Summary"), (600, "Amount"), (800, "Tax")],
        [(60, "SR 6%"), (600, "10.94"), (800, "0.66")],
        [(60, "Total"), (600, "10.94"), (800, "0.66")],
    )
    assert data["total"] == 11.6


def test_an_invoice_with_both_parties_side_by_side() -> None:
    data = read(
        registry.kind("invoice"),
        [(60, "Lieferant"), (520, "Käufer")],
        [(60, "Nordwerk GmbH"), (520, "Muster-Kunde AG")],
        [(60, "Hafenstraße 4"), (520, "Kundenweg 88")],
        [(60, "20457 Hamburg"), (520, "40235 Düsseldorf")],
        [(60, "USt-IdNr: DE555111222")],
        "Rechnung Nr. R-2024/77 vom 03.02.2024",
        [(60, "Pos"), (150, "Bezeichnung"), (500, "Menge"), (640, "Einzelpreis"), (820, "Betrag")],
        [(60, "1"), (150, "Schrauben M4"), (500, "10"), (640, "2,50"), (820, "25,00")],
        [(60, "Nettobetrag"), (820, "25,00")],
        [(60, "MwSt 19%"), (820, "4,75")],
        [(60, "Gesamtbetrag"), (820, "29,75")],
    )
    assert (data["seller"]["name"], data["buyer"]["name"]) == ("Nordwerk GmbH", "Muster-Kunde AG")
    assert data["seller"]["address"] == "Hafenstraße 4, 20457 Hamburg"
    assert data["seller"]["tax_ids"] == ["DE555111222"]
    assert (data["invoice_number"], data["issue_date"]) == ("R-2024/77", "2024-02-03")
    assert (data["subtotal"], data["tax_total"], data["total"]) == (25.0, 4.75, 29.75)
    assert [(line["description"], line["amount"]) for line in data["lines"]] == [("Schrauben M4", 25.0)]


def test_a_due_date_is_never_taken_for_the_date_of_issue() -> None:
    data = read(
        registry.kind("invoice"), "Invoice No: 12345", "Due date: 01.03.2024", "Invoice date: 01.02.2024"
    )
    assert (data["issue_date"], data["due_date"]) == ("2024-02-01", "2024-03-01")
    assert read(registry.kind("invoice"), "Invoice date: 01.02.2024")["due_date"] is None


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


def test_a_plain_schema_with_only_titles_is_enough() -> None:
    kind = mine(
        train={"type": "string", "title": "车次"},
        fare={"type": "number", "title": "票价"},
        employee_name={"type": "string"},
        orderTotal={"type": "number"},
        badgeNumber={"type": "integer"},
    )
    data = read(
        kind,
        [(60, "青山站"), (450, "G1418"), (700, "临江站")],
        [(60, "票价"), (300, "55.50")],
        "Employee: Kim Lee",
        [(60, "Order total"), (700, "71.20")],
        [(60, "Badge no"), (300, "4711")],
    )
    assert data["train"] == "G1418"
    assert (data["fare"], data["orderTotal"]) == (55.5, 71.2)
    assert (data["employee_name"], data["badgeNumber"]) == ("Kim Lee", 4711)


def test_labels_beside_below_and_inline() -> None:
    kind = mine(colour={"type": "string"}, depth={"type": "number"}, maker={"type": "string"})
    data = read(kind, "Colour: dark green", [(60, "Depth"), (400, "Maker")], [(60, "12.5"), (400, "Ostrand")])
    assert data == {"colour": "dark green", "depth": 12.5, "maker": "Ostrand"}


def test_enums_booleans_and_types() -> None:
    kind = mine(
        size={"enum": ["small", "large"]},
        fragile={"type": "boolean", "title": "Fragile"},
        count={"type": "integer", "title": "Count"},
        due={"type": "string", "format": "date", "title": "Due"},
    )
    data = read(kind, "Size: large", "☑ Fragile", "Count: 12", "Due: 4 May 2024")
    assert data == {"size": "large", "fragile": True, "count": 12, "due": "2024-05-04"}


def test_a_users_own_table() -> None:
    kind = mine(
        readings={
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"station": {"type": "string"}, "level": {"type": "number"}},
            },
        }
    )
    data = read(
        kind,
        [(60, "Station"), (500, "Level")],
        [(60, "Northgate"), (500, "2.31")],
        [(60, "Weir"), (500, "1.90")],
    )
    assert data["readings"] == [{"station": "Northgate", "level": 2.31}, {"station": "Weir", "level": 1.9}]


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


def test_what_the_engine_cannot_do_is_named() -> None:
    from worker.reading.engines.matcher.candidates import Unsupported

    kind = registry.kind("description")
    sheet = lay_out(arrange([page_of("a sign")]), concepts.lexicon())
    unsupported = {
        name for name, found in fill_root(kind.root, sheet).fields.items() if isinstance(found, Unsupported)
    }
    assert unsupported == {"summary", "objects", "details"}


@pytest.mark.parametrize(
    ("head", "company", "address"),
    [
        (
            ["KIRPPU JA POIKA", "Unioninkatu 14 B", "00130 Helsinki", "Puh. 09 555 1234"],
            "KIRPPU JA POIKA",
            "Unioninkatu 14 B 00130 Helsinki",
        ),
        (
            ["Ziggurat & Vole", "Umber Reach 44", "Qasr District", "Tel 555-0199"],
            "Ziggurat & Vole",
            "Umber Reach 44 Qasr District",
        ),
        (
            ["阿里山茶行", "收银小票", "地址：厦门市思明区湖滨南路12号", "日期：2021-03-04"],
            "阿里山茶行",
            "厦门市思明区湖滨南路12号",
        ),
        (
            ["WELCOME TO", "SUNRISE DINER", "88 Harbor Blvd", "Long Beach, CA 90802", "(562) 555-0142"],
            "SUNRISE DINER",
            "88 Harbor Blvd Long Beach, CA 90802",
        ),
        (
            ["7-ELEVEN", "Store #1142", "Somchai Road 12", "Bangkok 10110", "TAX ID 0107555000133"],
            "7-ELEVEN",
            "Somchai Road 12 Bangkok 10110",
        ),
    ],
)
def test_the_head_of_a_receipt_in_words_nobody_listed(head: list[str], company: str, address: str) -> None:
    data = read(registry.kind("receipt"), *[[(300.0, row)] for row in head], [(60, "Total"), (800, "6.00")])
    assert (data["company"], data["address"]) == (company, address)


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
    data, _ = assign.settle(kind.root, fill_root(kind.root, sheet))
    assert data["columns"] == ["天高地遠（小注一小注二）其行", "山川草木"]


def test_a_chinese_vat_invoice_without_readable_headings() -> None:
    data = read(
        registry.kind("invoice"),
        [(300, "电子发票（普通发票）")],
        [(600, "发票号码：24312000000012345678")],
        [(600, "开票日期：2024年01月15日")],
        [(90, "名称：青禾软件有限公司"), (560, "名称：云岭数据科技有限公司")],
        [(90, "纳税人识别号：91310115MA1K00000X"), (560, "纳税人识别号：91530100MA6K00000Y")],
        [
            (60, "项目名称"),
            (400, "单位"),
            (470, "数量"),
            (560, "单价"),
            (680, "金额"),
            (780, "税率"),
            (890, "税额"),
        ],
        [(60, "*餐饮服务*餐费"), (470, "1"), (560, "200"), (680, "200.00"), (780, "6%"), (860, "12.00")],
        [(60, "合计"), (660, "¥200.00"), (850, "¥12.00")],
        [(60, "价税合计（大写）"), (300, "贰佰壹拾贰圆整"), (650, "（小写）¥212.00")],
    )
    assert data["buyer"] == {"name": "青禾软件有限公司", "address": None, "tax_ids": ["91310115MA1K00000X"]}
    assert data["seller"] == {
        "name": "云岭数据科技有限公司",
        "address": None,
        "tax_ids": ["91530100MA6K00000Y"],
    }
    assert (data["subtotal"], data["tax_total"], data["total"]) == (200.0, 12.0, 212.0)
    assert data["total_in_words"] == "贰佰壹拾贰圆整"
    assert data["lines"] == [
        {
            "description": "*餐饮服务*餐费",
            "quantity": 1.0,
            "unit": None,
            "unit_price": 200.0,
            "tax_rate": 6.0,
            "amount": 200.0,
        }
    ]


def test_a_value_beside_its_own_title_is_meant_whatever_the_library_thinks() -> None:
    assert read(mine(name={"type": "string"}), "Name: Kim Lee") == {"name": "Kim Lee"}
    assert read(mine(gate={"type": "string"}), "Gate: North 4") == {"gate": "North 4"}
    kind = mine(total={"type": "number", "x-labels": ["Endstand"]})
    assert read(kind, [(60, "Miete"), (700, "700.00")], [(60, "Endstand"), (700, "5.00")]) == {"total": 5.0}


@pytest.mark.parametrize(
    ("field", "rows", "value"),
    [
        ("date_of_birth", ["Issued: 01.02.2024", "Date of birth: 03.04.1990"], "1990-04-03"),
        ("delivery_date", ["Invoice date 01.02.2024", "Delivery date 05.03.2024"], "2024-03-05"),
        ("expiry_date", ["Invoice date 01.02.2024"], None),
    ],
)
def test_dates_of_other_things_need_their_label(field: str, rows: list[str], value: str | None) -> None:
    assert read(mine(**{field: {"type": ["string", "null"], "format": "date"}}), *rows)[field] == value


@pytest.mark.parametrize(
    ("definition", "row", "value"),
    [
        ({"enum": ["S", "M", "L"]}, "Thing: M", "M"),
        ({"enum": [1, 2, 3]}, "Thing: 2", 2),
        ({"enum": ["groß", "klein"]}, "Thing: groß", "groß"),
        ({"enum": ["new", "old"]}, "Thinking of New York", None),
        ({"type": ["string", "integer"]}, "Thing: AB12", "AB12"),
        ({"type": "number"}, "Thing: -120.50", -120.5),
        ({"type": "number"}, "Thing: −5.5", -5.5),
        ({"type": "integer", "maximum": 99}, "Thing: 300", None),
        ({"type": "string", "x-pattern": "[A-Z]*"}, "thing", None),
        ({"type": "string"}, "Things: Kim", "Kim"),
    ],
)
def test_types_signs_and_bounds(definition: dict[str, Any], row: str, value: Any) -> None:
    assert read(mine(thing=definition), row)["thing"] == value


@pytest.mark.parametrize("name", ["items", "rooms", "entries", "lines", "products"])
@pytest.mark.parametrize(
    "shape",
    [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "array", "items": {"type": "string"}},
        {"type": "array", "prefixItems": [{}]},
    ],
)
def test_names_of_tables_with_other_shapes_break_nothing(name: str, shape: dict[str, Any]) -> None:
    data = read(mine(**{name: shape}), *RECEIPT)
    assert isinstance(data[name], list | dict)


def test_a_row_with_a_mark_before_its_count() -> None:
    data = read(
        registry.kind("receipt"),
        "KIOSK AM PARK",
        [(60, "*"), (120, "12 Flat white"), (800, "9.00")],
        [(60, "Total"), (800, "9.00")],
    )
    assert data["items"] == [
        {"description": "Flat white", "quantity": 12.0, "unit_price": None, "amount": 9.0}
    ]


def test_a_long_table_is_read_to_its_end() -> None:
    head: Row = [(60, "Description"), (500, "Qty"), (640, "Price"), (820, "Amount")]
    rows: list[Row] = [
        [(60, f"Screw type {n}"), (500, "1"), (640, "2.50"), (820, "2.50")] for n in range(450)
    ]
    assert len(read(registry.kind("invoice"), head, *rows)["lines"]) == 450


def test_columns_of_dates_and_choices_take_their_types() -> None:
    item = {
        "type": "object",
        "properties": {"day": {"type": "string", "format": "date"}, "status": {"enum": ["ok", "bad"]}},
    }
    kind = mine(checks={"type": "array", "items": item})
    data = read(
        kind,
        [(60, "Day"), (500, "Status")],
        [(60, "05/11/2019"), (500, "OK")],
        [(60, "06/11/2019"), (500, "bad")],
    )
    assert data["checks"] == [{"day": "2019-11-05", "status": "ok"}, {"day": "2019-11-06", "status": "bad"}]


def test_other_fields_of_a_party_are_found_by_their_titles() -> None:
    customer = {"type": "object", "properties": {"name": {"type": "string"}, "email": {"type": "string"}}}
    data = read(mine(customer=customer), "Customer: Kim Lee", "Email: kim@example.org")
    assert data["customer"] == {"name": "Kim Lee", "email": "kim@example.org"}


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


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        (("TOTAL Rs. 45,000/-",), 45000),
        (("TOTAL 1,23,500.00",), 123500),
        (("TOTAL 1.452 €",), 1452),
        (("TOTAL KWD 12.500",), 12.5),
        (("CREDIT NOTE", "TOTAL 108.43 CR"), -108.43),
        (("HILL SDN BHD 12.345", "TOTAL 12.34"), 12.34),
    ],
)
def test_amounts_as_countries_print_them(rows: tuple[str, ...], total: float) -> None:
    assert read(registry.kind("receipt"), *rows)["total"] == total


def test_the_only_sum_of_a_receipt_is_not_its_tax() -> None:
    rows = (
        "上海华联超市有限公司",
        "日期: 2023-03-14",
        [(60, "牛奶"), (800, "57.50")],
        [(60, "合计"), (800, "57.50")],
    )
    data = read(registry.kind("receipt"), *rows)
    assert (data["total"], data["tax"]) == (57.5, None)


@pytest.mark.parametrize(("title", "code"), [("Rechnung", None), ("增值税普通发票", "09314110911")])
def test_ten_digits_are_an_invoice_code_on_a_fapiao_alone(title: str, code: str | None) -> None:
    rows = (title, "Nordwerk GmbH", "Konto", "09314110911", [(60, "Gesamtbetrag"), (820, "29,75")])
    assert read(registry.kind("invoice"), *rows)["invoice_code"] == code


def test_a_number_in_the_blocks_of_both_parties_is_the_sellers() -> None:
    rows = (
        "Käufer: Muster-Kunde AG",
        "Kundenweg 88",
        "40235 Düsseldorf",
        "Lieferant: Nordwerk GmbH",
        "Hafenstraße 4",
        "20457 Hamburg",
        "USt-IdNr: DE555111222",
    )
    data = read(registry.kind("invoice"), *rows)
    assert (data["seller"]["tax_ids"], data["buyer"]["tax_ids"]) == (["DE555111222"], [])


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


def test_an_address_has_its_labelled_street_and_ends_behind_its_town() -> None:
    rows = (
        "Käufer",
        [(60, "Name:"), (500, "Kunden AG Mitte")],
        [(60, "Anschrift:"), (500, "Kundenstraße 15")],
        [(500, "DE 69876 Frankfurt")],
        "Bemerkungen",
        [(60, "Bemerkung"), (400, "Rechnung gemäß Bestellung")],
    )
    assert read(registry.kind("invoice"), *rows)["buyer"]["address"] == "Kundenstraße 15, DE 69876 Frankfurt"


def test_a_country_under_the_town_is_part_of_an_address() -> None:
    rows = ("Käufer:", "Kunden AG Mitte", "Kundenstraße 15", "69876 Frankfurt", "Deutschland", "Nummer: 4711")
    data = read(registry.kind("invoice"), *rows)
    assert data["buyer"]["address"] == "Kundenstraße 15, 69876 Frankfurt, Deutschland"
