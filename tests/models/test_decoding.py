"""Answers held to a schema while random weights write them, and what is noted of their probabilities."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas import registry
from schemas.json_schema.answer import MOST_CHARACTERS, answer_schema
from tests import tiny as made
from tests.models.held_models import CHINESE, COUNT, loaded, model, validates
from worker.reading.engines.decoding import grammar, stopping_rules
from worker.reading.engines.decoding.constraint import Constraint
from worker.reading.engines.transformers.generator import TransformersGenerator
from worker.reading.engines.vision.base import Finish

__all__ = ["loaded", "model"]
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
