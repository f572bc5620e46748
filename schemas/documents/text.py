"""Plain reading: every line of every page, and the blocks that they make up."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from schemas.documents.base import Document, Part, called, described

BlockType: TypeAlias = Literal["title", "paragraph", "list", "table", "caption", "header", "footer"]


class TableRow(Part):
    """A row of a table."""

    cells: tuple[str | None, ...] = described(
        "Cells",
        "单元格",
        "The row's cells from the first column to the last; null for an empty one.",
        "该行各列的单元格；空单元格为 null。",
        concept="block.cells",
        default_factory=tuple,
    )


class TextBlock(Part):
    """A block of a page: `items` of a list, `rows` of a table, the `text` of any other."""

    type: BlockType | None = described(
        "Type",
        "类型",
        "What the block is; header and footer are what stands in the page's margins, such as its number.",
        "块的类型；header 和 footer 为页眉、页脚与页码。",
        concept="block.type",
    )
    level: int | None = described(
        "Level",
        "级别",
        "Of a title: 1 for the largest titles of the document, up to 6; else null.",
        "标题的级别：文档中最大的标题为 1，至多 6；其他为 null。",
        concept="block.level",
        ge=1,
        le=6,
    )
    text: str | None = described(
        "Text",
        "文字",
        "Its running text, words that lines break joined again; null for a list or a table.",
        "连贯的文字，跨行的词已合并；列表和表格为 null。",
        concept="block.text",
    )
    items: tuple[str, ...] = described(
        "Items",
        "列表项",
        "Of a list: its items in order, each with the bullet or number before it; else empty.",
        "列表的各项，按顺序，带项目符号或编号；其他为空。",
        concept="block.items",
        default_factory=tuple,
    )
    rows: tuple[TableRow, ...] = described(
        "Rows",
        "表格行",
        "Of a table: its rows from the top down, its head first; else empty.",
        "表格的各行，自上而下，表头在前；其他为空。",
        concept="block.rows",
        default_factory=tuple,
    )


class TextPage(Part):
    """The lines of a page, and the blocks that these make up."""

    lines: tuple[str, ...] = described(
        "Lines",
        "各行",
        "Lines in reading order.",
        "各行文字，按阅读顺序。",
        concept="page.lines",
        default_factory=tuple,
    )
    blocks: tuple[TextBlock, ...] = described(
        "Blocks",
        "各块",
        "The same text as titles, paragraphs, lists, tables and so on, in reading order; each line in one.",
        "同样的文字，按阅读顺序分为标题、段落、列表、表格等；每行只属于一块。",
        concept="page.blocks",
        default_factory=tuple,
    )


class Text(Document):
    """The text of a document (全文)."""

    model_config = called("Text", "全文", "整份文件的文字。")
    kind: ClassVar[str] = "text"
    version: ClassVar[int] = 2

    pages: tuple[TextPage, ...] = described(
        "Pages",
        "各页",
        "The pages in order.",
        "各页，按顺序。",
        concept="transcript.pages",
        default_factory=tuple,
    )
