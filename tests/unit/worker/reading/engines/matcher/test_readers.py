"""Receipts, read line by line."""

from __future__ import annotations

import pytest

from schemas import registry
from tests.build import page_of
from tests.rows import Row, mine, read
from worker.reading.engines.matcher.engine import read_lines

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


def test_an_address_goes_on_behind_a_comma() -> None:
    head = ["Umber Reach Books", "Umber Reach 44, 40210 Port Ellery,", "Sarnath Hollow of the Great Shore"]
    rows: list[Row] = [[(300.0, row)] for row in [*head, "Tel 555-0199"]]
    found = read_lines([page_of(*rows, [(60, "Total"), (800, "6.00")])], registry.kind("receipt").root)
    assert found.data["address"] == "Umber Reach 44, 40210 Port Ellery, Sarnath Hollow of the Great Shore"
    assert found.evidence["/address"].confidence > 0.5


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
        [(60, f"Screw type {n}"), (500, "1"), (640, "2.50"), (820, "2.50")] for n in range(200)
    ]
    assert len(read(registry.kind("invoice"), head, *rows)["lines"]) == 200


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
