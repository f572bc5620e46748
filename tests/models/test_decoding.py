"""Answers held to a schema while random weights write them, and what is noted of their probabilities."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import LogitsProcessorList, StoppingCriteriaList

from schemas import registry
from schemas.json_schema.answer import MOST_CHARACTERS, answer_schema
from tests import tiny as made
from worker.checks import validate
from worker.errors import DeviceLost, OutOfMemory, UnsupportedByEngine
from worker.reading.engines.decoding import grammar, row_transcript, stopping_rules
from worker.reading.engines.decoding.constraint import Constraint
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.transformers.tokenizer_view import thought_of
from worker.reading.engines.vision.base import Answer, Finish

CHINESE = registry.from_json_schema(
    {
        "type": "object",
        "properties": {
            "发票号码": {"type": "string", "pattern": "^[0-9]{8}$"},
            "名称": {"enum": ["上海某某有限公司", "苹果"]},
            "金额": {"type": "number", "minimum": 0, "maximum": 100, "multipleOf": 0.01},
        },
    },
    name="票",
)
COUNT = registry.from_json_schema({"type": "object", "properties": {"n": {"type": "integer"}}}, name="count")


@pytest.fixture
def model(loaded: TransformersGenerator) -> TransformersGenerator:
    """The model, without rows kept from other tests: their prompts would be gone on with."""
    loaded._kept.clear()
    return loaded


@pytest.fixture(scope="module")
def loaded(tiny: Callable[[str], Path]) -> Iterator[TransformersGenerator]:
    loaded = made.generator("idefics3", tiny("idefics3"))
    yield loaded
    loaded.close()


def validates(answer: Answer, schema: dict[str, Any]) -> None:
    """By the same check as records; jsonschema alone divides in binary numbers."""
    assert answer.finish is Finish.STOP
    keeper = validate._validator(registry.from_json_schema(schema, name="answer"))
    assert list(keeper.iter_errors(json.loads(answer.text))) == []


# Random schemas x random weights

NAMES = st.sampled_from(["total", "date", "name", "n", "编号", 'quo"te', "back\\slash", "properties"])
TEXTS = st.one_of(
    st.builds(lambda most: {"type": "string", "maxLength": most}, st.integers(0, 20)),
    st.builds(lambda least: {"type": "string", "minLength": least, "maxLength": 12}, st.integers(0, 12)),
    st.builds(
        lambda form: {"type": "string", "format": form, "maxLength": 40},
        st.sampled_from(["date", "date-time", "uuid", "ipv4"]),
    ),
    st.builds(
        lambda form: {"type": "string", "pattern": form, "maxLength": 12},
        st.sampled_from(["^[A-Z]{2}[0-9]{1,6}$", "^(a|bc)*$", "^\\d{4}$", "[上下]"]),
    ),
)
NUMBERS = st.one_of(
    st.builds(
        lambda low, span: {"type": "integer", "minimum": low, "maximum": low + span},
        st.integers(-(10**6), 10**6),
        st.integers(0, 10**6),
    ),
    st.builds(
        lambda low: {"type": "number", "minimum": low}, st.floats(-100, 100).map(lambda x: round(x, 2))
    ),
    st.builds(lambda: {"type": "number", "exclusiveMinimum": 0, "maximum": 5, "multipleOf": 0.01}),
    st.just({"type": "integer"}),
    st.just({"type": "number"}),
)
CHOICES = st.builds(
    lambda values: {"enum": values},
    st.lists(
        st.sampled_from(["a", "上海", 1, 2.5, True, None, 'q"']), min_size=1, max_size=4, unique_by=repr
    ),
)
LEAVES = st.one_of(
    TEXTS,
    NUMBERS,
    CHOICES,
    st.just({"type": "boolean"}),
    st.just({"type": ["string", "integer"], "maxLength": 3}),
)


def part(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.dictionaries(NAMES, inner, min_size=0, max_size=4).flatmap(
        lambda fields: st.builds(
            lambda needed: {"type": "object", "properties": fields, "required": needed},
            st.lists(st.sampled_from(sorted(fields) or ["x"]), unique=True) if fields else st.just([]),
        )
    )
    lists = st.builds(
        lambda item, most: {"type": "array", "items": item, "maxItems": most}, inner, st.integers(0, 3)
    )
    nullable = st.builds(lambda one: {"anyOf": [one, {"type": "null"}]}, inner)
    return st.one_of(objects, lists, nullable)


SCHEMAS = st.dictionaries(NAMES, st.recursive(LEAVES, part, max_leaves=6), min_size=1, max_size=5).map(
    lambda fields: {"type": "object", "properties": fields}
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(raw=SCHEMAS, seed=st.integers(0, 3))
def test_random_weights_answer_every_random_schema_with_valid_data(
    raw: dict[str, Any], seed: int, model: TransformersGenerator
) -> None:
    schema = registry.from_json_schema(raw, name="random")
    asked = made.prompt(schema, seed=seed, size=(60, 60), max_tokens=1500, temperature=1.0 if seed else 0.0)
    [answer] = model.generate([asked], lambda _row: False)
    assert answer.notes == ()
    validates(answer, answer_schema(schema.root))


@pytest.mark.parametrize(
    ("leaf", "keyword"),
    [
        ({"type": "string", "pattern": "^(?=x)y", "maxLength": 4}, "pattern"),
        ({"type": "string", "pattern": r"(a)\1", "maxLength": 4}, "pattern"),
        ({"type": "string", "format": "currency", "maxLength": 4}, "format"),
    ],
)
def test_a_keyword_that_no_grammar_can_hold_is_left_out_and_named(
    leaf: dict[str, Any], keyword: str, model: TransformersGenerator
) -> None:
    schema = registry.from_json_schema({"type": "object", "properties": {"x": leaf}}, name="x")
    [answer] = model.generate([made.prompt(schema)], lambda _row: False)
    assert answer.finish is Finish.STOP
    assert len(answer.notes) == 1
    assert answer.notes[0].startswith(f"'{keyword}' at /x does not guide the model: ")


def test_what_has_no_end_in_the_schema_has_one_in_the_answer() -> None:
    raw = {
        "type": "object",
        "properties": {"t": {"type": "string"}, "n": {"type": "number"}, "l": {"type": "array"}},
    }
    found = answer_schema(registry.from_json_schema(raw, name="x").root)["properties"]
    assert found["t"]["maxLength"] == MOST_CHARACTERS
    assert found["n"] == {"type": ["number", "null"], "minimum": -1e12, "maximum": 1e12, "multipleOf": 1e-6}
    assert found["l"]["maxItems"] > 0


# Rows


def test_each_row_of_a_batch_keeps_to_its_own_schema_in_its_own_script(model: TransformersGenerator) -> None:
    prompts = [made.prompt(CHINESE), made.prompt(COUNT, seed=1), made.prompt(registry.kind("chart"), seed=2)]
    answers = model.generate(prompts, lambda _row: False)
    for answer, asked in zip(answers, prompts, strict=True):
        assert asked.schema is not None
        validates(answer, dict(asked.schema))
    assert "发票号码" in answers[0].text
    assert "\\u" not in answers[0].text
    assert "  " not in answers[0].text.replace('"  ', "")


def test_a_row_without_a_schema_is_free(model: TransformersGenerator) -> None:
    free = replace(made.prompt(COUNT, max_tokens=12), schema=None)
    answer, held = model.generate([free, made.prompt(COUNT)], lambda _row: False)
    assert answer.completion_tokens == 12
    assert {token.allowed for token in answer.tokens} == {None}
    validates(held, answer_schema(COUNT.root))


def test_tokens_are_noted_with_the_models_own_probabilities(model: TransformersGenerator) -> None:
    """The same numbers as from a forward pass over question and answer."""
    asked = made.prompt(CHINESE)
    [answer] = model.generate([asked], lambda _row: False)
    checkpoint = model._loaded()
    inputs = checkpoint.encode([asked])
    written = checkpoint.tokenizer.encode(answer.text, add_special_tokens=False)
    generated = _ids(model, asked)
    ids = torch.cat([inputs["input_ids"], torch.tensor([generated])], dim=1)
    mask = torch.ones_like(ids)
    with torch.inference_mode():
        logits = checkpoint.model(**{**inputs, "input_ids": ids, "attention_mask": mask}).logits[0]
    start = inputs["input_ids"].shape[1]
    logprobs = torch.log_softmax(logits[start - 1 : -1].float(), dim=-1)
    wanted = logprobs.gather(1, torch.tensor(generated)[:, None]).squeeze(1).tolist()
    told = [(token.logprob, right) for token, right in zip(answer.tokens, wanted, strict=True)]
    with_choice = [(logprob, right) for logprob, right in told if logprob is not None]
    assert 0 < len(with_choice) < len(told)  # names of fields leave no choice
    assert [logprob for logprob, _ in with_choice] == pytest.approx(
        [right for _, right in with_choice], abs=1e-4
    )
    assert len(written) <= len(generated)
    for token in answer.tokens:
        if token.logprob is None:
            assert token.allowed is None
            continue
        assert token.allowed is not None
        assert math.exp(token.logprob) <= token.allowed + 1e-5 <= 1.0 + 2e-5
    assert answer.text == "".join(answer.text[token.start : token.end] for token in _once(answer))


def _once(answer: Answer) -> list[Any]:
    """Tokens, those that share a character once."""
    return [
        t
        for t, following in zip(answer.tokens, [*answer.tokens[1:], None], strict=True)
        if following is None or following.start >= t.end
    ]


def _ids(model: TransformersGenerator, asked: Any) -> list[int]:
    """The ids that a constrained greedy run writes."""
    checkpoint, speech = model._loaded(), model._speech
    assert speech is not None
    held = grammar.of_schema(asked.schema)
    constraint = Constraint(speech.constrained, [held], eos=speech.ends, vocabulary=speech.vocabulary)
    inputs = checkpoint.encode([asked])
    start = inputs["input_ids"].shape[1]
    ending = stopping_rules.StoppingRules(constraint, lambda _row: False, most=[400], prompt=start)
    output = checkpoint.model.generate(
        **inputs,
        do_sample=False,
        logits_processor=LogitsProcessorList([constraint]),
        stopping_criteria=StoppingCriteriaList([ending]),
        max_new_tokens=400,
    )
    return output[0, start : start + len(constraint.logprobs[0])].tolist()  # type: ignore[no-any-return]


def test_a_model_driven_from_embeddings_is_held_as_well(model: TransformersGenerator) -> None:
    """Without ids of the prompt, the first step sees none."""
    checkpoint, speech = model._loaded(), model._speech
    assert speech is not None
    language = checkpoint.model.model.text_model
    head = checkpoint.model.lm_head
    held = grammar.of_schema(answer_schema(CHINESE.root))
    constraint = Constraint(speech.constrained, [held] * 2, eos=speech.ends, vocabulary=speech.vocabulary)
    ending = stopping_rules.StoppingRules(constraint, lambda _row: False, most=[400] * 2, prompt=0)
    embeddings = checkpoint.model.get_input_embeddings()(torch.arange(10).view(2, 5))
    ids: Any = torch.empty((2, 0), dtype=torch.long)
    with torch.inference_mode():
        for _ in range(200):
            hidden = language(inputs_embeds=embeddings).last_hidden_state[:, -1]
            chosen = constraint(ids, head(hidden)).argmax(dim=-1)
            ids = torch.cat([ids, chosen[:, None]], dim=1)
            embeddings = torch.cat(
                [embeddings, checkpoint.model.get_input_embeddings()(chosen[:, None])], dim=1
            )
            if ending(ids).all():
                break
    assert ending.finish == [Finish.STOP] * 2
    for row in range(2):
        text = speech.text(ids[row, : len(constraint.logprobs[row])].tolist())
        jsonschema.validate(json.loads(text), answer_schema(CHINESE.root))


@pytest.mark.parametrize("opened", [False, True])
def test_thinking_ends_within_its_budget_and_the_answer_follows(
    opened: bool, model: TransformersGenerator
) -> None:
    text = "Read. <think>" if opened else "Read."
    [answer] = model.generate([made.prompt(COUNT, text, thinking=20)], lambda _row: False)
    validates(answer, answer_schema(COUNT.root))
    assert answer.text.startswith("{")
    assert answer.thinking
    assert "think>" not in answer.thinking
    assert all(0 <= token.start < token.end <= len(answer.text) for token in answer.tokens)


@pytest.mark.parametrize("own_tokens", [True, False])
def test_a_model_that_has_thought_enough_may_say_so_where_it_has_a_token_for_it(own_tokens: bool) -> None:
    """The closing mark ends the thought where it is a token of its own, as in Qwen3; else the budget does."""
    from llguidance import LLMatcher
    from llguidance.hf import from_tokenizer

    from bench.tiny import tokenizer as words

    tokenizer = words.make((grammar.THINK, grammar.END_THINK) if own_tokens else ())
    assert (grammar.THINK in tokenizer.get_added_vocab()) is own_tokens
    rule = grammar.thought(500, opened=False, special=own_tokens)
    held = grammar.of_schema(answer_schema(COUNT.root), thinking=rule)
    ready = from_tokenizer(tokenizer, n_vocab=len(tokenizer), eos_token=[tokenizer.eos_token_id])
    matcher = LLMatcher(ready, held.text, log_level=0)
    said = tokenizer.encode('<think>so <b> it is 7.</think>\n{"n": 7}')
    assert all(matcher.consume_token(token) for token in said) is own_tokens
    assert matcher.is_accepting() or not own_tokens


def test_the_end_of_thinking_on_a_page_does_not_cut_the_answer() -> None:
    text = '<think>a</think>{"t": "x </think> y"}'
    thought, begin = thought_of(text)
    assert (thought, text[begin:]) == ("a", '{"t": "x </think> y"}')


def test_counting_tokens_does_not_disturb_a_batch_that_is_made(model: TransformersGenerator) -> None:
    import threading

    prompts = [made.prompt(COUNT, "word " * count) for count in (5, 40)]
    stop = threading.Event()

    def count() -> None:
        while not stop.is_set():
            model.count_tokens(prompts[0])

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        widths = {model._loaded().encode(prompts)["input_ids"].shape for _ in range(60)}
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(widths) == 1


def test_what_ran_out_of_memory_is_gone_before_anybody_tries_again(
    model: TransformersGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    import weakref

    held: list[weakref.ref[Any]] = []

    def fails(message: str) -> Any:
        def generate(**inputs: Any) -> None:
            held.append(weakref.ref(inputs["input_ids"]))
            raise RuntimeError(message)

        return generate

    for message, expected in (
        ("CUDA error: out of memory", OutOfMemory),
        ("CUBLAS_STATUS_ALLOC_FAILED", OutOfMemory),
        ("CUDA error: device-side assert triggered", DeviceLost),
        ("a fault", RuntimeError),
    ):
        monkeypatch.setattr(model._loaded().model, "generate", fails(message))
        with pytest.raises(expected) as caught:
            model.generate([made.prompt(COUNT)], lambda _row: False)
        if expected is OutOfMemory:
            assert caught.value.__context__ is None
            assert held[-1]() is None


def test_a_device_that_is_lost_is_told_even_when_its_memory_cannot_be_freed(
    model: TransformersGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an assert on the device every further call fails, that of the memory's cache among them."""

    def lost(**_: Any) -> None:
        raise torch.AcceleratorError("device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "empty_cache", lost)
    monkeypatch.setattr(model._loaded().model, "generate", lost)
    with pytest.raises(DeviceLost):
        model.generate([made.prompt(COUNT)], lambda _row: False)


def test_numbers_that_overflow_are_an_error_and_no_data(tiny: Callable[[str], Path]) -> None:
    broken = made.generator("qwen2_5_vl", tiny("qwen2_5_vl"))
    with torch.no_grad():
        broken._loaded().model.lm_head.weight.fill_(float("nan"))
    with pytest.raises(UnsupportedByEngine, match="overflow"):
        broken.generate([made.prompt(CHINESE)], lambda _row: False)


@pytest.mark.parametrize("family", list(made.BUILDERS))
def test_a_question_costs_the_logits_of_its_last_token_only(family: str, tiny: Callable[[str], Path]) -> None:
    """Logits of a whole question with eight pictures are gigabytes."""
    loaded = made.generator(family, tiny(family))
    shapes = []
    head = loaded._loaded().model.get_output_embeddings()
    head.register_forward_hook(lambda _module, _given, logits: shapes.append(tuple(logits.shape)))
    loaded.generate([made.prompt(COUNT, max_tokens=2)], lambda _row: False)
    assert shapes[0][:2] == (1, 1)


@pytest.mark.parametrize("family", list(made.BUILDERS))
def test_a_step_shows_the_model_one_token_and_the_picture_once(
    family: str, tiny: Callable[[str], Path]
) -> None:
    """CogVLM2's cache went by a name that transformers had given up: every step read page and answer again."""
    loaded = made.generator(family, tiny(family))
    shown: list[int] = []
    model = loaded._loaded().model
    model.get_input_embeddings().register_forward_hook(
        lambda _module, given, _out: shown.append(given[0].shape[1])
    )
    asked = [made.prompt(COUNT, max_tokens=5)]
    loaded._static(asked, lambda _row: False)
    assert len(shown) > 2
    assert set(shown[1:]) == {1}
    shown.clear()
    loaded.generate(asked, lambda _row: False)
    assert sum(shown[1:]) <= 5


def test_habits_of_a_checkpoint_do_not_reach_its_answers(tiny: Callable[[str], Path], tmp_path: Path) -> None:
    plain = made.generator("idefics3", tiny("idefics3"))
    for file in tiny("idefics3").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    habits = json.loads((tmp_path / "generation_config.json").read_text())
    habits |= {"no_repeat_ngram_size": 2, "suppress_tokens": list(range(40)), "repetition_penalty": 1.5}
    (tmp_path / "generation_config.json").write_text(json.dumps(habits))
    used = made.generator("idefics3", tmp_path)
    asked = made.prompt(CHINESE)
    one, other = (loaded.generate([asked], lambda _row: False)[0] for loaded in (plain, used))
    assert one.text == other.text


def test_rows_end_where_they_are_cancelled_too_long_or_in_circles(model: TransformersGenerator) -> None:
    endless = {"type": "string", "pattern": "^(ab)+$", "minLength": 3000, "maxLength": 3000}
    prompts = [
        replace(made.prompt(COUNT, max_tokens=50), schema=endless),
        replace(made.prompt(COUNT, max_tokens=900), schema=endless),
        made.prompt(COUNT),
    ]
    steps = [0]

    def cancelled(row: int) -> bool:
        steps[0] += row == 2
        return row == 2 and steps[0] > 3

    cut, circles, gone = model.generate(prompts, cancelled)
    assert (cut.finish, cut.completion_tokens) == (Finish.LENGTH, 50)
    assert circles.finish is Finish.REPETITION
    assert circles.completion_tokens < 900
    assert gone.finish is Finish.CANCELLED


@given(st.lists(st.integers(0, 5), max_size=40), st.lists(st.integers(0, 9), min_size=1, max_size=32))
def test_circles_are_found_whatever_came_before(before: list[int], loop: list[int]) -> None:
    assert stopping_rules.goes_in_circles(before + loop * 100)


def test_a_dotted_leader_or_a_table_of_zeros_is_no_circle() -> None:
    assert not stopping_rules.goes_in_circles([1, 2, 3] + [7] * 90)
    assert not stopping_rules.goes_in_circles([0, 9] * 40)
    assert not stopping_rules.goes_in_circles(list(range(200)))


@given(st.text(alphabet='ab 上海有限é🙂\n"{}', max_size=40), st.lists(st.integers(1, 3), max_size=60))
def test_characters_are_given_to_the_tokens_that_wrote_them(text: str, sizes: list[int]) -> None:
    """Bytes cut anywhere, as byte-level tokens are."""
    raw = text.encode()
    pieces: list[bytes] = []
    for size in [*sizes, *[1] * len(raw)]:
        if raw:
            pieces.append(raw[:size])
            raw = raw[size:]
    found, places = row_transcript.spans(
        list(range(len(pieces))), lambda ids: b"".join(pieces[i] for i in ids).decode(errors="replace")
    )
    assert found == text
    assert len(places) == len(pieces)
    for piece, (start, end) in zip(pieces, places, strict=True):
        assert piece in found[start:end].encode()
