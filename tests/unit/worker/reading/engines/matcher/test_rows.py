from __future__ import annotations

from dataclasses import replace

from schemas.page import Box, Line
from tests.build import HEIGHT, WIDTH, line, page_of, sheet
from worker.reading.engines.matcher.rows import arrange
from worker.reading.text import orientation
from worker.reading.text.touch_up import without_stray_accents


def test_cells_side_by_side_are_a_row() -> None:
    layout = arrange([page_of([(60, "Total"), (700, "9.00")], "Thank you")])
    assert [row.text for row in layout.rows] == ["Total 9.00", "Thank you"]
    assert [cell.column for cell in layout.rows[0].cells] == [0, 1]


def test_a_leaning_page_is_put_straight() -> None:
    lean = 0.04
    lines = []
    for row in range(4):
        for x in (60.0, 700.0):
            straight = line(x, 100 + 44 * row + lean * x, "words here")
            lines.append(replace(straight, slope=lean * WIDTH / HEIGHT))
    page = replace(page_of(), lines=tuple(lines))
    assert [len(row.cells) for row in arrange([page]).rows] == [2, 2, 2, 2]


def test_one_leaning_line_does_not_tilt_a_straight_page() -> None:
    page = page_of([(60, "Rice"), (700, "3.00")], [(60, "Tea"), (700, "4.00")])
    crooked = replace(page.lines[0], slope=0.08)
    layout = arrange([replace(page, lines=(crooked, *page.lines[1:]))])
    assert [row.text for row in layout.rows] == ["Rice 3.00", "Tea 4.00"]


def test_the_longest_label_wins_its_letters() -> None:
    found = sheet([(60, "Total (Excluding GST):"), (700, "4.80")])
    assert found.mentions.naming("money.total") == []
    assert [m.cell.text for m in found.mentions.naming("money.subtotal")] == ["Total (Excluding GST):"]


def test_labels_are_found_without_their_blanks_and_with_a_wrong_letter() -> None:
    for printed in ("GrandTotal", "GRAND T0TAL", "Grand Tota1 :", "grand total"):
        assert sheet([(60, printed), (700, "1.00")]).mentions.naming("money.total"), printed


def test_labels_inside_words_and_codes_are_none() -> None:
    for printed in ("Totalitarian", "subdate", "INV/2023/03/0008", "RE-20170509/505"):
        named = sheet(printed).mentions.by_cell
        assert not any(m.start > 0 or m.end == len(printed) for ms in named.values() for m in ms), printed


def test_boxes_of_a_turned_page_come_back_to_where_they_were() -> None:
    box = Box(0.1, 0.2, 0.3, 0.6)
    turned = box
    for turns in (1, 2, 3):
        turned = Box(turned.y0, 1 - turned.x1, turned.y1, 1 - turned.x0)  # a quarter counter-clockwise
        back = turned.turned_back(turns)
        assert back.iou(box) > 0.999, turns


def upside_down(confidence: float) -> tuple[Line, ...]:
    return (line(60, 60, "some words on a page", confidence=confidence),)


def test_a_page_that_reads_badly_is_read_again_upside_down() -> None:
    _, turns = orientation.best(
        upside_down(0.6), read=lambda turns: upside_down(0.97), stands=lambda columns: True
    )
    assert turns == 2


def test_a_page_that_reads_well_is_read_once() -> None:
    def never(turns: int) -> tuple[Line, ...]:
        raise AssertionError(turns)

    assert orientation.best(upside_down(0.95), read=never, stands=lambda columns: True)[1] == 0


def test_columns_of_chinese_are_no_page_on_its_side() -> None:
    column = replace(line(60, 60, "天高地遠日月其行"), vertical=True)
    wide = (line(60, 60, "天高地遠日月其行"),)
    upright = orientation.best((column,), read=lambda turns: wide, stands=lambda columns: True)
    on_its_side = orientation.best((column,), read=lambda turns: wide, stands=lambda columns: False)
    assert (upright[1], on_its_side[1]) == (0, 1)


def test_specks_over_capitals_are_no_accents_but_real_ones_stay() -> None:
    stray = [
        line(60, 60, "40170 SETIA ÁLAM NEAR THE OLD MARKET PLACE"),
        line(60, 99, "AND A LOT OF OTHER PLAIN TEXT"),
    ]
    german = [line(60, 60, "Müller ÄÖÜ")]
    assert "ALAM" in without_stray_accents(stray)[0].text
    assert without_stray_accents(german)[0].text == "Müller ÄÖÜ"
