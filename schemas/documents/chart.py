"""Charts: titles, axes, series."""

from __future__ import annotations

from typing import ClassVar

from schemas.documents.base import Document, Part, called, described


class Point(Part):
    """A value of a series."""

    x: str | None = described("x", "横轴值", "Category or position.", "类别或位置。", concept="chart.point")
    y: float | None = described("y", "纵轴值", "Value.", "数值。", concept="chart.point")


class Series(Part):
    """A row of values under one name."""

    label: str | None = described(
        "Label", "名称", "Name in the legend.", "图例名称。", concept="chart.series_label"
    )
    points: tuple[Point, ...] = described(
        "Points", "数据点", "The values.", "各数据点。", concept="chart.points", default_factory=tuple
    )


class Chart(Document):
    """A chart (图表)."""

    model_config = called("Chart", "图表", "柱状图、折线图、饼图等图表。")
    kind: ClassVar[str] = "chart"

    chart_type: str | None = described(
        "Chart type", "图表类型", "Bar, line, pie ...", "柱状图、折线图、饼图等。", concept="chart.type"
    )
    title: str | None = described(
        "Title", "标题", "Heading of the chart.", "图表标题。", concept="chart.title"
    )
    x_axis: str | None = described(
        "x axis", "横轴", "Name of the horizontal axis.", "横轴名称。", concept="chart.x_axis"
    )
    y_axis: str | None = described(
        "y axis", "纵轴", "Name of the vertical axis.", "纵轴名称。", concept="chart.y_axis"
    )
    series: tuple[Series, ...] = described(
        "Series", "系列", "The rows of values.", "数据系列。", concept="chart.series", default_factory=tuple
    )
    trend: str | None = described(
        "Trend", "趋势", "What the values do, in a sentence.", "用一句话描述趋势。", concept="chart.trend"
    )
