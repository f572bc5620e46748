from __future__ import annotations

import numpy as np
import pytest

from tests.build import page_of
from tests.rows import mine
from worker.reading.engines.matcher import any_schema
from worker.reading.engines.matcher.evaluation import Evaluation
from worker.reading.engines.matcher.graph import graph_of
from worker.reading.engines.matcher.label_features import NAMES, of_labels
from worker.reading.engines.matcher.questions import question
from worker.reading.engines.matcher.surroundings import Relation
from worker.reading.engines.matcher.wordings import shipped

ROWS = (
    "Acme Tools Ltd",
    [(60, "Invoice number: A-17"), (600, "Delivery date: 03.04.2021")],
    [(60, "Rechnungsdatum"), (400, "01.04.2021")],
    [(60, "Frobnication level"), (400, "12")],
    [(60, "Net"), (300, "VAT"), (600, "Total due")],
    [(60, "100.00"), (300, "19.00"), (600, "119.00")],
)


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    text, number = {"type": "string"}, {"type": "number"}
    described = {"type": "string", "description": "The Frobnication level, as printed"}
    party = {"type": "object", "properties": {"name": text}}
    schema = mine(invoice_number=text, issued=text, level=described, total=number, tax=number, seller=party)
    graph = graph_of([page_of(*ROWS)], schema.root, shipped())
    return Evaluation(
        graph, tuple(question(*asked, shipped()) for asked in any_schema.scalars(schema.root, ()))
    )


def test_rates_of_all_labels_are_those_of_each_by_itself(evaluation: Evaluation) -> None:
    labels = evaluation.labels.labels
    assert len(labels) > 8
    for asked, one in enumerate(evaluation.questions):
        alone = [evaluation.own(one, label) for label in labels]
        rates = evaluation.own_rates(asked)
        assert np.allclose(rates[:, 3], [found.both for found in alone], atol=1e-6)
        assert np.allclose(rates[:, :2], [(found.recall, found.precision) for found in alone], atol=1e-6)
        parents = [evaluation.best(one.parents, label).both if one.parents else 0.0 for label in labels]
        assert np.allclose(evaluation.parent_rates(asked), parents, atol=1e-6)
        others = [
            max(evaluation.own(other, label).both for other in evaluation.questions if other is not one)
            for label in labels
        ]
        assert np.allclose(evaluation.rivalry(asked), others, atol=1e-6)


def test_the_nearest_label_in_each_relation_is_told(evaluation: Evaluation) -> None:
    places = evaluation.graph.places
    rows = {place.text: row for place, row in zip(places, of_labels(places, 0, evaluation), strict=True)}
    number = dict(zip(NAMES, rows["A-17"], strict=True))
    assert (number["inline_recall"], number["inline_precision"], number["inline_distance"]) == (1.0, 1.0, 0.0)
    assert number["top"] == pytest.approx(1.0)
    assert number["rival"] < 0.5
    level = dict(
        zip(NAMES, of_labels(places, 2, evaluation)[[p.text for p in places].index("12")], strict=True)
    )
    assert level["left_recall"] > 0.8
    assert level["inline_distance"] == 30.0
    assert set(Relation) == {relation for relation in Relation if f"{relation.name.lower()}_recall" in NAMES}


def test_every_value_has_a_row_of_numbers(evaluation: Evaluation) -> None:
    places = evaluation.graph.places
    for asked in range(len(evaluation.questions)):
        rows = of_labels(places, asked, evaluation)
        assert rows.shape == (len(places), len(NAMES))
        assert np.isfinite(rows).all()
