"""From a page to data by a vision engine: threads, pages, memory."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from schemas.record import Severity
from tests.vision_engine import SHOP, blind, engine, its_height, page, read, said
from worker.errors import Cancelled, ModelUnusable, OutOfMemory, OutputTruncated
from worker.reading.engines.base import Request, RequestContext
from worker.reading.engines.vision.base import Answer, Finish, Prompt
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.pages.base import Page


@pytest.mark.parametrize(
    ("loaded", "asked"), [("abc", "abc"), ("abc + bill-0123", "abc"), (None, "abc"), ("abc", "")]
)
def test_a_model_of_the_revision_that_is_asked_for_is_read_with(loaded: str | None, asked: str) -> None:
    made = of_revision(loaded, asked)
    made.warm_up()
    assert made.revision == loaded
    made.close()


def test_a_model_of_another_revision_is_not_read_with() -> None:
    made = of_revision("abd", "abc")
    with pytest.raises(ModelUnusable, match="is of revision abd, not abc"):
        made.warm_up()


def of_revision(loaded: str | None, asked: str) -> VisionEngine:
    generator = ScriptedGenerator(lambda _prompt: Answer("{}", Finish.STOP))
    generator.revision = loaded
    generation = GenerationLimits(BatchLimits(), revision=asked)
    return VisionEngine(generator, generation=generation, line_source=its_height)


def test_pages_of_a_document_are_read_together_and_merged_in_their_order() -> None:
    def script(prompt: Prompt) -> Answer:
        return said({"items": [{"name": str(prompt.picture.shape[0]), "price": 1}]})

    reply = read(script, [page(number, height=500 - 20 * number) for number in range(1, 10)])
    assert [item["name"] for item in reply.data["items"]] == [str(500 - 20 * n) for n in range(1, 10)]
    assert reply.tokens == {"pages": 9, "prompt": 0, "completion": 63}
    cited = [reply.evidence[f"/items/{n}/name"].citations for n in range(9)]
    assert [[citation.page for citation in found] for found in cited] == [[n] for n in range(1, 10)]


def test_a_page_that_cannot_be_read_is_an_issue_and_the_others_are_read() -> None:
    def script(prompt: Prompt) -> Answer:
        return said({"shop": "A"}) if prompt.picture.shape[0] == 600 else said({}, Finish.LENGTH)

    reply = read(script, [page(1), page(2, height=500)])
    assert reply.data["shop"] == "A"
    assert [(issue.code, issue.severity) for issue in reply.issues] == [("output_truncated", Severity.ERROR)]
    assert "page 2" in reply.issues[0].message
    with pytest.raises(OutputTruncated):
        read(lambda _prompt: said({}, Finish.LENGTH), [page(1), page(2)])


def test_a_document_that_nobody_wants_any_more_stops_and_lets_go_of_its_pages() -> None:
    def require() -> None:
        raise Cancelled

    def script(prompt: Prompt) -> Answer:
        import time

        time.sleep(0.7)
        return said({"shop": "A"})

    with pytest.raises(Cancelled):
        read(script, [page(1), page(2)], context=RequestContext(require=require))


def test_a_page_counts_when_it_is_read_not_when_the_model_gets_it() -> None:
    """A window of four pages is drawn ahead; the model is held back until all four wait for it."""
    drawn: list[int] = []
    counted_at: list[int] = []
    four = threading.Event()

    def pages() -> Iterator[Page]:
        for number in range(1, 7):
            drawn.append(number)
            yield page(number)
            if number == 3:
                assert counted_at == []
                four.set()

    def script(_prompt: Prompt) -> Answer:
        assert four.wait(5)
        return said({"shop": "A"})

    made = engine(script)
    made.read(Request(SHOP, pages(), 6, after_page=lambda: counted_at.append(len(drawn))))
    made.close()
    assert len(counted_at) == 6
    assert counted_at[0] >= 4


def test_a_reading_that_is_stopped_between_two_pages_leaves_nothing_waiting() -> None:
    asked = 0

    def script(_prompt: Prompt) -> Answer:
        nonlocal asked
        asked += 1
        return said({"shop": "A"})

    def stop() -> None:
        raise Cancelled

    made = engine(script, rows=1)
    with pytest.raises(Cancelled):
        made.read(Request(SHOP, [page(number) for number in range(1, 20)], 19, after_page=stop))
    made.close()
    assert asked < 4


def test_running_out_of_memory_halves_the_batch_then_the_picture_and_says_so() -> None:
    class Small(ScriptedGenerator):
        def generate(self, batch: Any, cancelled: Any) -> Any:
            if len(batch) * batch[0].picture.size > 3 * 560 * 400:
                raise OutOfMemory
            return super().generate(batch, cancelled)

    made = VisionEngine(
        Small(lambda _prompt: said({"shop": "A"})),
        generation=GenerationLimits(BatchLimits(rows=4, wait=0.2)),
        line_source=blind,
    )
    reply = made.read(Request(SHOP, [page(1), page(2)], 2))
    made.close()
    assert reply.data["shop"] == "A"
    assert any("batch of 1 because 2" in note for note in reply.notes)
    assert any("lower resolution" in note for note in reply.notes)


def test_pages_are_scaled_down_to_what_the_model_gets() -> None:
    seen: list[Prompt] = []

    def script(prompt: Prompt) -> Answer:
        seen.append(prompt)
        return said({})

    generator = ScriptedGenerator(script)
    made = VisionEngine(
        generator,
        generation=GenerationLimits(BatchLimits(), pixels=60_000),
        line_source=lambda page: replace(blind(page), quarter_turns=1),
    )
    made.read(Request(SHOP, [page(1)]))
    made.close()
    height, width = seen[0].picture.shape[:2]
    assert height * width <= 60_500
    assert width > height  # it was turned, too


def test_threads_that_read_first_load_the_model_once() -> None:
    loads: list[int] = []

    class Slow(ScriptedGenerator):
        def load(self) -> None:
            loads.append(1)
            time.sleep(0.1)

    made = VisionEngine(
        Slow(lambda _prompt: said({"shop": "A"})),
        generation=GenerationLimits(BatchLimits(wait=0)),
        line_source=blind,
    )
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(lambda number: made.read(Request(SHOP, [page(number)])), range(1, 4)))
    made.close()
    assert len(loads) == 1


def test_pages_that_cannot_be_read_do_not_stay_in_memory() -> None:
    pictures: list[weakref.ref[Any]] = []
    most = 0

    def pages() -> Iterator[Page]:
        nonlocal most
        for number in range(1, 61):
            picture = page(number).picture.copy()
            pictures.append(weakref.ref(picture))
            yield Page(number, picture)
            del picture
            most = max(most, sum(one() is not None for one in pictures))

    class Forgetful(ScriptedGenerator):
        def generate(self, batch: Any, cancelled: Any) -> Any:
            answered = super().generate(batch, cancelled)
            self.batches.clear()
            return answered

    made = VisionEngine(
        Forgetful(lambda _prompt: said({}, Finish.LENGTH)),
        generation=GenerationLimits(BatchLimits(rows=4, wait=0)),
        line_source=blind,
    )
    with pytest.raises(OutputTruncated):
        made.read(Request(SHOP, pages(), 60))
    made.close()
    assert 0 < most < 20
