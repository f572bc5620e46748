from __future__ import annotations

from schemas.registry import from_json_schema
from tests.build import page_of
from worker.reading.engines.matcher import grids
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.grids import Grid
from worker.reading.engines.matcher.wordings import shipped
from worker.reading.text.page_lines import PageLines

ROOT = from_json_schema({"type": "object", "properties": {"a": {"type": "string"}}}, name="mine").root


def grids_of(page: PageLines) -> list[Grid]:
    return list(grids.find(graph_of([page], ROOT, shipped())))


def texts_of(grid: Grid) -> list[list[str]]:
    count = len(grid.head.columns)
    return [
        [" ".join(span.text for span in parts.get(at, ())) for at in range(count)] for parts in grid.filled
    ]


def named(page: PageLines, *names: str) -> Grid:
    return next(grid for grid in grids_of(page) if tuple(c.text for c in grid.head.columns) == names)


def test_a_table_set_side_by_side_is_read_part_by_part() -> None:
    page = page_of(
        [(60, "No"), (140, "Check"), (380, "Result"), (520, "No"), (600, "Check"), (840, "Result")],
        [(60, "1"), (140, "Door lock"), (380, "good"), (520, "3"), (600, "Light"), (840, "poor")],
        [(60, "2"), (140, "Brake"), (380, "good"), (520, "4"), (600, "Rope"), (840, "good")],
    )
    assert texts_of(named(page, "No", "Check", "Result")) == [
        ["1", "Door lock", "good"],
        ["2", "Brake", "good"],
        ["3", "Light", "poor"],
        ["4", "Rope", "good"],
    ]


def test_names_that_are_the_same_go_on_in_the_next_row() -> None:
    page = page_of(
        [(60, "Article"), (440, "Crates"), (640, "Crates")],
        [(440, "full"), (640, "empty")],
        "",
        [(60, "Soap"), (440, "1500"), (640, "750")],
        [(60, "Starch"), (440, "1360"), (640, "680")],
    )
    assert texts_of(named(page, "Article", "Crates full", "Crates empty")) == [
        ["Soap", "1500", "750"],
        ["Starch", "1360", "680"],
    ]
    assert not any(
        [c.text for c in grid.head.columns] == ["Article", "Crates", "Crates"] for grid in grids_of(page)
    )


def test_what_a_table_holds_is_told_by_its_full_rows() -> None:
    page = page_of(
        [(60, "No"), (160, "Article"), (440, "Count"), (640, "Price"), (840, "Amount")],
        [(60, "1"), (160, "Soap"), (440, "2"), (640, "1.50"), (840, "3.00")],
        [(60, "2"), (160, "Starch"), (440, "4"), (640, "2.00"), (840, "8.00")],
        [(640, "Total"), (840, "11.00")],
    )
    grid = named(page, "No", "Article", "Count", "Price", "Amount")
    assert (len(grid.filled), len(grid.full)) == (3, 2)
