"""Floor plans: listings and CAD sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Literal

from schemas import pointer
from schemas.documents.base import Document, Part, called, described
from schemas.documents.rules import amount, warning
from schemas.record import Issue

# Areas are measured along the walls, dimensions at the widest place, so they agree only roughly.
_TOLERANCE = Decimal("0.15")


def areas_match_dimensions(data: Mapping[str, Any]) -> Iterator[Issue]:
    """A room is not larger than its two sides multiplied."""
    for index, room in enumerate(data.get("rooms") or ()):
        area, sides = amount(room.get("area_m2")), _sides(room.get("dimensions"))
        if area is None or sides is None:
            continue
        product = sides[0] * sides[1]
        if area > product * (1 + _TOLERANCE):
            path = pointer.join("rooms", index, "area_m2")
            message = f"{area} m2 is more than its sides allow ({product:.2f} m2)"
            yield warning("area_mismatch", path, message)


def rooms_fit_total(data: Mapping[str, Any]) -> Iterator[Issue]:
    """The rooms together are not larger than the whole."""
    total = amount(data.get("total_area_m2"))
    areas = [amount(room.get("area_m2")) for room in data.get("rooms") or ()]
    known = [area for area in areas if area is not None]
    if total is not None and known and sum(known) > total * (1 + _TOLERANCE):
        message = f"the rooms add up to {sum(known)} m2, but the whole is {total} m2"
        yield warning("area_mismatch", "/total_area_m2", message)


def _sides(printed: str | None) -> tuple[Decimal, Decimal] | None:
    """Two sides in metres; millimetres are known by their size."""
    found = re.findall(r"\d+(?:\.\d+)?", printed or "")
    if len(found) != 2 or "'" in (printed or "") or "ft" in (printed or "").lower():
        return None
    first, second = (Decimal(digits) for digits in found)
    scale = Decimal(1000) if min(first, second) >= 300 else Decimal(1)
    return first / scale, second / scale


class Room(Part):
    """A named space."""

    name: str | None = described(
        "Name", "名称", "Name of the room as printed.", "房间名称。", concept="room.name"
    )
    area_m2: float | None = described(
        "Area",
        "面积",
        "Printed area in square metres.",
        "图上标注的面积（平方米）。",
        concept="room.area",
        ge=0,
    )
    dimensions: str | None = described(
        "Dimensions",
        "尺寸",
        "Sides as printed, metric where both are.",
        "长宽尺寸，优先公制。",
        concept="room.dimensions",
    )
    dimensions_alt: str | None = described(
        "Dimensions, other unit",
        "其他单位尺寸",
        "Sides in the second unit.",
        "第二种单位的尺寸。",
        concept="room.dimensions_alt",
    )


class OuterDimensions(Part):
    """The chains of lengths along the four sides, left to right and top to bottom."""

    unit: Literal["mm", "cm", "m", "ft", "in"] | None = described(
        "Unit", "单位", "Unit of the lengths.", "长度单位。", concept="chain.unit"
    )
    top: tuple[float, ...] = described(
        "Top", "上", "Along the top.", "上方尺寸链。", concept="chain.top", default_factory=tuple
    )
    right: tuple[float, ...] = described(
        "Right", "右", "Along the right side.", "右侧尺寸链。", concept="chain.right", default_factory=tuple
    )
    bottom: tuple[float, ...] = described(
        "Bottom", "下", "Along the bottom.", "下方尺寸链。", concept="chain.bottom", default_factory=tuple
    )
    left: tuple[float, ...] = described(
        "Left", "左", "Along the left side.", "左侧尺寸链。", concept="chain.left", default_factory=tuple
    )


class FloorPlan(Document):
    """A floor plan (户型图)."""

    model_config = called("Floor plan", "户型图", "房屋的户型图或平面图。")
    kind: ClassVar[str] = "floor_plan"
    rules = (areas_match_dimensions, rooms_fit_total)

    title: str | None = described("Title", "标题", "Heading of the plan.", "图纸标题。", concept="plan.title")
    layout: str | None = described(
        "Layout", "户型", "Such as 3室2厅.", "例如 3室2厅。", concept="plan.layout"
    )
    floor: str | None = described(
        "Floor", "楼层", "Which floor is drawn.", "所绘楼层。", concept="plan.floor"
    )
    total_area_m2: float | None = described(
        "Total area",
        "总面积",
        "Printed area of the whole in square metres.",
        "标注的总面积（平方米）。",
        concept="plan.total_area",
        ge=0,
    )
    rooms: tuple[Room, ...] = described(
        "Rooms", "房间", "The named spaces.", "各房间。", concept="plan.rooms", default_factory=tuple
    )
    outer_dimensions: OuterDimensions | None = described(
        "Outer dimensions",
        "外围尺寸",
        "Chains of lengths along the sides.",
        "四边的尺寸链。",
        concept="plan.outer_dimensions",
    )
    annotations: tuple[str, ...] = described(
        "Annotations",
        "注释",
        "Every other text on the plan.",
        "图上其他文字。",
        concept="plan.annotations",
        default_factory=tuple,
    )
    watermark: str | None = described(
        "Watermark", "水印", "Text laid over the drawing.", "叠加在图上的水印文字。", concept="plan.watermark"
    )
