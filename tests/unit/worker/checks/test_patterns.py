from __future__ import annotations

import time

import pytest

from worker.checks import patterns


@pytest.mark.parametrize(
    ("expression", "least"),
    [
        (r"(?:(?:(?:a{1000}){1000}){1000})", 10**9),
        (r"(?x)(?:(?:a{1000}) {1000}) {1000}", 10**9),
        ("(?x)(?:(?:a{1000}) #note\n{1000})#(\n{1000}", 10**9),
        (r"(?:(?:a{1000})(?#note){1000}){1000}", 10**9),
        (r"(?:[\]{}]{1000,}){1000}", 10**6),
        (r"(?:\({0,1000}){,1000}", 10**6),
    ],
)
def test_an_expression_that_would_take_all_memory_is_never_compiled(expression: str, least: int) -> None:
    assert patterns.steps(expression) >= least
    with pytest.raises(patterns.Broken):
        patterns.found(expression, "a")
    with pytest.raises(patterns.Broken):
        patterns.Pattern(expression)


@pytest.mark.parametrize(
    "expression",
    [r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$", r"(\d{3}-){2}\d{4}", r"\p{Han}{1,200}", r"a\{9999\}", "{", ")"],
)
def test_what_people_write_is_light(expression: str) -> None:
    assert patterns.steps(expression) < 1000


def test_all_that_is_looked_for_shares_a_time() -> None:
    started = time.monotonic()
    with patterns.within(0.3):
        for _ in range(20):
            patterns.Pattern("^(a|a)*$").search("a" * 40 + "!")
        with pytest.raises(TimeoutError):
            patterns.found("a", "a")
    assert time.monotonic() - started < 5
    assert patterns.found("a", "a")
