"""Forms: every printed label with what was filled in."""

from __future__ import annotations

from typing import ClassVar, Literal

from schemas.documents.base import Document, Part, called, described


class FormEntry(Part):
    """A label and its filling."""

    key: str | None = described(
        "Key",
        "字段名",
        "The printed label; in a table those of the row and the column.",
        "印刷的字段名；表格中为行名与列名。",
        concept="entry.key",
    )
    value: str | None = described(
        "Value",
        "填写内容",
        "What was filled in; for a checkbox `checked` or `unchecked`.",
        "填写内容；复选框为 checked 或 unchecked。",
        concept="entry.value",
    )
    kind: Literal["text", "checkbox", "signature"] | None = described(
        "Kind", "类型", "Text, checkbox or signature.", "文本、复选框或签名。", concept="entry.kind"
    )


class Form(Document):
    """A filled form (表单)."""

    model_config = called("Form", "表单", "填写过的表单。")
    kind: ClassVar[str] = "form"

    entries: tuple[FormEntry, ...] = described(
        "Entries",
        "条目",
        "Label and filling, in reading order.",
        "字段与内容，按阅读顺序。",
        concept="form.entries",
        default_factory=tuple,
    )
