"""What batching and constraining cost and bring: `python -m bench.batching`.

Ratios within one run, on tiny models of random weights: pages of eight jobs through engine and
batcher against one bare `generate` of the same batch; eight pages through the engine together against
one by one; and a step with a schema against a step without, at a vocabulary of 151,936 tokens. The
median of several rounds, after one that does not count.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from llguidance.hf import from_tokenizer
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    GenerationConfig,
    LogitsProcessorList,
    Qwen3Config,
    Qwen3ForCausalLM,
    StoppingCriteriaList,
)
from transformers.utils import logging

from bench.tiny import families, large
from schemas import registry
from schemas.json_schema.answer import answer_schema
from schemas.registry import Schema
from worker.reading.engines.base import Request
from worker.reading.engines.decoding import grammar
from worker.reading.engines.decoding.constraint import Constraint
from worker.reading.engines.decoding.grammar import Grammar
from worker.reading.engines.decoding.stopping_rules import StoppingRules
from worker.reading.engines.transformers import auto
from worker.reading.engines.transformers.capacity import BatchWishes
from worker.reading.engines.transformers.checkpoint import CheckpointLoader
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.location import Location
from worker.reading.engines.transformers.placement import Placement
from worker.reading.engines.vision import prompts
from worker.reading.engines.vision.base import Message, Prompt
from worker.reading.engines.vision.engine import GenerationLimits, VisionEngine
from worker.reading.engines.vision.packing import BatchLimits
from worker.reading.pages.base import Page
from worker.reading.text.page_lines import PageLines

_PAGES = 8
_ROUNDS = 5
_ANSWER = 600  # tokens at most
_STEPS = 48
_VOCABULARY = 151_936
_SIZES = ((64, 2, torch.float32), (256, 4, torch.bfloat16), (512, 8, torch.bfloat16))
_INVOICE = registry.from_json_schema(registry.kind("invoice").json_schema, name="invoice")  # no second turns
_FORM = registry.from_json_schema(
    {
        "type": "object",
        "properties": {f"{row}{n}": {"type": "string", "maxLength": 24} for row in "abcd" for n in range(10)},
    },
    name="form",
)


def main() -> int:
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        _print_batcher(_model(_small(_INVOICE, folder, 64, 2), torch.float32))
        for hidden, layers, dtype in _SIZES:
            _print_together(_model(_small(_FORM, folder, hidden, layers), dtype))
    _print_constraining()
    return 0


def _print_batcher(model: TransformersGenerator) -> None:
    pages = [_page(number) for number in range(_PAGES)]
    prompts = [_prompt(page) for page in pages]
    bare, engine = _Bare(model), _engine(model, rows=_PAGES)
    through, raw = _medians(lambda: _read(engine, pages, _INVOICE), lambda: bare(prompts))
    print(
        f"{_PAGES} pages of {_PAGES} jobs, answers of {bare.tokens} tokens: engine and batcher {through:.3f} s, "
        f"bare generate {raw:.3f} s: throughput {raw / through:.2f} x (asked: 0.9)"
    )


def _print_together(model: TransformersGenerator) -> None:
    pages = [_page(number) for number in range(_PAGES)]
    eight, one = _engine(model, rows=_PAGES), _engine(model, rows=1)
    reply = one.read(Request(_FORM, pages[:1]))
    together, alone = _medians(lambda: _read(eight, pages, _FORM), lambda: _read(one, pages, _FORM))
    parts = model._loaded().model  # noqa: SLF001
    print(
        f"{parts.num_parameters() / 1e6:.1f} M parameters in {str(parts.dtype).removeprefix('torch.')}, questions of "
        f"{reply.tokens['prompt']} tokens, answers of {reply.tokens['completion']}: {_PAGES} pages together "
        f"{alone / together:.1f} x the pages/s of one at a time (asked: 4)"
    )


def _print_constraining() -> None:
    for (hidden, layers), rows in product(((64, 2), (512, 8)), (1, 4, 8)):
        step = _Steps(hidden, layers)
        free, held = _medians(partial(step, rows, held=False), partial(step, rows, held=True))
        print(
            f"hidden {hidden}, {layers} layers, {rows} rows: a step {1000 * free:.2f} ms, with a schema "
            f"{1000 * held:.2f} ms: {100 * (held - free) / free:+.1f} % (asked: 10)"
        )


def _medians(*tasks: Callable[[], Any]) -> list[float]:
    """Each task's median, the tasks in turn so that all meet the same noise."""
    taken: list[list[float]] = [[] for _ in tasks]
    for number in range(_ROUNDS + 1):
        for index, task in enumerate(tasks):
            started = time.perf_counter()
            given = task()
            seconds = given if isinstance(given, float) else time.perf_counter() - started
            if number:
                taken[index].append(seconds)
    return [statistics.median(one) for one in taken]


def _small(schema: Schema, folder: str, hidden: int, layers: int) -> Path:
    """A checkpoint with a decoder of that size, and a tokenizer that knows the words of a schema."""
    made = Path(tempfile.mkdtemp(dir=folder))
    families.build("qwen2_5_vl", made, texts=[prompts.extract(schema.root, schema.name, "en")])
    if hidden > 64:
        config = AutoConfig.from_pretrained(made)
        config.text_config.update(
            {
                "hidden_size": hidden,
                "intermediate_size": 2 * hidden,
                "num_hidden_layers": layers,
                "num_attention_heads": hidden // 64,
                "num_key_value_heads": 1,
                "layer_types": ["full_attention"] * layers,
                "rope_parameters": {
                    "rope_type": "default",
                    "rope_theta": 10_000.0,
                    "mrope_section": [8, 12, 12],
                },
            }
        )
        config.vision_config.out_hidden_size = hidden
        torch.manual_seed(7)
        AutoModelForImageTextToText.from_config(config).save_pretrained(made)
    return made


def _engine(model: TransformersGenerator, *, rows: int) -> VisionEngine:
    engine = VisionEngine(
        model,
        generation=GenerationLimits(BatchLimits(rows, 10**6, 0.2), max_tokens=_ANSWER),
        line_source=_blind,
    )
    engine.warm_up()
    return engine


def _model(folder: Path, dtype: torch.dtype) -> TransformersGenerator:
    place = lambda _folder: Placement("cpu", dtype)  # noqa: E731
    opening = CheckpointLoader(lambda: Location(folder, "tiny"), place, auto.open_checkpoint)
    model = TransformersGenerator("transformers", "tiny", opening=opening, wishes=BatchWishes(_PAGES))
    model.load()
    return model


def _page(seed: int) -> Page:
    noise = np.random.default_rng(seed).random((260, 180, 3)) > 0.9
    return Page(1, np.where(noise, 0, 255).astype(np.uint8))


def _prompt(page: Page) -> Prompt:
    question = Message("user", prompts.extract(_INVOICE.root, _INVOICE.name, "en"))
    return Prompt(page.picture, (question,), answer_schema(_INVOICE.root), max_tokens=_ANSWER)


class _Bare:
    """One call of `generate` on the same prompts under the same schema: tensors in, text out, no more."""

    def __init__(self, model: TransformersGenerator) -> None:
        self._checkpoint = model._loaded()  # noqa: SLF001
        self._vocabulary = len(self._checkpoint.tokenizer)
        self._eos = [self._checkpoint.tokenizer.eos_token_id]
        self._words = from_tokenizer(
            self._checkpoint.tokenizer, n_vocab=self._vocabulary, eos_token=self._eos
        )
        self._grammar = grammar.of_schema(answer_schema(_INVOICE.root))
        self.tokens = 0

    def __call__(self, prompts: list[Prompt]) -> list[str]:
        inputs = self._checkpoint.encode(prompts)
        width = inputs["input_ids"].shape[1]
        held = _held(
            self._words,
            [self._grammar] * len(prompts),
            eos=self._eos,
            vocabulary=self._vocabulary,
            width=width,
            most=_ANSWER,
        )
        with torch.inference_mode():
            output = self._checkpoint.model.generate(
                **inputs, **held, max_new_tokens=_ANSWER, do_sample=False
            )
        new = output[:, width:]
        self.tokens = new.shape[1]
        return [str(text) for text in self._checkpoint.tokenizer.batch_decode(new)]


def _held(
    words: Any, grammars: list[Grammar], *, eos: list[int], vocabulary: int, width: int, most: int
) -> dict[str, Any]:
    """What `generate` needs to keep rows to their grammars."""
    constraint = Constraint(words, grammars, eos=eos, vocabulary=vocabulary)
    stops = StoppingRules(constraint, lambda _row: False, most=[most] * len(grammars), prompt=width)
    return {
        "logits_processor": LogitsProcessorList([constraint]),
        "stopping_criteria": StoppingCriteriaList([stops]),
    }


def _blind(page: Page) -> PageLines:
    return PageLines(page.number, page.width, page.height)


def _read(engine: VisionEngine, pages: list[Page], schema: Schema) -> None:
    """Every page is a document of its own, as from eight jobs at a time."""
    begin = threading.Barrier(len(pages))

    def one(page: Page) -> None:
        begin.wait()
        engine.read(Request(schema, [page]))

    with ThreadPoolExecutor(len(pages)) as jobs:
        list(jobs.map(one, pages))


class _Steps:
    """Seconds of a step of a text model with a large vocabulary, with a schema or without."""

    def __init__(self, hidden: int, layers: int) -> None:
        self._tokenizer = large.make(_VOCABULARY)
        config = Qwen3Config(
            vocab_size=_VOCABULARY,
            hidden_size=hidden,
            intermediate_size=2 * hidden,
            num_hidden_layers=layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=hidden // 4,
            tie_word_embeddings=True,
        )
        torch.manual_seed(0)
        self._model = Qwen3ForCausalLM(config).eval()
        self._held = from_tokenizer(
            self._tokenizer, n_vocab=_VOCABULARY, eos_token=[self._tokenizer.eos_token_id]
        )
        item = {
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 8, "maxLength": 40},
                "price": {"type": "number", "multipleOf": 0.01, "maximum": 10**6},
            },
            "required": ["name", "price"],
            "additionalProperties": False,
        }
        self._grammar = grammar.of_schema({"type": "array", "items": item, "minItems": 200})

    def __call__(self, rows: int, *, held: bool) -> float:
        ids = torch.randint(0, 1000, (rows, 64), generator=torch.Generator().manual_seed(1))
        eos = [self._tokenizer.eos_token_id]
        config = GenerationConfig(max_new_tokens=_STEPS, min_new_tokens=_STEPS, do_sample=False)
        config.eos_token_id, config.pad_token_id = eos, eos[0]
        keeping = _held(
            self._held, [self._grammar] * rows, eos=eos, vocabulary=_VOCABULARY, width=64, most=_STEPS
        )
        started = time.perf_counter()
        with torch.inference_mode():
            self._model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                generation_config=config,
                **(keeping if held else {}),
            )
        return (time.perf_counter() - started) / _STEPS


if __name__ == "__main__":
    sys.exit(main())
