from __future__ import annotations

import unicodedata

from worker.reading.text.radicals import as_characters


def test_radicals_are_the_characters_that_they_show() -> None:
    assert as_characters("⻓沙市⾬花区韶⼭中路432号负⼀层") == "长沙市雨花区韶山中路432号负一层"
    assert as_characters("⽇本 ⻄安 ⻋票 ⻅⾯") == "日本 西安 车票 见面"


def test_no_radical_that_has_a_character_is_left() -> None:
    given = "".join(map(chr, range(0x2F00, 0x2FD6)))
    assert as_characters(given) == unicodedata.normalize("NFKC", given)
    assert len(as_characters(given)) == len(given)
