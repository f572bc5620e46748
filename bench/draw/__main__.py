"""Draw documents into a folder, with their manifest."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from bench.draw import damage, invoices, plans, receipts, tickets, writing
from bench.draw.paper import Drawn
from bench.draw.pdf import write_pdf


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--count", type=int, default=1, help="how many rounds of every kind")
    options.add_argument("--seed", type=int, default=7)
    arguments = options.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(arguments.seed)
    rows = [row for number in range(arguments.count) for row in _round(rng, number, arguments.folder)]
    manifest = arguments.folder / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} documents in {arguments.folder}")


def _round(rng: random.Random, number: int, folder: Path) -> Iterator[dict[str, object]]:
    """One document of every kind, the photographs in rising degrees of damage."""
    for strength in (0.0, 0.5, 0.9):
        drawn = tickets.draw(rng, f"ticket_{number}_{int(10 * strength)}")
        yield _save(damage.photographed(drawn, rng, strength=strength), folder)
    yield _save(receipts.draw(rng, f"receipt_{number}_clean"), folder)
    aged = damage.faded(receipts.draw(rng, f"receipt_{number}_faded"), share=0.45)
    yield _save(damage.photographed(aged, rng, strength=0.4), folder)
    invoice = invoices.draw(rng, f"invoice_{number}_text")
    write_pdf(invoice, folder / f"{invoice.name}.pdf")
    yield invoice.row(f"{invoice.name}.pdf")
    yield _save(damage.scanned(invoices.draw(rng, f"invoice_{number}_scan"), rng, strength=0.8), folder)
    yield _save(plans.draw(rng, f"plan_{number}"), folder)
    yield _save(writing.draw(rng, f"handwriting_{number}"), folder)
    yield _save(writing.draw_old(rng, f"old_text_{number}"), folder)


def _save(drawn: Drawn, folder: Path) -> dict[str, object]:
    file = f"{drawn.name}.jpg"
    image: Image.Image = drawn.image
    image.save(folder / file, quality=80)
    return drawn.row(file)


if __name__ == "__main__":
    main()
