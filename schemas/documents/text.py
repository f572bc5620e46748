"""Plain reading: every line of every page."""

from __future__ import annotations

from typing import ClassVar

from schemas.documents.base import Document, Part, described


class TextPage(Part):
    """The lines of a page."""

    lines: tuple[str, ...] = described(
        "Lines",
        "各行",
        "Lines in reading order.",
        "各行文字，按阅读顺序。",
        concept="page.lines",
        default_factory=tuple,
    )


class Text(Document):
    """The text of a document (全文)."""

    kind: ClassVar[str] = "text"
    title_zh: ClassVar[str] = "全文"

    pages: tuple[TextPage, ...] = described(
        "Pages",
        "各页",
        "The pages in order.",
        "各页，按顺序。",
        concept="transcript.pages",
        default_factory=tuple,
    )
