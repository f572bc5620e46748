"""Any picture, described in words."""

from __future__ import annotations

from typing import ClassVar

from schemas.documents.base import Document, called, described


class Description(Document):
    """A description (图像描述)."""

    model_config = called("Description", "图像描述", "用文字描述的图像。")
    kind: ClassVar[str] = "description"

    summary: str | None = described(
        "Summary",
        "概要",
        "What the picture shows, in a sentence.",
        "一句话概括图像内容。",
        concept="picture.summary",
    )
    visible_text: tuple[str, ...] = described(
        "Visible text",
        "可见文字",
        "Every text in the picture.",
        "图中所有文字。",
        concept="picture.text",
        default_factory=tuple,
    )
    objects: tuple[str, ...] = described(
        "Objects",
        "物体",
        "Things to be seen.",
        "图中物体。",
        concept="picture.objects",
        default_factory=tuple,
    )
    details: str | None = described(
        "Details", "细节", "A fuller description.", "更详细的描述。", concept="picture.details"
    )
