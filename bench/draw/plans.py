"""Floor plans with rooms, chains of lengths, notes and a tiled watermark."""

from __future__ import annotations

import random
from typing import Any

from PIL import Image, ImageDraw

from bench.draw.paper import Drawn, Paper, font

_ROOMS = ("客厅", "主卧", "次卧", "厨房", "卫生间", "书房", "餐厅", "阳台", "儿童房", "衣帽间")


def draw(rng: random.Random, name: str) -> Drawn:
    """A grid of rooms inside outer walls."""
    paper = Paper.blank(1200, 1000)
    left, top, right, bottom = 170, 190, 1030, 850
    across = [rng.randrange(28, 48) * 100 for _ in range(3)]
    down = [rng.randrange(30, 46) * 100 for _ in range(2)]
    xs, ys = _marks(left, right, across), _marks(top, bottom, down)
    rooms: list[dict[str, Any]] = []
    for index, title in enumerate(rng.sample(_ROOMS, 6)):
        column, row = index % 3, index // 3
        area = round(across[column] * down[row] / 1e6 * 0.92, 1)
        box = (xs[column], ys[row], xs[column + 1], ys[row + 1])
        paper.pen.rectangle(box, outline=(30, 30, 30), width=7)
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        paper.write(x, y - 20, title, size=30, anchor="mm", at=f"/rooms/{index}/name")
        paper.write(x, y + 18, f"{area}㎡", size=24, anchor="mm", at=f"/rooms/{index}/area_m2")
        rooms.append({"name": title, "area_m2": area})
    for index, length in enumerate(across):
        x = (xs[index] + xs[index + 1]) / 2
        paper.write(x, top - 50, str(length), size=22, anchor="mm", at=f"/outer_dimensions/top/{index}")
        paper.write(x, bottom + 50, str(length), size=22, anchor="mm", at=f"/outer_dimensions/bottom/{index}")
    layout, title, note = f"{rng.randrange(2, 5)}室2厅", "A户型平面图", "单位：毫米"
    paper.write(600, 60, title, size=36, anchor="mm", at="/title")
    paper.write(600, 112, layout, size=28, anchor="mm", at="/layout")
    paper.write(60, 950, note, size=24)
    total = round(sum(room["area_m2"] for room in rooms) * 1.1, 1)
    end = paper.write(820, 930, "建筑面积 ", size=26)
    paper.write(end, 930, f"{total}㎡", size=26, at="/total_area_m2")
    paper.expected = {
        "title": title,
        "layout": layout,
        "total_area_m2": total,
        "rooms": rooms,
        "watermark": "青禾找房",
        "outer_dimensions": {"unit": "mm", "top": across, "bottom": across},
    }
    _watermark(paper, "青禾找房")
    return paper.done("floor_plan", name)


def _marks(start: int, end: int, lengths: list[int]) -> list[float]:
    marks = [float(start)]
    for length in lengths:
        marks.append(marks[-1] + (end - start) * length / sum(lengths))
    return marks


def _watermark(paper: Paper, text: str) -> None:
    """Pale and tiled, clear of the labels it would otherwise hide."""
    layer = Image.new("RGBA", paper.image.size, (255, 255, 255, 0))
    pen = ImageDraw.Draw(layer)
    for x, y in ((300, 235), (600, 235), (900, 235), (300, 800), (600, 800), (900, 800), (400, 950)):
        pen.text((x, y), text, font=font("sans", 34), fill=(120, 120, 120, 110), anchor="mm")
    paper.image.paste(layer, mask=layer)
