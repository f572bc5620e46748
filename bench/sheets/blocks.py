"""Parts of documents: pairs of label and value in many layouts, parties, tables, sums, prose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from bench.sheets.meanings import value
from bench.sheets.paper import Paper
from bench.sheets.values import Locale, Printed, code, item, money, number, word
from schemas import languages

_RULED = 0.5  # share of boxes and of columns of labels that are drawn
PROSE = {
    "en": "Please quote the reference on all payments and contact our office within fourteen days if anything is not as agreed. Goods remain our property until paid in full. Thank you for your business",
    "de": "Bitte geben Sie bei allen Zahlungen die Nummer an und wenden Sie sich innerhalb von vierzehn Tagen an uns. Die Ware bleibt bis zur vollständigen Bezahlung unser Eigentum. Vielen Dank für Ihren Auftrag",
    "fr": "Merci de rappeler la référence lors de vos paiements et de nous contacter sous quatorze jours. Les marchandises restent notre propriété jusqu'au paiement complet",
    "zh": "请在付款时注明编号 如有疑问请在十四天内与我们联系 感谢您的惠顾 本单据仅供参考",
}


@dataclass(frozen=True)
class Pair:
    """A label with its value."""

    meaning: str
    label: str
    printed: Printed
    parent: str = ""


@dataclass
class Drawing:
    """What is drawn so far: the paper, where to go on, what was put on it."""

    paper: Paper
    here: Locale
    rng: Random
    size: float
    y: float
    margin: float = 0.07
    pairs: list[Pair] = field(default_factory=list)

    @property
    def left(self) -> float:
        """Where the left margin ends."""
        return self.paper.width * self.margin

    @property
    def right(self) -> float:
        """Where the right margin begins."""
        return self.paper.width * (1 - self.margin)

    def skip(self, lines: float) -> None:
        """Go down by so many letter heights."""
        self.y += lines * self.size


def wording(meaning: str, here: Locale, rng: Random) -> str:
    """What is printed for a meaning: mostly in the document's language, its case at random."""
    lang = here.lang if rng.random() < 0.93 else "en"
    known = languages.labels()[lang].get(meaning) or languages.labels()["en"].get(meaning) or (meaning,)
    text = rng.choice(known[:6])
    if lang == "en" or text.islower():
        text = rng.choice([text.capitalize(), text.title(), text.upper(), text])
    if lang in {"zh", "ja"} and len(text) == 2 and rng.random() < 0.25:
        text = text[0] + " " * rng.randint(1, 4) + text[1]
    if lang != "en" and rng.random() < 0.06:
        english = languages.labels()["en"].get(meaning)
        text = f"{text} {rng.choice(['/ ', ''])}{english[0].title()}" if english else text
    return text


def pairs_of(meanings: Sequence[str], here: Locale, rng: Random) -> list[Pair]:
    """Pairs with labels that differ."""
    found: dict[str, Pair] = {}
    for meaning in meanings:
        label = _invented(rng, here) if rng.random() < 0.12 else wording(meaning, here, rng)
        if label not in found:
            found[label] = Pair(meaning, label, value(meaning, here, rng))
    return list(found.values())


def _invented(rng: Random, here: Locale) -> str:
    """A label that no list of wordings holds."""
    return " ".join(word(rng, here) for _ in range(rng.choice([1, 2])))


def put_pairs(
    drawing: Drawing, pairs: Sequence[Pair], *, x0: float | None = None, x1: float | None = None
) -> None:
    """Put pairs in one of the layouts."""
    x0, x1 = drawing.left if x0 is None else x0, drawing.right if x1 is None else x1
    layout = drawing.rng.choice(
        ["inline", "inline", "colon", "columns", "columns", "far", "above", "rows", "bare", "below", "box"]
    )
    if layout in {"rows", "above", "box", "below"}:
        _in_columns(drawing, pairs, x0, x1, layout)
    else:
        _down(drawing, pairs, x0, x1, layout)
    drawing.pairs += pairs
    drawing.skip(0.8)


def _down(drawing: Drawing, pairs: Sequence[Pair], x0: float, x1: float, layout: str) -> None:
    rng, size, paper = drawing.rng, drawing.size, drawing.paper
    step = rng.uniform(1.25, 2.2)
    width = max(len(pair.label) for pair in pairs) * size * 0.62 + size
    mark = rng.choice([":", ":", "：" if drawing.here.lang in {"zh", "ja"} else ":", "", " :"])
    lead = rng.choice(["", "", "", "", ": ", ":"])  # the colon may stand with the value
    ruled = layout == "columns" and rng.random() < _RULED
    for pair in pairs:
        lines, above = pair.printed.lines, drawing.y
        if layout == "inline":
            paper.put(x0, drawing.y, f"{pair.label}{mark or ':'} {lines[0]}", size)
            at = x0
        elif layout == "bare":
            paper.put(x0, drawing.y, f"{pair.label} {lines[0]}", size)
            at = x0
        else:
            paper.put(x0, drawing.y, pair.label + (mark if layout != "far" else rng.choice([mark, ""])), size)
            at = x0 + width if layout == "columns" else min(x0 + width, paper.width * 0.7)
            if layout == "far":
                paper.put(x1, drawing.y, lines[0], size, right=True)
            else:
                _put_value(drawing, at, lead + lines[0])
        for line in lines[1:]:
            drawing.skip(1.25)
            paper.put(at, drawing.y, line, size)
        drawing.skip(step)
        if ruled:
            low = drawing.y - 0.2 * size
            paper.rule(x0 - 0.3 * size, above - 0.2 * size, at - 0.3 * size, low)
            paper.rule(at - 0.3 * size, above - 0.2 * size, x1, low)


def _put_value(drawing: Drawing, x: float, text: str) -> None:
    """A value, now and then in two parts that stand apart."""
    first, _, rest = text.partition(" ")
    if rest and drawing.rng.random() < 0.08:
        x = drawing.paper.put(x, drawing.y, first, drawing.size) + 1.6 * drawing.size
        text = rest
    drawing.paper.put(x, drawing.y, text, drawing.size)


def put_together(drawing: Drawing, pairs: Sequence[Pair]) -> None:
    """Two labels and their values in one line: `Age / Sex: 27 / F`."""
    one, two = pairs
    mark = drawing.rng.choice(["/", " / "])
    label, text = (
        mark.join(parts) for parts in ((one.label, two.label), (one.printed.lines[0], two.printed.lines[0]))
    )
    if drawing.rng.random() < 0.5:
        drawing.paper.put(drawing.left, drawing.y, f"{label}: {text}", drawing.size)
    else:
        drawing.paper.put(drawing.left, drawing.y, label, drawing.size)
        lead = drawing.rng.choice(["", ":", ": "])
        width = len(label) * 0.62 * drawing.size + drawing.size
        drawing.paper.put(drawing.left + width, drawing.y, lead + text, drawing.size)
    drawing.pairs += pairs
    drawing.skip(1.5)


def _in_columns(drawing: Drawing, pairs: Sequence[Pair], x0: float, x1: float, layout: str) -> None:
    """Labels above (or below) their values, several beside each other."""
    rng, size, paper = drawing.rng, drawing.size, drawing.paper
    wide = max(1, min(len(pairs), rng.randint(2, 5), int((x1 - x0) / (14 * size))))
    ruled = layout == "box" and rng.random() < _RULED
    small = size * (rng.uniform(0.65, 0.9) if layout == "box" else 1.0)
    for start in range(0, len(pairs), wide):
        row = pairs[start : start + wide]
        tall = max(len(pair.printed.lines) for pair in row)
        above = drawing.y
        for index, pair in enumerate(row):
            x = x0 + index * (x1 - x0) / wide
            top = drawing.y + (tall * 1.25 * size if layout == "below" else 0)
            paper.put(x, top, pair.label + (":" if rng.random() < 0.2 else ""), small)
            first = drawing.y + (0 if layout == "below" else small * rng.uniform(1.15, 1.5))
            for number_, line in enumerate(pair.printed.lines):
                paper.put(x, first + number_ * 1.25 * size, line, size)
        drawing.skip((tall + 1) * 1.3 + rng.uniform(0.5, 1.4))
        for index in range(len(row) if ruled else 0):
            x = x0 + index * (x1 - x0) / wide - 0.3 * size
            paper.rule(x, above - 0.2 * size, x + (x1 - x0) / wide, drawing.y - 0.3 * size)


def put_sums(drawing: Drawing, net: float) -> None:
    """Sub-total, tax, total and what was paid, at the right; they add up."""
    rng, here, size, paper = drawing.rng, drawing.here, drawing.size, drawing.paper
    rate = rng.choice([0.06, 0.07, 0.19, 0.2, 0.21, 0.1])
    x = drawing.right - rng.uniform(14, 22) * size
    for meaning, amount in _sums(round(net, 2), rate, rng):
        printed = money(amount, here, rng)
        shown = "total" if meaning == "total due" and rng.random() < 0.45 else meaning
        label = wording(shown, here, rng)
        if meaning == "tax total" and rng.random() < 0.5:
            label += f" {number(rate * 100, here, places=0)}%"
        label += rng.choice([":", "", ""])
        if rng.random() < 0.2:
            paper.put(drawing.right, drawing.y, f"{label} {printed.lines[0]}", size, right=True)
        else:
            paper.put(x, drawing.y, label, size)
            paper.put(drawing.right, drawing.y, printed.lines[0], size, right=True)
        drawing.pairs.append(Pair(meaning, label, printed))
        drawing.skip(1.5)
    drawing.skip(1)


def _sums(net: float, rate: float, rng: Random) -> list[tuple[str, float]]:
    """The rows of sums, by meaning."""
    tax = round(net * rate, 2)
    gross = round(net + tax, 2)
    rows = [("total net", net), ("tax total", tax)]
    if rng.random() < 0.2:
        off = round(net * 0.05, 2)
        gross = round(gross - off, 2)
        rows.insert(rng.randint(0, 2), ("discount", -off if rng.random() < 0.5 else off))
    if rng.random() < 0.15:
        rows.append(("rounding", round(round(gross * 20) / 20 - gross, 2)))
        gross = round(round(gross * 20) / 20, 2)
    rows = rows if rng.random() < 0.8 else []
    rows.append(("total due", gross))
    if rng.random() < 0.25:
        paid = round(rng.uniform(0.1, 0.9) * gross, 2)
        rows += [("amount paid", paid), ("balance", round(gross - paid, 2))]
    elif rng.random() < 0.4:
        handed = float(5 * (int(gross / 5) + 1))
        rows += [("amount paid", handed), ("change", round(handed - gross, 2))]
    if rng.random() < 0.25:
        rows.append(("amount gross", net) if rng.random() < 0.3 else ("tax total", tax))
    return rows


def put_tax_summary(drawing: Drawing) -> None:
    """A small table of taxes by rate, whose sums are not those of the document."""
    rng, here, size, paper = drawing.rng, drawing.here, drawing.size, drawing.paper
    net = round(rng.uniform(5, 900), 2)
    tax = round(net * 0.06, 2)
    xs = (drawing.left, drawing.left + 12 * size, drawing.left + 20 * size)
    heads = (
        f"{wording('tax total', here, rng)} {rng.choice(['Summary', '%', 'Code'])}",
        wording("amount", here, rng),
        wording("tax total", here, rng),
    )
    rows = [
        heads,
        (f"{rng.choice(['SR', 'S', 'A'])} {rng.choice([6, 7, 19])}%", number(net, here), number(tax, here)),
    ]
    if rng.random() < 0.7:
        rows.append(
            (wording("total", here, rng) + rng.choice(["", ":", " :"]), number(net, here), number(tax, here))
        )
    for row in rows:
        for x, text in zip(xs, row, strict=True):
            paper.put(x, drawing.y, text, size)
        drawing.skip(1.4)
    drawing.skip(0.6)


def put_prose(drawing: Drawing, lines: int) -> None:
    """Sentences that hold nothing that is asked for, but the words of labels."""
    words = PROSE.get(drawing.here.lang, PROSE["en"]).split()
    size = drawing.size * drawing.rng.uniform(0.75, 1.15)
    x = (
        drawing.left
        if drawing.rng.random() < 0.6
        else drawing.rng.uniform(drawing.left, drawing.paper.width * 0.5)
    )
    for _ in range(lines):
        start = drawing.rng.randrange(len(words))
        text = " ".join((words * 2)[start : start + drawing.rng.randint(6, 12)])
        if drawing.rng.random() < 0.2:
            text += f" {code(drawing.rng)} {item(drawing.rng, drawing.here)}"
        drawing.paper.put(x, drawing.y, text, size)
        drawing.skip(1.3)
    drawing.skip(0.7)
