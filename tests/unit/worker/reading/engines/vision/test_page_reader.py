"""How a page is asked for: wide schemas in groups, small print in parts, doubtful values twice."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import pointer, registry
from schemas.json_schema.fields import Field
from schemas.record import Severity
from tests.page_reading import Data, fields_of, line, read, told
from worker.reading.engines.vision import question
from worker.reading.engines.vision.base import Answer, Finish, Prompt
from worker.reading.engines.vision.merge import PageAnswer, merge
from worker.reading.engines.vision.token_evidence import TokenEvidence


def wide(fields: int, *, rows: bool = False) -> registry.Schema:
    """A schema of so many leaves: plain ones, and objects of ten."""
    plain = {f"field_{n}": {"type": "string"} for n in range(fields % 10)}
    parts = {
        f"part_{n}": {"type": "object", "properties": {f"value_{m}": {"type": "number"} for m in range(10)}}
        for n in range(fields // 10)
    }
    listed = {
        "rows": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}
    }
    properties = {**plain, **parts, **(listed if rows else {})}
    return registry.from_json_schema({"type": "object", "properties": properties}, name="wide")


def filled(prompt: Prompt) -> Data:
    """A number for every leaf that is asked for, so that each can be told from the others."""

    def value(node: Data, at: str) -> Any:
        if "properties" in node:
            return {name: value(part, f"{at}/{name}") for name, part in node["properties"].items()}
        return float(sum(map(ord, at)) % 9973) if "number" in node["type"] else f"as {at}"

    assert prompt.schema is not None
    made = value(dict(prompt.schema), "")
    assert isinstance(made, dict)
    return made


@pytest.mark.parametrize("fields", [1, 59, 60, 61, 120, 369])
def test_groups_hold_every_field_once_and_in_order(fields: int) -> None:
    root = wide(fields).root
    found = question.groups(root)
    assert [leaf for group in found for leaf in _leaves(group)] == _leaves(root)
    assert all(len(_leaves(group)) <= question.MOST_LEAVES for group in found)
    assert len(found) <= -(-fields // 51)  # an object of ten is not divided for what is left of a group


def test_an_object_that_is_too_wide_is_divided_and_a_list_never_is() -> None:
    inner = {f"v{n}": {"type": "string"} for n in range(150)}
    raw = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "big": {"type": "object", "properties": inner},
            "rows": {"type": "array", "items": {"type": "object", "properties": inner}},
        },
    }
    found = question.groups(registry.from_json_schema(raw, name="x").root)
    assert [[child.name for child in group.properties] for group in found] == [
        ["a"],
        ["big"],
        ["big"],
        ["big"],
        ["rows"],
    ]
    assert len(_leaves(found[-1])) == 150


def test_a_schema_of_369_leaves_is_asked_for_in_seven_rows_of_one_batch() -> None:
    reading, batches = read(lambda prompt: told(filled(prompt)), wide(369), ())
    assert [len(batch) for batch in batches] == [7]
    assert len(list(pointer.leaves(reading.data))) == 369
    assert all(value is not None for _, value in pointer.leaves(reading.data))
    assert reading.data["part_20"] == filled_part("part_20")
    assert len(reading.evidence) == 369
    assert reading.issues == ()


def test_fields_of_a_group_without_an_answer_are_an_issue_and_the_others_are_read() -> None:
    def script(prompt: Prompt) -> Answer:
        return told({}, Finish.LENGTH) if "part_20" in fields_of(prompt) else told(filled(prompt))

    reading, _ = read(script, wide(369), ())
    assert reading.data["part_20"] is None or not any(reading.data["part_20"].values())
    assert reading.data["part_0"] == filled_part("part_0")
    [issue] = reading.issues
    assert (issue.code, issue.severity) == ("output_truncated", Severity.ERROR)
    assert "part_" in issue.message
    assert "page 1" in issue.message


@pytest.mark.parametrize("rows", [27, 120, 500])
def test_long_lists_over_pages_keep_every_row_in_order_at_a_forward_a_page(rows: int) -> None:
    per_page = 40
    names = [f"row {n}" for n in range(rows)]
    pages = [
        tuple(line(name, 0.02 + 0.024 * at, 0.014) for at, name in enumerate(names[start : start + per_page]))
        for start in range(0, rows, per_page)
    ]

    def script(prompt: Prompt) -> Answer:
        shown = pages[prompt.picture.shape[0] - 601]
        return told({"rows": [{"name": printed.text} for printed in shown]})

    reading, batches = read(script, wide(1, rows=True), *pages)
    assert [row["name"] for row in reading.data["rows"]] == names
    assert sum(map(len, batches)) == len(pages)
    cited = [reading.evidence[f"/rows/{n}/name"].citations for n in range(rows)]
    assert all(cited)


TABLE = registry.from_json_schema(
    {
        "type": "object",
        "properties": {
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "price": {"type": "number"}},
                },
            },
            "total": {"type": "number"},
        },
    },
    name="table",
)


@pytest.mark.parametrize(("lost", "told"), [((), 0), ((3,), 1), ((2, 5, 6), 3), ((7,), 0)])
def test_rows_that_a_model_left_out_between_others_are_an_issue(lost: tuple[int, ...], told: int) -> None:
    """Of eight rows; that the last one is missing cannot be told from what follows a table."""
    prices = [10.5 + 3 * row for row in range(8)]
    printed = [line(f"thing {row}", 0.1 + 0.05 * row) for row in range(8)]
    printed += [line(f"{price:.2f}", 0.1 + 0.05 * row, left=0.6) for row, price in enumerate(prices)]
    printed += [line("Total", 0.6), line(f"{sum(prices):.2f}", 0.6, left=0.588)]
    rows = [{"name": f"thing {row}", "price": prices[row]} for row in range(8) if row not in lost]
    reading, _ = read(lambda _prompt: told_rows(rows, sum(prices)), TABLE, tuple(printed))
    found = [issue for issue in reading.issues if issue.code == "rows_missing"]
    assert [issue.path for issue in found] == ["/rows"] * bool(told)
    assert all(f"{told} more printed rows" in issue.message for issue in found)


def told_rows(rows: list[Data], total: float) -> Answer:
    return told({"rows": rows, "total": total})


def test_totals_are_those_of_the_last_page_and_clearly_surer_pages_win() -> None:
    schema = registry.from_json_schema(
        {"type": "object", "properties": {"total": {"type": "number"}, "shop": {"type": "string"}}}, name="x"
    )

    def page(number: int, total: float, shop: str, sure: tuple[float, float]) -> PageAnswer:
        evidence = {"/total": TokenEvidence(number, sure[0]), "/shop": TokenEvidence(number, sure[1])}
        return PageAnswer(number, {"total": total, "shop": shop}, evidence)

    usual = merge([page(1, 10, "A", (0.9, 0.9)), page(2, 30, "B", (0.9, 0.95))], schema.root)
    assert usual.data == {"total": 30, "shop": "A"}
    assert [other.value for other in usual.token_evidence["/total"].others] == [10]
    surer = merge([page(1, 10, "A", (0.9, 0.4)), page(2, 30, "B", (0.5, 0.95))], schema.root)
    assert surer.data == {"total": 10, "shop": "B"}


def test_what_closes_a_bill_is_known_by_its_name_in_several_languages() -> None:
    from worker.reading.engines.vision.closing import closes

    def number(name: str, title: str = "") -> Field:
        return Field(name, "/" + name, ("number",), title=title)

    assert all(
        map(closes, [number("total"), number("tax_total"), number("amount_due"), number("x", "价税合计")])
    )
    assert not any(map(closes, [number("quantity"), number("unit_price"), number("year")]))
    assert not closes(Field("total", "/total", ("string",)))


def test_rows_that_two_parts_of_a_page_show_are_read_once() -> None:
    printed = tuple(line(f"row {n}", 0.01 + 0.0099 * n, 0.0045) for n in range(100))
    seen: list[int] = []

    def script(prompt: Prompt) -> Answer:
        """Reads whatever rows lie in its part of the page: the upper parts come first."""
        tops = {0: (0, 36), 1: (32, 68), 2: (65, 100)}
        low, high = tops[len(seen)]
        seen.append(prompt.picture.shape[0])
        return told({"rows": [{"name": f"row {n}"} for n in range(low, high)]})

    reading, batches = read(script, wide(1, rows=True), printed, size=(3000, 2000, 3), pixels=1_000_000)
    assert sum(map(len, batches)) == 3
    assert [row["name"] for row in reading.data["rows"]] == [f"row {n}" for n in range(100)]
    assert reading.notes == ("page 1: read in 3 parts because of its small print",)


def _leaves(field: Field) -> list[str]:
    inner = field.items if field.items is not None else field
    if not inner.properties:
        return [field.path]
    return [leaf for child in inner.properties for leaf in _leaves(child)]


def filled_part(name: str) -> Data:
    return {f"value_{m}": float(sum(map(ord, f"/{name}/value_{m}")) % 9973) for m in range(10)}
