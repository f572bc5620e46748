"""Answers that are made at most so often."""

from __future__ import annotations

from api.fresh import Fresh, FreshOfEach


class Making:
    """Takes so many seconds of a clock that is set by hand, and counts."""

    def __init__(self, seconds: float) -> None:
        self.now, self.seconds, self.count = 100.0, seconds, 0

    def clock(self) -> float:
        return self.now

    def make(self) -> int:
        self.now += self.seconds
        self.count += 1
        return self.count


def test_what_is_cheap_is_made_each_time_and_what_is_not_for_a_share_of_the_time() -> None:
    for seconds, made in ((0.04, 100), (0.06, 5)):
        making = Making(seconds)
        fresh = Fresh(making.make, seconds=0, share=0.05, cheap=0.05, clock=making.clock)
        for _ in range(100):
            fresh.get()
            making.now += 0.05
        assert making.count == made


def test_each_key_has_its_own_value_and_the_last_ones_are_kept() -> None:
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    fresh = FreshOfEach(make, share=1e-9, cheap=0.0, most=2)
    assert [fresh.get(key) for key in "abab"] == ["A", "B", "A", "B"]
    assert made == ["a", "b"]
    assert [fresh.get(key) for key in "cba"] == ["C", "B", "A"]
    assert made == ["a", "b", "c", "a"]
