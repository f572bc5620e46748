from __future__ import annotations

from schemas.page import Line
from schemas.registry import from_json_schema
from tests.build import line, page_of
from worker.reading.engines.matcher import grids
from worker.reading.engines.matcher.derived_columns import Derivation
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.grids import Grid
from worker.reading.engines.matcher.number_cells import joined
from worker.reading.engines.matcher.wordings import shipped
from worker.reading.text.page_lines import PageLines

ROOT = from_json_schema({"type": "object", "properties": {"a": {"type": "string"}}}, name="mine").root


def named(page: PageLines, *names: str) -> Grid:
    every = grids.find(graph_of([page], ROOT, shipped()))
    return next(grid for grid in every if tuple(column.text for column in grid.head.columns) == names)


def said(grid: Grid, kind: Derivation) -> list[list[str]]:
    return [[joined(parts) for parts in one.parts.values()] for one in grid.derived if one.kind is kind]


def test_a_tick_under_one_of_several_names_says_that_name_at_its_own_place() -> None:
    page = page_of(
        [(60, "Check"), (400, "Good"), (560, "Poor"), (720, "None")],
        [(60, "Lamps"), (410, "✓")],
        [(60, "Brakes"), (570, "✓")],
        [(60, "Horn"), (410, "✓")],
        [(60, "Ladder"), (730, "✓")],
    )
    grid = named(page, "Check", "Good", "Poor", "None")
    assert said(grid, Derivation.MARKS) == [["Good", "Poor", "Good", "None"]]
    (made,) = (one for one in grid.derived if one.kind is Derivation.MARKS)
    assert made.of == {1, 2, 3}
    x = [parts[0].box.cx for parts in made.parts.values()]
    assert x[0] == x[2] < x[1] < x[3]


def test_boxes_are_parts_of_their_rows() -> None:
    page = page_of(
        [(60, "Door"), (400, "Pass"), (560, "Fail")],
        [(60, "North"), (410, "☑"), (570, "☐")],
        [(60, "South"), (410, "☐"), (570, "☑")],
    )
    assert said(named(page, "Door", "Pass", "Fail"), Derivation.MARKS) == [["Pass", "Fail"]]


def test_what_stands_above_a_group_of_rows_is_a_column_of_them() -> None:
    page = page_of(
        [(60, "Element"), (500, "State"), (700, "Remark")],
        "Kitchen",
        [(60, "Floor"), (500, "good"), (700, "new")],
        [(60, "Walls"), (500, "worn"), (700, "paint")],
        "",
        "Bath room",
        [(60, "Mirror"), (500, "good"), (700, "clean")],
        [(60, "Tub"), (500, "worn"), (700, "chipped")],
    )
    found = said(named(page, "Element", "State", "Remark"), Derivation.HEADINGS)
    assert found == [["Kitchen", "Kitchen", "Bath room", "Bath room"]]


def goods(letter: float, *under: str) -> PageLines:
    names = ["Passata, tin", "Potatoes", "Cream"]
    lines: list[Line] = [line(x, 60, text) for x, text in ((60, "Article"), (600, "Count"), (800, "Amount"))]
    for at, (name, more) in enumerate(zip(names, under, strict=True)):
        y = 110 + 90 * at
        lines += [line(60, y, name), line(600, y, str(at + 2)), line(800, y, f"{3 * at + 4}.50")]
        lines.append(line(60, y + 36, more, letter=letter))
    return PageLines(1, 1000, 1400, tuple(lines))


def test_lines_under_a_text_that_are_not_the_rest_of_it_are_columns_of_their_own() -> None:
    page = goods(24, "offer, list price 4.35", "bag of 5 kg", "pack of 1 l")
    grid = named(page, "Article", "Count", "Amount")
    assert said(grid, Derivation.BELOW) == [["offer, list price 4.35", "bag of 5 kg", "pack of 1 l"]]
    assert said(grid, Derivation.TOGETHER)[0][1] == "Potatoes bag of 5 kg"
    assert [joined(parts) for parts in grid.cells(0)][::2] == ["Passata, tin", "Potatoes", "Cream"]


def test_a_wrapped_text_is_one() -> None:
    page = goods(28, "and what stands in it is", "kept in a cool place and is", "whipped by hand and is")
    assert not said(named(page, "Article", "Count", "Amount"), Derivation.BELOW)


def test_columns_are_found_where_the_next_page_sets_them() -> None:
    first = page_of(
        [(60, "No"), (200, "Article"), (560, "Count"), (760, "Amount")],
        [(60, "1"), (200, "Soap"), (560, "2"), (760, "3.00")],
        [(60, "2"), (200, "Starch"), (560, "4"), (760, "8.00")],
    )
    second = page_of(
        [(60, "No"), (140, "Article"), (400, "Count"), (600, "Amount")],
        [(60, "3"), (140, "Bread"), (400, "5"), (600, "9.00")],
        [(60, "4"), (140, "Salt"), (400, "7"), (600, "2.00")],
        number=2,
    )
    every = grids.find(graph_of([first, second], ROOT, shipped()))
    grid = next(grid for grid in every if len(grid.rows) == 4)
    assert [[joined(parts[at]) for at in range(4)] for parts in grid.filled][2:] == [
        ["3", "Bread", "5", "9.00"],
        ["4", "Salt", "7", "2.00"],
    ]
