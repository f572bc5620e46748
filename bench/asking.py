"""How often a model is asked for what: `python -m bench.asking`.

On the scripted model, which answers every prompt rightly or, where that is meant, without being sure: rows (prompts that
are answered), batches of at most eight rows, and the values that came. A forward of the question is one for each
row; what the answers' tokens take is the same however they are asked for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from schemas import pointer, registry
from schemas.page import Box, Line, even_edges
from schemas.registry import Schema
from worker.reading.engines.base import Request
from worker.reading.engines.vision.base import Answer, Finish, Prompt, Token
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines

_ROWS = 8
_OF_A_PAGE = 40  # rows of a list
_UNSURE, _SURE = -1.2, -0.01  # natural logarithms of a token's probability

Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What is read: pages by their lines, a schema, and how the model answers."""

    name: str
    schema: Schema
    pages: Sequence[Lines]
    script: Callable[[Prompt], Answer]
    height: int = 1200
    looks: int = 0


def main() -> int:
    print(f"{'case':<34}{'pages':>6}{'fields':>8}{'rows':>6}{'batches':>9}{'values':>8}")
    for case in [
        *map(_wide, (60, 120, 369)),
        *map(_listed, (27, 120, 500)),
        *map(_doubtful, (1, 8)),
        _small(),
    ]:
        reading, batches, fields = _run(case)
        values = sum(value is not None for _, value in pointer.leaves(reading))
        rows = sum(map(len, batches))
        print(f"{case.name:<34}{len(case.pages):>6}{fields:>8}{rows:>6}{len(batches):>9}{values:>8}")
    return 0


def _run(case: Case) -> tuple[dict[str, Any], list[list[Prompt]], int]:
    model = ScriptedGenerator(case.script, rows=_ROWS)

    def lines_of(page: Page) -> PageLines:
        return replace(PageLines(page.number, page.width, page.height), lines=case.pages[page.number - 1])

    generation = GenerationLimits(
        BatchLimits(rows=_ROWS, wait=0.2), pixels=1_000_000, look_below=0.5, looks=case.looks
    )
    engine = VisionEngine(model, generation=generation, line_source=lines_of)
    white = [np.full((case.height + number, 800, 3), 255, np.uint8) for number in range(len(case.pages))]
    pages = [Page(number, picture) for number, picture in enumerate(white, start=1)]
    reading = engine.read(Request(case.schema, pages, len(pages)))
    engine.close()
    fields = [
        field for field in case.schema.root.walk() if field.path and not (field.properties or field.items)
    ]
    return reading.data, model.batches, len(fields)


def _schema(properties: dict[str, Any]) -> Schema:
    return registry.from_json_schema({"type": "object", "properties": properties}, name="case")


def _wide(fields: int) -> Case:
    schema = _schema({f"field_{number}": {"type": "string"} for number in range(fields)})
    return Case(f"{fields} fields", schema, [()], _right)


def _listed(rows: int) -> Case:
    names = [f"row {number}" for number in range(rows)]
    pages = [
        tuple(_line(name, 0.02 + 0.024 * at) for at, name in enumerate(names[start : start + _OF_A_PAGE]))
        for start in range(0, rows, _OF_A_PAGE)
    ]
    item = {"type": "object", "properties": {"name": {"type": "string"}}}

    def script(prompt: Prompt) -> Answer:
        return _said({"rows": [{"name": line.text} for line in pages[_page(prompt, 1200)]]})

    return Case(f"a list of {rows} rows", _schema({"rows": {"type": "array", "items": item}}), pages, script)


def _doubtful(values: int) -> Case:
    names = [f"field_{number}" for number in range(10)]
    page = tuple(_line(f"value of {name}", 0.05 + 0.08 * at) for at, name in enumerate(names))

    def script(prompt: Prompt) -> Answer:
        assert prompt.schema is not None
        asked = list(prompt.schema["properties"])
        unsure = names[:values] if len(asked) > 1 else []
        return _said({name: f"value of {name}" for name in asked}, unsure)

    schema = _schema({name: {"type": "string"} for name in names})
    return Case(f"10 fields, {values} of them in doubt", schema, [page], script, looks=8)


def _small() -> Case:
    page = tuple(_line(f"row {number}", 0.01 + 0.0099 * number, 0.0045) for number in range(100))
    return Case("3 fields in small print", _wide(3).schema, [page], _right, height=3000)


def _right(prompt: Prompt) -> Answer:
    assert prompt.schema is not None
    return _said({name: f"value of {name}" for name in prompt.schema["properties"]})


def _said(data: dict[str, Any], unsure: Sequence[str] = ()) -> Answer:
    text = json.dumps(data)
    doubt = [(text.index(f'"value of {name}"'), len(name) + 12) for name in unsure]
    tokens = tuple(
        Token(at, at + 1, _UNSURE if any(0 <= at - start < length for start, length in doubt) else _SURE)
        for at in range(len(text))
    )
    return Answer(text, Finish.STOP, tokens)


def _line(text: str, top: float, height: float = 0.014) -> Line:
    box = Box(0.1, top, 0.5, top + height)
    return Line(text, box, 0.99, even_edges(box, len(text)))


def _page(prompt: Prompt, height: int) -> int:
    """Which page a picture is of: each is a little higher than the one before."""
    return int(prompt.picture.shape[0]) - height


if __name__ == "__main__":
    sys.exit(main())
