"""A vision engine with a generator that says what it is told to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from schemas import registry
from schemas.json_schema.answer import answer_schema
from schemas.page import Box, Line, even_edges
from worker.reading.engines.base import Request, RequestContext
from worker.reading.engines.vision.base import Answer, Finish, Message, Prompt
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines

SHOP = registry.from_json_schema(
    {
        "type": "object",
        "required": ["shop"],
        "properties": {
            "shop": {"type": "string"},
            "total": {"type": "number"},
            "paid": {"type": "boolean"},
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "price": {"type": "number"}},
                },
            },
        },
    },
    name="shop",
)
WHITE = np.full((600, 400, 3), 255, dtype=np.uint8)


def said(data: object, finish: Finish = Finish.STOP) -> Answer:
    return Answer(json.dumps(data, ensure_ascii=False), finish, completion_tokens=7)


def page(number: int, height: int = 600) -> Page:
    return Page(number, WHITE[:height])


def blind(page: Page) -> PageLines:
    return PageLines(page.number, page.width, page.height)


def its_height(page: Page) -> PageLines:
    """A page on which its height stands."""
    text, box = str(page.picture.shape[0]), Box(0.1, 0.1, 0.4, 0.2)
    return replace(blind(page), lines=(Line(text, box, 1.0, even_edges(box, len(text))),))


def engine(script: Any, *, rows: int = 4) -> VisionEngine:
    generation = GenerationLimits(BatchLimits(rows=rows, wait=0.01), max_tokens=256)
    return VisionEngine(ScriptedGenerator(script, rows=rows), generation=generation, line_source=its_height)


def read(
    script: Any, pages: Sequence[Page], schema: registry.Schema = SHOP, context: RequestContext | None = None
) -> Any:
    made = engine(script)
    try:
        reply = made.read(Request(schema, pages, len(pages), context or RequestContext()))
    finally:
        made.close()
    return reply


PROMPT = Prompt(WHITE, (Message("user", "read"),), answer_schema(SHOP.root), max_tokens=100)
