"""Models that only read: their words at the places that a recogniser found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from schemas import registry
from schemas.page import Box, Line, even_edges
from worker.errors import OutputTruncated
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.vision import transcript
from worker.reading.engines.vision.base import Answer, Finish, Prompt
from worker.reading.engines.vision.engine import GenerationLimits
from worker.reading.engines.vision.filling import RuleFiller
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.engines.vision.transcribing import TranscribingEngine
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines


def line(text: str, top: float, left: float = 0.1) -> Line:
    box = Box(left, top, min(1.0, left + 0.012 * len(text)), top + 0.02)
    return Line(text, box, 0.9, even_edges(box, len(text)))


def test_the_models_words_take_the_places_of_the_recognised_lines() -> None:
    lines = [
        line("lnvoice nurnber", 0.1),
        line("A-17", 0.1, 0.6),
        line("T0tal", 0.2),
        line("112.5O", 0.2, 0.6),
    ]
    laid, left = transcript.laid_on("Invoice number A-17\n\nTotal 112.50\n", lines)
    assert [one.text for one in laid] == ["Invoice number", "A-17", "Total", "112.50"]
    assert [one.box for one in laid] == [one.box for one in lines]
    assert laid[1] == lines[1]
    assert all(len(one.edges) == len(one.text) + 1 for one in laid)
    assert laid[3].confidence < lines[3].confidence
    assert left == 0


def test_a_number_is_never_cut_out_of_a_longer_one() -> None:
    [laid], _ = transcript.laid_on("Total 1,112.50", [line("112.50", 0.2)])
    assert laid.text == "1,112.50"


def test_lines_on_one_side_only_are_kept_and_counted() -> None:
    lines = [line("stamp", 0.1), line("Total 5.00", 0.2)]
    laid, left = transcript.laid_on("Total 5.00\nA sentence that nobody printed here", lines)
    assert [one.text for one in laid] == ["stamp", "Total 5.00"]
    assert left == 1


INVOICE = (line("Invoice No", 0.1), line("A-l7", 0.1, 0.5), line("Total", 0.3), line("EUR 112.5O", 0.3, 0.5))


def read(*answers: Answer) -> tuple[Reading, list[Prompt]]:
    waiting = list(answers)
    model = ScriptedGenerator(lambda _prompt: waiting.pop(0))

    def lines_of(page: Page) -> PageLines:
        return replace(PageLines(page.number, page.width, page.height), lines=INVOICE)

    generation = GenerationLimits(BatchLimits(wait=0), max_tokens=100, dialect="paddleocr-vl")
    engine = TranscribingEngine(
        model, generation=generation, line_source=lines_of, filler=RuleFiller(read_lines)
    )
    raw = {"type": "object", "properties": {"invoice_no": {"type": "string"}, "total": {"type": "number"}}}
    page = Page(1, np.full((600, 400, 3), 255, np.uint8))
    try:
        reading = engine.read(Request(registry.from_json_schema(raw, name="bill"), [page]))
        return reading, [prompt for batch in model.batches for prompt in batch]
    finally:
        engine.close()


def test_values_are_found_in_what_the_model_read_and_cited_where_it_stands() -> None:
    said = Answer("Invoice No A-17\nTotal EUR 112.50", Finish.STOP, completion_tokens=9)
    reading, [prompt] = read(said)
    assert (prompt.messages[0].text, prompt.schema) == ("OCR:", None)
    assert reading.data == {"invoice_no": "A-17", "total": 112.5}
    assert reading.evidence["/invoice_no"].citations[0].box[0] == pytest.approx(0.5, abs=0.01)
    assert reading.tokens == {"pages": 1, "prompt": 0, "completion": 9}


def test_a_transcript_that_is_cut_off_is_asked_for_once_more_and_never_used() -> None:
    whole = Answer("Invoice No A-17", Finish.STOP)
    _, prompts = read(Answer("Inv", Finish.LENGTH), whole)
    assert [prompt.max_tokens for prompt in prompts] == [100, 400]
    with pytest.raises(OutputTruncated):
        read(Answer("Inv", Finish.LENGTH), Answer("Inv", Finish.LENGTH))
