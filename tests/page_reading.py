"""Reading pages with a model that says what it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from schemas import registry
from schemas.page import Box, Line, even_edges
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.vision.base import Answer, Finish, Prompt, Token
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines

Data = dict[str, Any]


def line(text: str, top: float, height: float = 0.02, left: float = 0.1) -> Line:
    box = Box(left, top, min(1.0, left + 0.012 * len(text)), top + height)
    return Line(text, box, 0.99, even_edges(box, len(text)))


def told(data: Data, finish: Finish = Finish.STOP, logprob: float = -0.01) -> Answer:
    text = json.dumps(data)
    tokens = tuple(Token(at, at + 1, logprob) for at in range(len(text)))
    return Answer(text, finish, tokens, completion_tokens=7)


def read(
    script: Callable[[Prompt], Answer], schema: registry.Schema, *pages: tuple[Line, ...], **options: Any
) -> tuple[Reading, list[list[Prompt]]]:
    """What the engine makes of pages with these lines, and the batches that the model was asked."""
    size = options.pop("size", (600, 400, 3))
    marks = options.pop("marks", ())
    model = ScriptedGenerator(script)

    def lines_of(page: Page) -> PageLines:
        empty = PageLines(page.number, page.width, page.height)
        return replace(empty, lines=pages[page.number - 1], marks=marks)

    generation = GenerationLimits(BatchLimits(rows=8, wait=0.05), max_tokens=256, **options)
    engine = VisionEngine(model, generation=generation, line_source=lines_of)
    height, width, _ = size
    given = [  # of different heights, by which a script can tell them apart
        Page(number, np.full((height + number, width, 3), 255, np.uint8))
        for number in range(1, len(pages) + 1)
    ]
    try:
        return engine.read(Request(schema, given, len(given))), model.batches
    finally:
        engine.close()


def fields_of(prompt: Prompt) -> list[str]:
    assert prompt.schema is not None
    return list(prompt.schema["properties"])


BILL = registry.from_json_schema(
    {"type": "object", "properties": {"shop": {"type": "string"}, "total": {"type": "number"}}}, name="bill"
)
PRINTED = (line("ACME", 0.1), line("Total", 0.5), line("12.50", 0.5, left=0.6))


def looking(second: float | None) -> Callable[[Prompt], Answer]:
    """A model that is unsure of the total at first, and says something of it when asked for it alone."""

    def script(prompt: Prompt) -> Answer:
        if fields_of(prompt) == ["total"]:
            return told({"total": second})
        text = '{"shop": "ACME", "total": 12.5}'
        unsure = tuple(Token(at, at + 1, -1.2 if text[at] in "125." else -0.01) for at in range(len(text)))
        return Answer(text, Finish.STOP, unsure)

    return script
