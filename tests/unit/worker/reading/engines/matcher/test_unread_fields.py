"""Fields of shipped kinds that no reader of theirs knows, as on papers of other countries."""

from __future__ import annotations

from schemas import registry
from tests.build import page_of
from tests.rows import Row
from worker.reading.engines.matcher.engine import read_lines

BELOW = 0.75  # what a person is to look at

TICKET: tuple[Row, ...] = (
    [(320, "Farmacia Otxandio")],
    [(330, "Calle Ercilla 77 bajo")],
    [(330, "48011 Bilbao (Bizkaia)")],
    [(330, "Tfno 944 55 04 17")],
    [(60, "19/10/2025"), (300, "13:26:41")],
    [(60, "Ud"), (160, "Descripción"), (640, "PVP"), (820, "Importe")],
    [(60, "1"), (160, "IBUPROFENO 600MG"), (640, "2,50"), (820, "2,50")],
    [(60, "2"), (160, "TERMOMETRO"), (640, "4,95"), (820, "9,90")],
    [(60, "TOTAL EUR"), (820, "12,40")],
)


def test_what_no_reader_of_a_kind_knows_is_asked_as_of_any_schema_and_is_for_a_person_to_see() -> None:
    found = read_lines([page_of(*TICKET)], registry.kind("receipt").root)
    assert found.data["phone"] == "944 55 04 17"
    assert 0.5 <= found.evidence["/phone"].confidence < BELOW


def test_sums_that_no_word_names_stay_unread() -> None:
    data = read_lines([page_of(*TICKET)], registry.kind("receipt").root).data
    assert data["total"] == 12.4
    assert [data[name] for name in ("tax", "discount", "change", "rounding")] == [None] * 4
