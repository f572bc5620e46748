"""Whether the tick boxes of forms are seen for what they are, and questions get the option that was marked.

    python -m bench.marks [--forms N] [--seed S] [--folder FOLDER]…

Draws forms of every make of box and hand, half of them scanned. A box is right when it is found where it was drawn
and its state is told; "wrong" is the other state told without doubt, "open" one that was not found or is doubtful.
Makes that were looked at while the finder was built and those held out are told apart. `--folder` takes documents
without boxes, and counts the boxes that are found on them.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.draw.ticked import CHOSEN_ON, HELD_OUT, DrawnBox, TickedForm, save, ticked_form
from schemas.page import Mark
from schemas.registry import from_json_schema
from worker.errors import PagemillError
from worker.reading.engines.matcher.engine import read_lines
from worker.reading.marks.find import find_marks
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.page_lines import PageLines
from worker.reading.text.sources import OcrLines
from worker.settings import Settings

_DOUBTFUL = 0.7
_REVIEWED = 0.5  # confidence below which a value goes to a person
_RESOLUTIONS = (None, 150, None, 200, None, 110, None, 300)
"""None for a PDF."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--forms", type=int, default=42, help="how many forms, of about 29 boxes each")
    options.add_argument("--seed", type=int, default=8)
    options.add_argument("--folder", type=Path, action="append", default=[], help="documents without boxes")
    arguments = options.parse_args()
    lines = OcrLines()
    lines.warm_up()
    with Sandbox(PageLimits.of(Settings())) as sandbox:
        for name, makes in (("chosen on", CHOSEN_ON), ("held out", HELD_OUT)):
            rng = random.Random(arguments.seed)
            forms = [_form(rng, makes, number) for number in range(arguments.forms // 2)]
            with tempfile.TemporaryDirectory() as folder:
                _tell(name, forms, lines, sandbox, Path(folder))
        for folder_ in arguments.folder:
            _without_boxes(folder_, lines, sandbox)


def _form(rng: random.Random, makes: Sequence[tuple[str, str]], number: int) -> TickedForm:
    frame, mark = makes[number % len(makes)]
    return ticked_form(
        rng, frame, mark, dpi=_RESOLUTIONS[(number + number // len(makes)) % len(_RESOLUTIONS)]
    )


def _tell(name: str, forms: Sequence[TickedForm], lines: OcrLines, sandbox: Sandbox, folder: Path) -> None:
    boxes: Counter[tuple[str, str]] = Counter()
    answers: Counter[str] = Counter()
    extra = 0
    for number, form in enumerate(forms):
        [page] = [page for page in sandbox.open(save(form, folder, number)) if isinstance(page, Page)]
        read = lines(page)
        how = "digital" if form.suffix == ".pdf" else "scanned"
        outcome = Counter((how, judged(box, read.marks)) for box in form.boxes)
        boxes += outcome
        extra += sum(not any(_is_at(mark, box) for box in form.boxes) for mark in read.marks)
        asked = _answers(form, read)
        answers += asked
        if outcome.total() > outcome[how, "right"] or asked.total() > asked["right"]:
            told = ", ".join(f"{what} {count}" for (_, what), count in outcome.items())
            print(f"  {how} {page.width} px, {form.boxes[0].style}: boxes {told}; answers {dict(asked)}")
    for how in ("digital", "scanned"):
        all_ = sum(count for (one, _), count in boxes.items() if one == how)
        shares = ", ".join(
            f"{what} {boxes[how, what] / max(1, all_):.3f}" for what in ("right", "open", "wrong")
        )
        print(f"{name}, {how}: {shares} of {all_} boxes")
    shares = ", ".join(
        f"{what} {answers[what] / max(1, answers.total()):.3f}"
        for what in ("right", "in review", "missing", "wrong")
    )
    print(f"{name}: answers {shares} of {answers.total()}; {extra} marks where no box is")


def judged(box: DrawnBox, marks: Sequence[Mark]) -> str:
    """What was made of a box: right, open or wrong."""
    mark = next((mark for mark in marks if _is_at(mark, box)), None)
    if mark is None or mark.confidence < _DOUBTFUL:
        return "open"
    return "right" if mark.chosen == box.chosen else "wrong"


def _is_at(mark: Mark, box: DrawnBox) -> bool:
    x0, y0, x1, y1 = box.box
    room = 0.35 * (x1 - x0)
    return x0 - room < mark.box.cx < x1 + room and y0 - room < mark.box.cy < y1 + room


def _answers(form: TickedForm, read: PageLines) -> Counter[str]:
    """The questions of a form asked as a schema with enums."""
    fields: dict[str, Any] = {
        question.lower().replace(" ", "_"): {"enum": [*options, None]}
        for question, options in form.questions.items()
    }
    schema = from_json_schema({"type": "object", "properties": fields}, name="asked")
    reading = read_lines([read], schema.root)
    found: Counter[str] = Counter()
    for question, answer in form.answers.items():
        name = question.lower().replace(" ", "_")
        said, evidence = reading.data.get(name), reading.evidence.get(f"/{name}")
        if said is None:
            found["missing"] += 1
        elif evidence is not None and evidence.confidence < _REVIEWED:
            found["in review"] += 1
        else:
            found["right" if said == answer else "wrong"] += 1
    return found


def _without_boxes(folder: Path, lines: OcrLines, sandbox: Sandbox) -> None:
    """Count the marks on documents that have none, and what looking for them costs."""
    pages = found = 0
    milliseconds = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            drawn = [page for page in sandbox.open(file) if isinstance(page, Page)]
        except PagemillError:
            continue
        for page in drawn:
            read = lines(page)
            started = time.process_time()
            find_marks(np.rot90(page.picture, read.quarter_turns), read.lines)
            milliseconds.append(1000 * (time.process_time() - started) * 2.17e6 / (page.width * page.height))
            pages, found = pages + 1, found + len(read.marks)
            if read.marks:
                print(f"  {file.name}, page {page.number}: {len(read.marks)}")
    cost = np.median(milliseconds) if milliseconds else 0.0
    print(f"{folder}: {found} marks on {pages} pages; {cost:.0f} ms of CPU per A4 page at 150 dpi")


if __name__ == "__main__":
    main()
