"""Invoices whose labels stand in for the XML they carried: are values placed, is disagreement noticed.

    python -m bench.embedded INVOICES/manifest.jsonl

The files have lost their XML, their labels are made from it. Prints how many values of the data find their
place on the page, how many documents are said to contradict their own data (none should), and in how
many it is noticed that the number, the day or the sum in the data was changed by one digit.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from schemas import registry
from worker.reading.engines.base import Reading, Request
from worker.reading.engines.matcher.engine import EmbeddedEngine
from worker.reading.evidence.join import join
from worker.reading.evidence.witness import INVOICE, Witness
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.settings import Settings

CHANGED = ("invoice_number", "issue_date", "total")
SCHEMA = registry.kind(INVOICE)
TOLD = "embedded_data_contradicts"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("manifest", type=Path)
    arguments = options.parse_args()
    rng = random.Random(3)
    engine = EmbeddedEngine()
    placed: list[bool] = []
    wrongly: list[str] = []
    noticed: dict[str, list[bool]] = {name: [] for name in CHANGED}
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        for path, data in labelled(arguments.manifest):
            witness = Witness(data)
            document = sandbox.open(path)
            pages = seen(iter(document), witness)
            reading = engine.read(Request(SCHEMA, pages, document.page_count))
            joined = join(reading, SCHEMA, witness)
            told = [item for item in joined.evidence.values() if item.origin == "embedded"]
            placed += [bool(item.citations) for item in told]
            wrongly += [f"{path.name} {at}" for at in contradicted(joined)]
            for name in CHANGED:
                witness.invoice = altered(rng, data, name)
                noticed[name].append(f"/{name}" in contradicted(join(reading, SCHEMA, witness)))
    print(
        f"placed: {sum(placed) / len(placed):.3f} of {len(placed)} values of {len(noticed['total'])} invoices"
    )
    print(f"said to contradict: {len(wrongly)} {wrongly}")
    for name, found in noticed.items():
        print(f"{name} changed by one digit: {sum(found)} of {len(found)} noticed")


def seen(pages: Iterator[Any], witness: Witness) -> Iterator[Page]:
    for page in pages:
        if isinstance(page, Page):
            witness.see(page)
            yield page


def contradicted(reading: Reading) -> set[str]:
    return {issue.path for issue in reading.issues if issue.code == TOLD}


def labelled(manifest: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """PDF files with the values of their XML in the shape of the kind."""
    for line in manifest.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        told, file = row["expected"], manifest.parent / row["files"][0]
        if not isinstance(told, dict) or "line_items" not in told or file.suffix != ".pdf":
            continue
        data = {
            "invoice_number": told.get("invoice_number"),
            "issue_date": told.get("issue_date"),
            "currency": told.get("currency"),
            "seller": {"name": told.get("seller_name"), "tax_ids": told.get("seller_vat_ids")},
            "buyer": {"name": told.get("buyer_name")},
            "subtotal": told.get("net_total"),
            "tax_total": told.get("tax_total"),
            "total": told.get("grand_total"),
            "lines": [position(item) for item in told["line_items"]],
        }
        yield file, {name: value for name, value in data.items() if value}


def position(item: Mapping[str, Any]) -> dict[str, Any]:
    told = {
        "description": item.get("name"),
        "quantity": item.get("quantity"),
        "unit_price": item.get("unit_price"),
        "amount": item.get("line_total"),
    }
    return {name: value for name, value in told.items() if value is not None}


def altered(rng: random.Random, data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The data with the last digit of a value changed to another that leaves a day a day."""
    changed = copy.deepcopy(dict(data))
    value = changed[name]
    text = f"{value:.2f}" if isinstance(value, float) else str(value)
    at = max(index for index, char in enumerate(text) if char.isdigit())
    other = rng.choice([digit for digit in "12345678" if digit != text[at]])
    text = text[:at] + other + text[at + 1 :]
    changed[name] = float(text) if isinstance(value, float) else text
    return changed


if __name__ == "__main__":
    main()
