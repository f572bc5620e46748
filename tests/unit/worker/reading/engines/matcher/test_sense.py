from __future__ import annotations

import numpy as np
import pytest

from schemas import registry
from tests.build import page_of
from tests.schema_fields import field_of, with_x
from worker.reading.engines.matcher import members, sense, sense_table
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.engines.matcher.questions import question
from worker.reading.engines.matcher.sense import Senses
from worker.reading.engines.matcher.sense_table import UNKNOWN, SenseTable
from worker.reading.engines.matcher.wordings import shipped


@pytest.fixture(scope="module")
def senses() -> Senses:
    return Senses()


@pytest.mark.parametrize(
    ("asked", "label", "others"),
    [
        ("insured person", "Versicherungsnehmer", ["Bankverbindung", "Datum", "Seite"]),
        ("landlord", "Vermieter", ["Anschrift", "Datum", "Fläche"]),
        ("vehicle colour", "车辆颜色", ["发动机号", "日期", "电话"]),
        ("payment date", "Betalingsdato", ["Kundenummer", "Beløp", "Merknad"]),
    ],
)
def test_a_label_in_another_language_is_nearer_than_others(
    senses: Senses, asked: str, label: str, others: list[str]
) -> None:
    assert senses.likeness(asked, label) > max(senses.likeness(asked, other) for other in others)


def test_vectors_are_the_same_alone_and_together(senses: Senses) -> None:
    texts = ["Total", "Gesamtbetrag", "12.50", "", "合计"]
    together = Senses().vectors(texts)
    alone = np.vstack([Senses().vectors([text]) for text in texts])
    assert together.shape == (5, 512)
    assert np.allclose(together, alone, atol=1e-5)
    lengths = np.linalg.norm(together, axis=1)
    assert np.allclose(lengths, [1, 1, 0, 0, 1], atol=1e-3)
    assert senses.likeness("12.50", "Total") == 0.0


def test_the_texts_that_were_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    senses = Senses(kept=2)
    encoded: list[list[str]] = []
    encoder = sense._encoder()
    encode = encoder.encode

    def counted(texts: list[str]) -> object:
        encoded.append(texts)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode", counted)
    for texts in (["net", "gross"], ["net", "tax"], ["tax"], ["gross"]):
        senses.vectors(texts)
    assert encoded == [["net", "gross"], ["tax"], ["gross"]]


@pytest.mark.parametrize(
    ("text", "listed", "meant"),
    [
        ("geringe Mängel", ["no defects", "minor defects", "major defects"], "minor defects"),
        ("Telefon", ["phone", "email", "in_person"], "phone"),
        ("貓", ["dog", "cat"], "cat"),
        ("blau", ["cat", "dog"], None),
        ("a very long sentence about nothing that anybody has listed here", ["cat", "dog"], None),
    ],
)
def test_what_is_listed_is_known_in_other_words(
    senses: Senses, text: str, listed: list[str], meant: str | None
) -> None:
    target = field_of(with_x({"type": "string", "enum": listed}), "/x")
    assert members.meant(text, target, senses) == meant


def test_what_is_printed_as_listed_needs_no_sense() -> None:
    target = field_of(with_x({"type": "string", "enum": ["cash", "card"]}), "/x")
    assert members.printed("Paid by CARD today", target) == "card"
    assert members.printed("on account", target) is None


def test_of_a_long_document_the_first_texts_are_told(senses: Senses, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sense_table, "_MOST", 2)
    target = field_of(with_x({"type": "string"}), "/x")
    asked = question(target, (), shipped())
    table = SenseTable([asked], ["Amount", "Date", "Number"], senses)
    near = table.near_each(0, ["Date", "Number"])
    assert near[0] > UNKNOWN == near[1]
    assert table.rivals(0, ["Date"])[0] == UNKNOWN


def test_what_only_the_encoder_says_is_for_a_person_to_see() -> None:
    listed = {
        "type": "object",
        "properties": {
            "goods": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "description": {"type": "string"},
                        "taste": {"type": "string"},
                        "amount": {"type": "number"},
                    },
                },
            }
        },
    }
    page = page_of(
        [(60, "Description"), (500, "Geschmack"), (900, "Amount")],
        [(60, "Coffee beans"), (500, "mild"), (900, "12.50")],
        [(60, "Green tea"), (500, "bitter"), (900, "19.00")],
    )
    reading = read_lines([page], registry.from_json_schema(listed, name="goods").root)
    assert [one["taste"] for one in reading.data["goods"]] == ["mild", "bitter"]
    assert reading.evidence["/goods/0/taste"].confidence < 0.65
    assert "/goods/0/taste" in {issue.path for issue in reading.issues}
