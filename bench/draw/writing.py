"""Handwriting in Chinese and English, and an old text in columns."""

from __future__ import annotations

import random

from bench.draw.paper import Drawn, Paper

_ENGLISH = (
    "The boat left at seven",
    "and nobody had brought a lamp.",
    "We counted the lights on shore",
    "until the fog took them.",
    "Please keep the small key",
    "for the winter visitors.",
)
_CHINESE = (
    "今天早上河边起了雾",
    "我们沿着石阶慢慢走",
    "茶馆的灯还没有亮",
    "回来时买了两斤橘子",
    "晚上给家里写了信",
)
_OLD = ("天高地遠日月其行", "山川草木各有其時", "水流不息以成江海", "風雨晦明四時之常")
_FACES = {"en": ("hand", "note", "script"), "zh": ("pen", "kai")}


def draw(rng: random.Random, name: str) -> Drawn:
    """A page of handwriting-like letters on ruled paper."""
    language = rng.choice(("en", "zh"))
    face = rng.choice(_FACES[language])
    lines = rng.sample(_ENGLISH if language == "en" else _CHINESE, 4)
    paper = Paper.blank(1100, 200 + 120 * len(lines), (250, 248, 238))
    for row, line in enumerate(lines):
        y = 110 + 120 * row
        paper.pen.line((60, y + 66, 1040, y + 66), fill=(190, 205, 220), width=2)
        paper.write(
            90 + rng.randrange(30),
            y + rng.randrange(-6, 6),
            line,
            size=58,
            face=face,
            ink=(30, 40, 110),
            at=f"/lines/{row}",
        )
    paper.expected = {"lines": lines, "text": "\n".join(lines), "language": language}
    return paper.done("handwriting", name)


def draw_old(rng: random.Random, name: str) -> Drawn:
    """Columns from right to left on yellowed paper."""
    columns = rng.sample(_OLD, 3)
    paper = Paper.blank(640, 1000, (233, 219, 186))
    for index, column in enumerate(columns):
        x = 520 - 180 * index
        paper.pen.line((x - 80, 40, x - 80, 960), fill=(120, 90, 70), width=2)
        for row, char in enumerate(column):
            paper.write(
                x,
                110 + 108 * row,
                char,
                size=88,
                face="old",
                ink=(40, 30, 25),
                anchor="mm",
                at=f"/columns/{index}",
            )
    paper.expected = {"columns": columns, "text": "\n".join(columns)}
    return paper.done("ancient_text", name)
