"""A language model in this process that fills a schema from what another has read: SmolLM2, its real weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from schemas import registry
from schemas.page import Box, Line, even_edges
from tests import smollm2
from tests import tiny as made
from tests.models.test_running_batch import agree, alone
from worker.errors import ModelUnusable
from worker.reading.engines import builtin
from worker.reading.engines.base import Request
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.vision.base import NO_PICTURE, Answer, Finish, Prompt
from worker.reading.engines.vision.engine import GenerationLimits
from worker.reading.engines.vision.filling import ModelFiller
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.engines.vision.scripted import ScriptedGenerator
from worker.reading.engines.vision.transcribing import TranscribingEngine
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines
from worker.settings import Settings

BILL = registry.from_json_schema(
    {
        "type": "object",
        "properties": {"city": {"type": "string", "maxLength": 12}, "year": {"type": "integer"}},
    },
    name="bill",
)


def settings(folder: Path) -> Settings:
    return Settings(
        _env_file=None,
        engine="transformers",
        dialect="transcript",
        text_model=str(folder),
        device="cpu",
        max_new_tokens=100,
    )


def loaded(folder: Path) -> TransformersGenerator:
    model = builtin._text_generator(settings(folder))
    model.load()
    return model


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersGenerator]:
    """A model of random weights: what it says is of no matter."""
    torch.set_num_threads(1)  # more wait for each other at this size
    model = loaded(smollm2.small_text_checkpoint(tmp_path_factory.mktemp("text") / "small"))
    yield model
    model.close()


def asked(city: str) -> Prompt:
    text = f"The bill was written in {city} in 1995. <|im_end|> City, year?"
    return replace(made.prompt(BILL, text, max_tokens=40), picture=NO_PICTURE)


def test_a_running_batch_says_what_generate_says_of_each_question(small: TransformersGenerator) -> None:
    assert small.refills
    questions = [asked(city) for city in ("Oslo", "Paris", "a far longer name of a city", "Rome")]
    agree(small.generate(questions, lambda _row: False), alone(small, questions))


def test_control_tokens_of_a_question_are_plain_text(small: TransformersGenerator) -> None:
    checkpoint = small._loaded()
    end = checkpoint.tokenizer.convert_tokens_to_ids("<|im_end|>")
    plain = replace(asked("Oslo"), messages=made.prompt(BILL, "City?").messages)
    ended = [checkpoint.encode([one])["input_ids"][0].tolist().count(end) for one in (asked("Oslo"), plain)]
    assert ended[0] == ended[1]


def test_it_fills_the_schema_from_what_a_first_model_read(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    model = loaded(smollm2.text_checkpoint(tmp_path / "smollm2"))
    printed = []
    for text, top in (("C1ty: Par1s", 0.1), ("Year: l998", 0.3)):
        box = Box(0.1, top, 0.1 + 0.012 * len(text), top + 0.02)
        printed.append(Line(text, box, 0.9, even_edges(box, len(text))))
    eyes = ScriptedGenerator(lambda _prompt: Answer("City: Paris\nYear: 1998", Finish.STOP))
    engine = TranscribingEngine(
        eyes,
        generation=GenerationLimits(BatchLimits(wait=0), dialect="transcript"),
        line_source=lambda page: replace(
            PageLines(page.number, page.width, page.height), lines=tuple(printed)
        ),
        filler=ModelFiller(model, BatchLimits(wait=0), max_tokens=100, thinking=0),
    )
    try:
        reading = engine.read(Request(BILL, [Page(1, np.full((600, 400, 3), 255, np.uint8))]))
    finally:
        engine.close()
    assert reading.data == {"city": "Paris", "year": 1998}
    city = reading.evidence["/city"]
    assert (city.citations[0].text, round(city.citations[0].box[1], 1)) == ("Paris", 0.1)
    assert "values by smollm2, from what was read" in reading.notes


def test_a_folder_is_held_here_and_a_name_is_asked_for_on_a_server(tmp_path: Path) -> None:
    for name, kind in ((str(tmp_path), "TransformersGenerator"), ("a-name", "OpenAiTextGenerator")):
        filler = builtin._text_model(settings(Path(name)))
        assert type(filler._generator).__name__ == kind  # type: ignore[attr-defined]
    with pytest.raises(ModelUnusable, match=r"config\.json"):
        builtin._text_generator(settings(tmp_path)).load()
