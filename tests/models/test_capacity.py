"""How many pages fit at a time: on simulated GPUs for every profile, and as a model finds it out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import tiny as made
from worker.reading.engines.transformers import capacity
from worker.reading.engines.transformers.capacity import BatchWishes, Capacity, OnePage
from worker.reading.engines.transformers.kept_rows import SHARE
from worker.reading.engines.transformers.slots import HOLES
from worker.reading.models import memory_estimate
from worker.reading.models.registry import QUANTISATIONS, Profile, Quantisation, profiles

Tiny = Callable[[str], Path]
GIGABYTE = 10**9
FORMS = [
    (profile, quantisation)
    for profile in profiles().values()
    for quantisation in QUANTISATIONS
    if memory_estimate.weights(profile, quantisation) is not None
]


def measured(profile: Profile, quantisation: Quantisation) -> tuple[OnePage, int]:
    """A page of a profile as a GPU would be found to take it, and what is held beside it."""
    assert profile.architecture is not None
    one, two = (memory_estimate.needed(profile, quantisation, pages) for pages in (1, 2))
    held = memory_estimate.needed(profile, quantisation, 0)
    assert one is not None
    assert two is not None
    assert held is not None
    cache = memory_estimate.cache_per_token(profile.architecture.text)
    peak = two - one - memory_estimate.ANSWER_TOKENS * cache
    return OnePage(profile.image.tokens + memory_estimate.PROMPT_TOKENS, peak, cache), held


@pytest.mark.parametrize("gigabytes", [16, 24, 80])
@pytest.mark.parametrize(("profile", "quantisation"), FORMS, ids=lambda one: getattr(one, "name", one))
def test_what_is_chosen_stays_within_the_memory_of_any_gpu(
    profile: Profile, quantisation: Quantisation, gigabytes: int
) -> None:
    page, held = measured(profile, quantisation)
    free = gigabytes * GIGABYTE - held
    one = memory_estimate.needed(profile, quantisation, 1)
    assert one is not None
    found = capacity.capacity(page, max(0, free), answer=memory_estimate.ANSWER_TOKENS, spare=HOLES + SHARE)
    if one > gigabytes * GIGABYTE:
        assert found.rows == 1
        return
    taken = memory_estimate.needed(profile, quantisation, found.rows)
    assert taken is not None
    assert taken <= gigabytes * GIGABYTE
    longest = page.tokens + memory_estimate.ANSWER_TOKENS
    assert found.rows * longest <= max(found.tokens, longest)
    more = memory_estimate.needed(profile, quantisation, 3 * found.rows + 1)
    assert found.rows == 64 or (more is not None and more > gigabytes * GIGABYTE)  # and it is not idle


class Gpu:
    """Memory of a simulated GPU, on which a page takes a gigabyte."""

    def __init__(self, free: int) -> None:
        self._free = free
        self.began = 0

    def free(self) -> int:
        return self._free

    def begin(self) -> None:
        self.began += 1

    def peak(self) -> int:
        return GIGABYTE


def test_a_model_is_measured_when_it_is_loaded(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = Gpu(20 * GIGABYTE)
    monkeypatch.setattr(capacity, "meter_of", lambda _device: gpu)
    model = made.generator("sail_vl2", tiny("sail_vl2"))
    model._wishes = BatchWishes(pixels=100_000, answer=100)
    assert (model.max_rows, model.max_tokens) == (8, 32_768)
    model.warm_up()
    assert gpu.began == 1
    assert 6 <= model.max_rows <= 18
    model._wishes = BatchWishes(rows=3, tokens=5000, pixels=100_000)
    model.warm_up()
    assert (model.max_rows, model.max_tokens) == (3, 5000)
    model.close()


def test_a_page_that_does_not_fit_leaves_one_row(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"))

    def fails() -> int:
        raise RuntimeError("CUDA out of memory")

    gpu = Gpu(GIGABYTE)
    monkeypatch.setattr(gpu, "peak", fails)
    monkeypatch.setattr(capacity, "meter_of", lambda _device: gpu)
    model.warm_up()
    assert model.max_rows == 1
    model.close()


def test_nothing_is_measured_on_a_cpu(tiny: Tiny) -> None:
    model = made.generator("sail_vl2", tiny("sail_vl2"))
    assert capacity.meter_of(model._loaded().model.device) is None
    model.warm_up()
    assert Capacity(model.max_rows, model.max_tokens) == Capacity(8, 32_768)
    model.close()


def test_more_memory_is_never_less_room() -> None:
    page = OnePage(3000, 2 * GIGABYTE, 100_000)
    found = [capacity.capacity(page, free * GIGABYTE, answer=2048, spare=HOLES + SHARE) for free in range(70)]
    assert [one.rows for one in found] == sorted(one.rows for one in found)
    assert found[0] == Capacity(1, 5048)
