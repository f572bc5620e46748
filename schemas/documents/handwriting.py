"""Handwritten pages, in Chinese and English."""

from __future__ import annotations

from typing import ClassVar, Literal

from schemas.documents.base import Document, called, described


class Handwriting(Document):
    """A handwritten page (手写文稿)."""

    model_config = called("Handwriting", "手写文稿", "手写的页面。")
    kind: ClassVar[str] = "handwriting"

    lines: tuple[str, ...] = described(
        "Lines",
        "各行",
        "The written lines, in reading order.",
        "手写各行，按阅读顺序。",
        concept="transcript.lines",
        default_factory=tuple,
    )
    text: str | None = described(
        "Text", "全文", "The lines as running text.", "连贯的全文。", concept="transcript.text"
    )
    language: Literal["zh", "en", "mixed"] | None = described(
        "Language", "语言", "Language of the writing.", "书写语言。", concept="transcript.language"
    )
