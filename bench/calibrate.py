"""Fit the embedded engine's confidence on labelled documents.

    python -m bench.calibrate MANIFEST… [--write]

Reads every document of the manifests (the form of `pagemill eval`), looks at each value that was
taken and whether it is right, and fits a logistic model to it. Plans and writings are read as
receipts, invoices and tickets too: whatever is found then is wrong. Prints AUROC and expected
calibration error over five folds, split by document; --write stores the weights of the fit on all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from api.cli.evaluate import load
from api.cli.scoring import Labelled
from schemas import registry
from worker.reading.engines.matcher import assign, confidence
from worker.reading.engines.matcher.candidates import Group
from worker.reading.engines.matcher.engine import sheet_of
from worker.reading.engines.matcher.readers.registry import fill_root
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.score.compare import score
from worker.reading.score.metrics import auroc, calibration_error
from worker.reading.text.page_lines import LineSource
from worker.reading.text.sources import OcrLines
from worker.settings import Settings

TARGET = Path(confidence.__file__).with_suffix(".json")
WITHOUT = frozenset({"floor_plan", "handwriting", "ancient_text"})
NOT_THERE = ("receipt", "invoice", "train_ticket")
FOLDS = 5
RIDGE = 1.0

Samples = list[tuple[dict[str, float], bool]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("manifests", nargs="+", type=Path)
    options.add_argument("--write", action="store_true", help="store the weights")
    arguments = options.parse_args()
    documents = [document for manifest in arguments.manifests for document in load(manifest)]
    samples = collect(documents)
    names = ["bias", *samples[0][0][0]] if samples[0] else ["bias"]
    report(samples, names)
    if arguments.write:
        features, right = table([pair for group in samples for pair in group], names)
        weights = dict(zip(names, fit(features, right).round(4).tolist(), strict=True))
        TARGET.write_text(json.dumps({"weights": weights}, indent=2) + "\n", encoding="utf-8")
        print(f"wrote {TARGET.name}: {weights}")


def collect(documents: Sequence[Labelled]) -> list[Samples]:
    """Per document, the features of every labelled value that was taken and whether it is right."""
    line_source = OcrLines()
    samples = []
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        for document in documents:
            pages = [page for page in sandbox.open(document.path) if isinstance(page, Page)]
            sheet = sheet_of([line_source(page) for page in pages], document.schema.root)
            filling = fill_root(document.schema.root, sheet)
            samples.append([*judge(document, filling), *absent(document, pages, line_source)])
    return [group for group in samples if group]


def judge(document: Labelled, filling: Group) -> Samples:
    data, evidence = assign.filled(document.schema.root, filling)
    chosen = assign.choices(document.schema.root, filling)
    return [
        (confidence.features(choice.candidate, [c for _, c in choice.others]), item.right)
        for item in score(document.expected, data, evidence)
        if (choice := chosen.get(item.path)) is not None
    ]


def absent(document: Labelled, pages: Sequence[Page], line_source: LineSource) -> Samples:
    """Values found where there are none."""
    if document.schema.name not in WITHOUT:
        return []
    samples: Samples = []
    for name in NOT_THERE:
        root = registry.kind(name).root
        filling = fill_root(root, sheet_of([line_source(page) for page in pages], root))
        chosen = assign.choices(root, filling).values()
        samples += [(confidence.features(c.candidate, [o for _, o in c.others]), False) for c in chosen]
    return samples


def table(samples: Samples, names: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = [[1.0, *(features[name] for name in names[1:])] for features, _ in samples]
    return np.array(rows), np.array([float(right) for _, right in samples])


def fit(features: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic regression with a ridge, by Newton's method."""
    weights = np.zeros(features.shape[1])
    ridge = RIDGE * np.eye(features.shape[1])
    ridge[0, 0] = 1e-6
    for _ in range(50):
        probability = 1 / (1 + np.exp(-features @ weights))
        gradient = features.T @ (probability - right) + ridge @ weights
        curvature = (features.T * (probability * (1 - probability))) @ features + ridge
        weights = weights - np.linalg.solve(curvature, gradient)
    return weights


def report(samples: Sequence[Samples], names: Sequence[str]) -> None:
    """Cross-validated: no document is judged by weights it helped to fit."""
    surely: list[float] = []
    truly: list[bool] = []
    for fold in range(FOLDS):
        train = [pair for i, group in enumerate(samples) if i % FOLDS != fold for pair in group]
        test = [pair for i, group in enumerate(samples) if i % FOLDS == fold for pair in group]
        weights = fit(*table(train, names))
        features, right = table(test, names)
        surely.extend((1 / (1 + np.exp(-features @ weights))).tolist())
        truly.extend(bool(value) for value in right)
    print(f"{len(truly)} values of {len(samples)} documents, {sum(truly) / len(truly):.3f} right")
    print(f"AUROC {auroc(surely, truly):.3f}, calibration error {calibration_error(surely, truly):.3f}")


if __name__ == "__main__":
    main()
