"""Old Chinese pages: woodblock prints and manuscripts in vertical columns."""

from __future__ import annotations

from typing import ClassVar

from schemas.documents.base import Document, called, described


class AncientText(Document):
    """A page of vertical columns (古籍)."""

    model_config = called("Ancient text", "古籍", "竖排古籍的页面。")
    kind: ClassVar[str] = "ancient_text"

    columns: tuple[str, ...] = described(
        "Columns",
        "各列",
        "Columns from right to left; small double-line notes in brackets.",
        "自右向左各列；双行小注放在括号中。",
        concept="transcript.columns",
        default_factory=tuple,
    )
    text: str | None = described(
        "Text",
        "全文",
        "The columns joined by line breaks.",
        "各列以换行相连。",
        concept="transcript.column_text",
    )
