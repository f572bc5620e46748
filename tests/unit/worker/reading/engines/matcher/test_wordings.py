from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import languages
from worker.reading.engines.matcher import wordings
from worker.reading.engines.matcher.wordings import RELATED, Wordings, likeness, shipped


def near(wanted: str, label: str) -> float:
    return likeness(shipped().meaning(wanted), shipped().meaning(label)).both


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        ("invoice date", "Rechnungsdatum"),
        ("unit price", "Einzelpreis"),
        ("description", "货物或应税劳务名称"),
        ("order number", "Order #"),
        ("customer name", "Nom du client"),
        ("meter number", "Meter No."),
        ("due date", "Fecha de vencimiento"),
    ],
)
def test_a_wording_of_another_language_means_the_same(wanted: str, label: str) -> None:
    assert near(wanted, label) > 0.8


@pytest.mark.parametrize(
    ("wanted", "right", "wrong"),
    [
        ("invoice date", "Datum", "Fälligkeitsdatum"),
        ("total", "Total", "Total excl. tax"),
        ("buyer tax number", "Customer VAT No", "Customer name"),
        ("previous reading", "Zählerstand alt", "Zählerstand neu"),
    ],
)
def test_the_nearer_of_two_labels(wanted: str, right: str, wrong: str) -> None:
    assert near(wanted, right) > near(wanted, wrong)


def test_a_word_nobody_listed_is_known_by_its_letters() -> None:
    assert near("brelvik code", "Brelvlk Code:") > 0.8
    assert near("brelvik code", "Customer") < 0.3


def test_blanks_between_signs_do_not_matter() -> None:
    assert near("name", "姓     名") == near("name", "姓名") > 0.5


def test_a_latin_wording_ends_where_a_word_ends() -> None:
    words = Wordings({"total": ["total"]})
    assert words.prefix("total 5") == 5
    assert words.prefix("totality") == 0


@given(st.text(max_size=40), st.text(max_size=40))
@settings(deadline=None)
def test_likeness_is_a_share_whatever_the_texts(wanted: str, label: str) -> None:
    found = likeness(shipped().meaning(wanted), shipped().meaning(label))
    assert all(0 <= value <= 1 + 1e-9 for value in (found.recall, found.precision, found.letters, found.both))


def test_every_language_has_the_same_meanings() -> None:
    meanings = {language: set(table) for language, table in languages.labels().items()}
    assert len(meanings) >= 10
    assert all(known <= meanings["en"] for known in meanings.values())


@pytest.mark.parametrize(
    ("word", "parts"),
    [("Fahrzeugfahrer", {"vehicle", "driver"}), ("Kundenfahrzeug", {"customer", "vehicle"})],
)
def test_a_compound_is_its_parts(word: str, parts: set[str]) -> None:
    assert parts <= shipped().meaning(word).ideas


def test_a_single_word_means_something_and_is_no_label_of_itself() -> None:
    (unit,) = shipped().meaning("Fahrer").units
    assert frozenset({"driver"}) in unit.meanings
    assert not unit.is_label
    assert shipped().prefix("fahrer") == 0
    assert shipped().prefix("datum") == 5


@pytest.mark.parametrize(("wanted", "label"), [("absence", "Urlaub"), ("down payment", "Vorauszahlung")])
def test_a_related_idea_is_nearer_than_none_and_less_near_than_the_same(wanted: str, label: str) -> None:
    asked, printed = shipped().meaning(wanted), shipped().meaning(label)
    assert near(wanted, label) < 0.2 < likeness(asked, printed, related=RELATED).both < near(wanted, wanted)


def test_relations_hold_both_ways_between_ideas_that_some_language_says() -> None:
    known = {
        idea
        for told in (languages.labels(), languages.terms())
        for meanings in told.values()
        for meaning in meanings
        for idea in meaning.split()
    }
    related = languages.related()
    assert set(related) <= known
    assert all(idea in related[other] for idea, others in related.items() for other in others)


def test_texts_of_other_documents_are_forgotten_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordings, "_MOST_KEPT", 2)
    known = Wordings({"total": ["Summe"]})
    first = known.meaning("Summe")
    known.begin_document()
    assert known.meaning("Summe") is first
    for text in ("eins", "zwei"):
        known.meaning(text)
    known.begin_document()
    assert known.meaning("Summe") is not first
    assert known.meaning("Summe") == first
