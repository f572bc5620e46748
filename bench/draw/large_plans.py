"""Sheets too large to be seen at once: building plans whose room names are a few pixels high."""

from __future__ import annotations

import random

from bench.draw.paper import Drawn, Paper

LONG, SHORT = 4757, 3363
"""Pixels of an A0 sheet at 102 dots per inch, all that a page may have by default."""

_ROOMS = (
    "Office",
    "Meeting room",
    "Archive",
    "Kitchen",
    "Corridor",
    "Store",
    "Plant room",
    "Server room",
    "Reception",
    "Workshop",
    "Lobby",
    "Laboratory",
    "Stairs",
    "Lift",
    "Library",
    "Canteen",
)
_LETTERS = (10, 11, 12, 14, 16)  # pixels: print of 7 to 11 points
_LINE = (70, 70, 70)


def draw(rng: random.Random, name: str) -> Drawn:
    """Storeys as grids of numbered rooms, a large title in a corner; `rooms` is what must be read."""
    upright = rng.random() < 0.3
    paper = Paper.blank(*((SHORT, LONG) if upright else (LONG, SHORT)))
    width, height = paper.image.size
    size = rng.choice(_LETTERS)
    columns, rows = rng.randrange(8, 13), rng.randrange(7, 11)
    step_x, step_y = (width - 500) / columns, (height - 700) / rows
    names = []
    for row in range(rows):
        for column in range(columns):
            x, y = 200 + column * step_x, 200 + row * step_y
            paper.pen.rectangle((x, y, x + step_x, y + step_y), outline=_LINE, width=rng.choice((1, 2, 3)))
            paper.pen.arc((x, y, x + 60, y + 60), 0, 90, fill=_LINE)
            title, number = rng.choice(_ROOMS), f"{rng.randrange(1, 9)}.{row:02d}.{column:02d}"
            at = (x + step_x * rng.uniform(0.25, 0.6), y + step_y * rng.uniform(0.3, 0.6))
            paper.write(*at, title, size=size, face="latin", anchor="mm")
            paper.write(at[0], at[1] + 1.6 * size, number, size=size, face="latin", anchor="mm")
            names += [title, number]
    if rng.random() < 0.7:
        paper.write(width - 1200, height - 420, "GROUND FLOOR", size=90, face="bold")
        paper.write(width - 1200, height - 280, "Sheet A-101, scale 1:50", size=48, face="latin")
    paper.expected = {"rooms": names}
    return paper.done("sheet", name)
