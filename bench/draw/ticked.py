"""Forms with tick boxes and radio buttons: boxes of every make, marked by every hand, digital or scanned."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pymupdf

from bench.draw.copier import scanned_page
from bench.draw.paper import font_file
from bench.draw.pen import MARKS, Pen

Box = tuple[float, float, float, float]
"""Left, top, right, bottom: points on a PDF, fractions of the page once drawn."""

_WIDTH, _HEIGHT = 595.0, 842.0
_QUESTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Delivery", ("Courier", "Post", "Collection")),
    ("Meals", ("Vegetarian", "Fish", "Poultry")),
    ("Heating", ("Gas", "Oil", "District")),
    ("Employment", ("Permanent", "Temporary", "Retired")),
    ("Insured", ("Yes", "No")),
    ("Smoker", ("Yes", "No")),
    ("Owner", ("Landlord", "Tenant")),
    ("Fuel", ("Petrol", "Diesel", "Electric")),
    ("Size", ("Small", "Medium", "Large")),
    ("Contact", ("Letter", "Telephone", "Courier visit")),
    ("Parking", ("Garage", "Street", "None")),
    ("Membership", ("Junior", "Adult", "Family")),
    ("Floor covering", ("Oak", "Tile", "Carpet")),
    ("Language", ("Danish", "Dutch", "Polish")),
    ("Shift", ("Early", "Late", "Night")),
)
_GRID = ("Poor", "Fair", "Good", "Excellent")
_ASPECTS = ("Staff", "Rooms", "Location", "Breakfast", "Value", "Quiet")


@dataclass(frozen=True, slots=True)
class DrawnBox:
    """A box on a page in fractions of it, whether it is marked, and how it was drawn."""

    box: Box
    chosen: bool
    style: str


@dataclass(frozen=True, slots=True)
class TickedForm:
    """A file with boxes; `answers` are the chosen options of questions with one, by question."""

    name: str
    suffix: str
    data: bytes
    boxes: tuple[DrawnBox, ...]
    questions: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, str]


@dataclass(slots=True)
class _Sheet:
    """The page that is drawn on, and what stands on it."""

    rng: random.Random
    page: Any
    frame: str
    mark: str
    side: float
    face: str
    boxes: list[DrawnBox] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    questions: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def write(self, x: float, y: float, text: str, *, size: float = 10.0) -> float:
        """Set a text by its baseline; returns where it ends."""
        font = pymupdf.Font(fontfile=str(font_file(self.face)))
        self.page.insert_text((x, y), text, fontsize=size, fontname=self.face, fontfile=font_file(self.face))
        return x + float(font.text_length(text, fontsize=size))

    def box(self, x: float, baseline: float, *, chosen: bool) -> float:
        """Draw a box that stands on a line; returns where it ends."""
        place = _FRAMES[self.frame](self, x, baseline, chosen)
        if chosen and self.frame not in _MARKED_THEMSELVES:
            MARKS[self.mark](Pen(self.page, self.rng, rounded=self.frame == "circle"), place)
        fractions = (place[0] / _WIDTH, place[1] / _HEIGHT, place[2] / _WIDTH, place[3] / _HEIGHT)
        style = self.frame if self.frame in _MARKED_THEMSELVES else f"{self.frame}, {self.mark}"
        self.boxes.append(DrawnBox(fractions, chosen, style))
        return place[2]


def ticked_form(rng: random.Random, frame: str, mark: str, *, dpi: int | None) -> TickedForm:
    """A form with one make of boxes and one way to mark them; scanned at `dpi`, or a PDF."""
    document = pymupdf.open()
    page = document.new_page(width=_WIDTH, height=_HEIGHT)
    face = rng.choice(("latin", "serif"))
    sheet = _Sheet(rng, page, frame, mark, rng.uniform(8, 12), face)
    sheet.write(50, 60, rng.choice(("Registration", "Enquiry", "Application")), size=15)
    sheet.write(50, 84, "Name:")
    sheet.write(150, 84, rng.choice(("Laura Whitcombe", "Otto Brandt", "Ines Duarte")))
    y = 112.0
    layouts = list(_LAYOUTS)
    rng.shuffle(layouts)
    asked = rng.sample(_QUESTIONS, 6)
    for number, (question, options) in enumerate(asked):
        y = _LAYOUTS[layouts[number % len(layouts)]](sheet, y, question, options) + rng.uniform(14, 22)
    y = _grid(sheet, y)
    sheet.write(50, y + 20, "Signature and date:")
    data = document.tobytes(deflate=True, no_new_id=True)
    boxes = tuple(sheet.boxes)
    if dpi is None:
        return TickedForm(frame, ".pdf", data, boxes, sheet.questions, sheet.answers)
    picture, places = scanned_page(rng, document[0], [one.box for one in boxes], dpi=dpi)
    boxes = tuple(replace(one, box=place) for one, place in zip(boxes, places, strict=True))
    return TickedForm(frame, ".jpg", picture, boxes, sheet.questions, sheet.answers)


def _inline(sheet: _Sheet, y: float, question: str, options: tuple[str, ...], *, right: bool) -> float:
    chosen = _ask(sheet, question, options)
    sheet.write(50, y, f"{question}:")
    x = 150.0
    for option in options:
        if right:
            x = sheet.write(sheet.box(x, y, chosen=option == chosen) + 5, y, option) + 24
        else:
            x = sheet.box(sheet.write(x, y, option) + 5, y, chosen=option == chosen) + 24
    return y


def _labels_right(sheet: _Sheet, y: float, question: str, options: tuple[str, ...]) -> float:
    return _inline(sheet, y, question, options, right=True)


def _labels_left(sheet: _Sheet, y: float, question: str, options: tuple[str, ...]) -> float:
    return _inline(sheet, y, question, options, right=False)


def _listed(sheet: _Sheet, y: float, question: str, options: tuple[str, ...]) -> float:
    chosen = _ask(sheet, question, options)
    sheet.write(50, y, f"{question}:")
    for option in options:
        y += 19
        sheet.write(sheet.box(62, y, chosen=option == chosen) + 6, y, option)
    return y


def _grid(sheet: _Sheet, y: float) -> float:
    """Rows of aspects under columns of grades."""
    columns = [190 + 80 * index for index in range(len(_GRID))]
    for x, grade in zip(columns, _GRID, strict=True):
        sheet.write(x - 8, y, grade)
    for aspect in sheet.rng.sample(_ASPECTS, 3):
        y += 21
        chosen = _ask(sheet, aspect, _GRID)
        sheet.write(50, y, aspect)
        for x, grade in zip(columns, _GRID, strict=True):
            sheet.box(x, y, chosen=grade == chosen)
    return y


def _ask(sheet: _Sheet, question: str, options: tuple[str, ...]) -> str:
    sheet.questions[question] = options
    sheet.answers[question] = sheet.rng.choice(options)
    return sheet.answers[question]


_LAYOUTS: Mapping[str, Callable[[_Sheet, float, str, tuple[str, ...]], float]] = {
    "labels right": _labels_right,
    "labels left": _labels_left,
    "list": _listed,
}


def _place(sheet: _Sheet, x: float, baseline: float) -> Box:
    top = baseline - 3.6 - sheet.side / 2
    return (x, top, x + sheet.side, top + sheet.side)


def _square(
    width: float, colour: float, radius: float | None = None
) -> Callable[[_Sheet, float, float, bool], Box]:
    def draw(sheet: _Sheet, x: float, baseline: float, _chosen: bool) -> Box:
        place = _place(sheet, x, baseline)
        sheet.page.draw_rect(place, color=(colour,) * 3, width=width, radius=radius)
        return place

    return draw


def _circle(sheet: _Sheet, x: float, baseline: float, _chosen: bool) -> Box:
    place = _place(sheet, x, baseline)
    sheet.page.draw_oval(place, color=(0, 0, 0), width=0.8)
    return place


def _glyph(empty: str, marked: str) -> Callable[[_Sheet, float, float, bool], Box]:
    def draw(sheet: _Sheet, x: float, baseline: float, chosen: bool) -> Box:
        font, size = font_file("latin"), sheet.side * 1.25
        sign = marked if chosen else empty
        sheet.page.insert_text((x, baseline), sign, fontsize=size, fontname="signs", fontfile=font)
        wide = pymupdf.Font(fontfile=str(font)).text_length(sign, fontsize=size)
        return (x, baseline - 0.8 * size, x + wide, baseline + 0.15 * size)

    return draw


def _dingbat(sheet: _Sheet, x: float, baseline: float, chosen: bool) -> Box:
    """A box of ZapfDingbats, a check mark of it over the box."""
    size = sheet.side * 1.2
    sheet.page.insert_text((x, baseline), "o", fontsize=size, fontname="zadb")
    if chosen:
        sheet.page.insert_text((x + 0.1 * size, baseline), "4", fontsize=0.9 * size, fontname="zadb")
    return (x, baseline - 0.72 * size, x + 0.76 * size, baseline + 0.02 * size)


def _brackets(sheet: _Sheet, x: float, baseline: float, chosen: bool) -> Box:
    end = sheet.write(x, baseline, "[x]" if chosen else "[ ]")
    return (x, baseline - 9, end, baseline + 2)


def _field(sheet: _Sheet, x: float, baseline: float, chosen: bool) -> Box:
    place = _place(sheet, x, baseline)
    widget = pymupdf.Widget()
    widget.field_type = pymupdf.PDF_WIDGET_TYPE_CHECKBOX
    widget.field_name = f"box {len(sheet.boxes)}"
    widget.rect = pymupdf.Rect(place)
    widget.border_color, widget.border_width = (0, 0, 0), 1
    widget.field_value = chosen
    sheet.page.add_widget(widget)
    return place


_FRAMES: Mapping[str, Callable[[_Sheet, float, float, bool], Box]] = {
    "square": _square(0.8, 0),
    "thick": _square(1.5, 0),
    "circle": _circle,
    "signs": _glyph("☐", "☒"),
    "field": _field,
    "rounded": _square(0.9, 0, 0.15),
    "grey": _square(0.7, 0.45),
    "hairline": _square(0.4, 0),
    "checked signs": _glyph("☐", "☑"),
    "round signs": _glyph("○", "●"),
    "dingbats": _dingbat,
    "brackets": _brackets,
}
_MARKED_THEMSELVES = frozenset({"signs", "field", "checked signs", "round signs", "dingbats", "brackets"})


CHOSEN_ON: tuple[tuple[str, str], ...] = (
    ("square", "tick"),
    ("square", "cross"),
    ("square", "tick that leaves"),
    ("thick", "cross"),
    ("square", "filled"),
    ("circle", "filled"),
    ("circle", "tick"),
    ("signs", ""),
    ("field", ""),
)
"""Frames and marks that were looked at while the finder was built."""
HELD_OUT: tuple[tuple[str, str], ...] = (
    ("rounded", "tick"),
    ("rounded", "cross that leaves"),
    ("grey", "cross"),
    ("grey", "tick that leaves"),
    ("hairline", "tick"),
    ("hairline", "scribble"),
    ("square", "scribble that leaves"),
    ("circle", "cross"),
    ("checked signs", ""),
    ("round signs", ""),
    ("dingbats", ""),
    ("brackets", ""),
)
"""Those that were only reported."""


def save(form: TickedForm, folder: Path, number: int) -> Path:
    """Write a form into a folder."""
    file = folder / f"{number}{form.suffix}"
    file.write_bytes(form.data)
    return file
