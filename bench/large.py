"""How many of the words on sheets too large for one look are read.

    python -m bench.large [--count N]

Draws A0 plans in pixels and counts the room names and numbers that are among the lines read.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from bench.draw.large_plans import draw
from worker.reading.pages.base import Page
from worker.reading.text.ocr import Ocr

SEED = 17


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=20, help="how many sheets")
    count = options.parse_args().count
    rng, ocr = random.Random(SEED), Ocr()
    ocr.warm_up()
    found = words = 0
    started = time.process_time()
    for number in range(count):
        drawn = draw(rng, f"sheet-{number}")
        read = ocr.read(Page(1, np.asarray(drawn.image)))
        asked: Sequence[str] = drawn.expected["rooms"]
        missed = not_read(asked, [line.text for line in read.lines])
        found, words = found + len(asked) - sum(missed.values()), words + len(asked)
        print(
            f"  {drawn.name}: {len(asked) - sum(missed.values())} of {len(asked)} {list(missed)[:4]}",
            flush=True,
        )
    seconds = (time.process_time() - started) / max(1, count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{found / max(1, words):.3f} of {words} words on {count} sheets, {seconds:.1f} s of processor time each"
    )
    print(f"peak {peak:.0f} MB")


def not_read(asked: Sequence[str], lines: Sequence[str]) -> Counter[str]:
    """What is asked for and not read, as often as it is."""
    seen = Counter(line.strip().casefold() for line in lines)
    return Counter(word.casefold() for word in asked) - seen


if __name__ == "__main__":
    main()
