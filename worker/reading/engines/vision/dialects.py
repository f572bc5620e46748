"""The form in which a model was taught to be asked, and answers.

Models that were tuned for one way of asking do much worse by another: NuExtract knows a template, GLM-OCR
an empty object, PaddleOCR-VL nothing but the order to read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from schemas.json_schema.fields import Field
from worker.reading.engines.vision import prompts
from worker.reading.engines.vision.page_text import lines_as_text
from worker.reading.models.registry import Dialect

TRANSCRIBERS: frozenset[Dialect] = frozenset({"paddleocr-vl", "transcript"})
"""Models that only read: the values are found in what they read (`transcribing`)."""


def question(dialect: Dialect, root: Field, name: str, language: str) -> str:
    """The words that ask for these fields of the kind `name`; the answer is a JSON object in all dialects.

    `json` says of every field what the schema says of it, and gives rules; `lines` is the same for a model
    that does not see the page. `nuextract` is the object with a type in the place of each value: types and
    heading as github.com/numindai/nuextract and the chat template of NuExtract 2.0 have them; of NuExtract3
    no other is known here. `glm-ocr` is the object with empty texts behind a Chinese instruction, whatever
    the language of the page (README of zai-org/GLM-OCR).
    """
    if dialect == "nuextract":
        return f"# Template:\n{_indented(_template(root))}"
    if dialect == "glm-ocr":
        return f"请按下列JSON格式输出图中信息:\n{_indented(_emptied(root))}"
    return prompts.extract(root, name, language, shown(dialect))


def shown(dialect: Dialect) -> prompts.PageShown:
    """How the page is shown that is asked about."""
    return "page_in_lines" if dialect == "lines" else "page_in_picture"


def with_page_text(dialect: Dialect, text: str, lines: Sequence[str], language: str) -> str:
    """A question with what a text recogniser reads on the page, where the dialect has a place for that."""
    if not lines or dialect == "glm-ocr":
        return text
    if dialect == "nuextract":
        return f"{text}\n# Context:\n{lines_as_text(lines)}"
    told = prompts.page_lines if dialect == "lines" else prompts.page_text
    return f"{text}\n\n{told(lines, language)}"


def transcription(dialect: Dialect) -> str:
    """The order to read a page; PaddleOCR-VL's is that of its model card."""
    return "OCR:" if dialect == "paddleocr-vl" else prompts.transcribe("en")


def _template(field: Field) -> Any:
    if field.is_object:
        return {child.name: _template(child) for child in field.properties}
    if field.is_array:
        return _listed(field.items)
    if field.enum is not None:
        return [value for value in field.enum if value is not None]
    if "string" in field.types:
        return {"date": "date", "date-time": "date-time"}.get(field.format or "", "verbatim-string")
    return next(iter(field.types))  # number, integer, boolean: NuExtract's names are JSON Schema's


def _listed(items: Field | None) -> list[Any]:
    """A list of one template; of choices, a list in a list, which is several of them."""
    return [] if items is None else [_template(items)]


def _emptied(field: Field) -> Any:
    if field.is_object:
        return {child.name: _emptied(child) for child in field.properties}
    if field.is_array:
        return [] if field.items is None else [_emptied(field.items)]
    return ""


def _indented(template: Any) -> str:
    return json.dumps(template, ensure_ascii=False, indent=4)
