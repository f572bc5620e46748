"""What is known of models."""

from __future__ import annotations

import re

import pytest

from worker.errors import ModelUnavailable
from worker.reading.models import memory_estimate
from worker.reading.models.registry import profile, profiles

NAMES = sorted(profiles())


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_has_an_id_a_licence_and_sources(name: str) -> None:
    found = profile(name)
    assert found.name == name
    assert re.fullmatch(r"[\w-]+/[\w.-]+", found.id)
    assert found.licence.name
    assert found.source
    assert found.image.source
    assert found.languages
    assert found.context >= found.image.tokens + memory_estimate.PROMPT_TOKENS
    assert bool(found.scores) == bool(found.scores_source)
    assert bool(found.published_memory) == bool(found.published_source)
    assert found.architecture is None or found.architecture.source


@pytest.mark.parametrize("name", NAMES)
def test_a_revision_is_a_commit_that_somebody_else_names(name: str) -> None:
    found = profile(name)
    assert bool(found.revision) == bool(found.revision_source)
    assert found.revision is None or re.fullmatch(r"[0-9a-f]{40}", found.revision)


def test_the_models_that_were_promised_are_there() -> None:
    families = (
        "sail-vl2",
        "cogvlm2",
        "qwen3-vl",
        "qwen3.5",
        "glm-ocr",
        "internvl3.5",
        "nuextract3",
        "paddleocr-vl",
    )
    assert all(any(name.startswith(family) for name in NAMES) for family in families)


def test_the_duty_to_register_is_told_for_every_cogvlm2_and_for_nothing_else() -> None:
    told = {name for name in NAMES if "registration" in profile(name).licence.notice}
    assert told == {name for name in NAMES if "cogvlm2" in name}


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ModelUnavailable, match="sail-vl2-2b"):
        profile("sail-vl3")
