"""The memory that a model takes, computed from what is known of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.worker.reading.models.test_registry import NAMES
from worker.reading.models import memory_estimate
from worker.reading.models.registry import profile


def total(name: str) -> int:
    architecture = profile(name).architecture
    assert architecture is not None
    return memory_estimate.parameters(architecture).total


PUBLISHED = {
    "cogvlm2": 39_006_214_656 / 2,  # bytes of the eight shards
    "internvl3.5-8b": 8_528_318_464,
    "qwen3.5-9b": 9.41e9,
    "glm-ocr": 1.11e9,
}


@pytest.mark.parametrize(("name", "count"), PUBLISHED.items())
def test_parameters_come_to_the_published_count(name: str, count: float) -> None:
    assert total(name) == pytest.approx(count, rel=0.005)


def test_weights_come_to_the_published_sizes() -> None:
    assert memory_estimate.weights(profile("cogvlm2"), "none") == pytest.approx(39_006_214_656, rel=0.001)
    assert memory_estimate.weights(profile("cogvlm2-int4"), "nf4") == pytest.approx(11.67 * 2**30, rel=0.01)
    assert memory_estimate.weights(profile("sail-vl2-2b"), "none") == pytest.approx(5e9, rel=0.1)
    assert memory_estimate.weights(profile("internvl3.5-8b"), "none") == pytest.approx(16.6 * 2**30, rel=0.05)


def test_memory_of_a_page_comes_near_what_cogvlm2s_makers_say() -> None:
    assert memory_estimate.needed(profile("cogvlm2"), "none", 1) == pytest.approx(42e9, rel=0.05)
    assert memory_estimate.needed(profile("cogvlm2-int4"), "nf4", 1) == pytest.approx(16e9, rel=0.1)


def test_the_cache_of_a_token() -> None:
    expected = {"sail-vl2-2b": 112, "sail-vl2-8b": 144, "cogvlm2": 128, "qwen3.5-4b": 32}
    for name, kib in expected.items():
        architecture = profile(name).architecture
        assert architecture is not None
        assert memory_estimate.cache_per_token(architecture.text) == kib * 1024


@pytest.mark.parametrize("name", NAMES)
def test_memory_grows_with_pages_and_shrinks_with_quantisation(name: str) -> None:
    found = profile(name)
    weights = [size for q in found.quantisations if (size := memory_estimate.weights(found, q)) is not None]
    assert weights == sorted(weights, reverse=True)
    for quantisation in found.quantisations:
        one, eight = (memory_estimate.needed(found, quantisation, pages) for pages in (1, 8))
        held = memory_estimate.weights(found, quantisation)
        assert held is not None and one is not None and eight is not None  # noqa: PT018 (for the type checker)
        assert held < one < eight < held + 8 * (one - held)


def test_what_is_not_known_is_not_guessed() -> None:
    unknown = replace(profile("cogvlm2"), architecture=None)
    assert memory_estimate.weights(unknown, "none") is None
    assert memory_estimate.needed(unknown, "none", 8) is None
    assert memory_estimate.weights(profile("cogvlm2-int4"), "none") is None
