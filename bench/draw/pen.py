"""How hands mark a box: ticks, crosses, fillings and scribbles, within the box or beyond it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points."""


@dataclass(frozen=True, slots=True)
class Pen:
    """A page of a PDF that is marked; `rounded` says that its boxes are circles."""

    page: Any
    rng: random.Random
    rounded: bool


def _stroke(pen: Pen, points: list[Point], *, width: float, shake: float = 0.0) -> None:
    ink = (0.08, 0.1, 0.45)
    moved = [(x + pen.rng.gauss(0, shake), y + pen.rng.gauss(0, shake)) for x, y in points]
    pen.page.draw_polyline(moved, color=ink, width=width)


def _tick(reach: float, shake: float) -> Callable[[Pen, Box], None]:
    def draw(pen: Pen, box: Box) -> None:
        x0, y0, x1, y1 = box
        side = x1 - x0
        points = [
            (x0 + 0.15 * side, y0 + 0.5 * side),
            (x0 + 0.42 * side, y1 - 0.15 * side),
            (x1 + reach * side, y0 - reach * side),
        ]
        _stroke(pen, points, width=pen.rng.uniform(0.9, 1.5), shake=shake * side)

    return draw


def _cross(reach: float, shake: float) -> Callable[[Pen, Box], None]:
    def draw(pen: Pen, box: Box) -> None:
        x0, y0, x1, y1 = box
        out = reach * (x1 - x0)
        width = pen.rng.uniform(0.8, 1.4)
        _stroke(pen, [(x0 - out, y0 - out), (x1 + out, y1 + out)], width=width, shake=shake * (x1 - x0))
        _stroke(pen, [(x1 + out, y0 - out), (x0 - out, y1 + out)], width=width, shake=shake * (x1 - x0))

    return draw


def _fill(pen: Pen, box: Box) -> None:
    x0, y0, x1, y1 = box
    inset = 0.22 * (x1 - x0)
    inner = (x0 + inset, y0 + inset, x1 - inset, y1 - inset)
    draw = pen.page.draw_oval if pen.rounded else pen.page.draw_rect
    draw(inner, color=(0, 0, 0), fill=(0, 0, 0), width=0)


def _scribble(reach: float) -> Callable[[Pen, Box], None]:
    def draw(pen: Pen, box: Box) -> None:
        x0, y0, x1, y1 = box
        side, turns = x1 - x0, 9
        points = []
        for turn in range(turns):
            x = x0 + side * (turn + 0.5) / turns + pen.rng.gauss(0, 0.04 * side)
            y = (y0 + 0.1 * side - reach * side) if turn % 2 else (y1 - 0.1 * side + reach * side)
            points.append((x, y + pen.rng.gauss(0, 0.04 * side)))
        _stroke(pen, points, width=0.8)

    return draw


MARKS: Mapping[str, Callable[[Pen, Box], None]] = {
    "tick": _tick(-0.12, 0.02),
    "cross": _cross(-0.15, 0.02),
    "filled": _fill,
    "tick that leaves": _tick(0.25, 0.05),
    "cross that leaves": _cross(0.12, 0.05),
    "scribble": _scribble(0.0),
    "scribble that leaves": _scribble(0.1),
}
