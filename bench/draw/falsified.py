"""PDFs of bills whose text layer says something else than the page shows, and honest ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pymupdf

from bench.draw.paper import font_file

_FACES = ("latin", "serif", "mono", "bold")
_GOODS = ("Copier paper", "Desk lamp", "Cable drum", "Paint brush", "Hex bolts", "Work gloves", "Ladder")
_NAMES = ("Oakfield Stores", "Harbour Tools", "Marlow Paints", "Birch & Sons", "Quayside Supplies")
_OTHERS = ("Refund", "Deposit", "Advance", "Voucher", "Warranty")
_SIZE = 11.0
_ASCII = range(32, 127)

Set = tuple[float, float, str, str]
"""A text as set: left end and baseline in points, the text, its face."""


@dataclass(frozen=True, slots=True)
class Falsified:
    """A PDF, what is printed on it, and what nobody can see and must not be read."""

    sort: str
    data: bytes
    printed: tuple[str, ...]
    lies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Bill:
    texts: tuple[Set, ...]
    number: int
    price: int
    total: int
    """Places of the number, a price and the total among the texts."""

    def words(self) -> tuple[str, ...]:
        """Everything that is printed, by words."""
        return tuple(word for _, _, text, _ in self.texts for word in text.split())


def honest(rng: random.Random) -> Falsified:
    """A bill whose layer is what it shows."""
    bill = _bill(rng)
    return Falsified("honest", _saved(_set(bill.texts)), bill.words())


def falsified(rng: random.Random, sort: str) -> Falsified:
    """A bill that lies in one of the ways of `SORTS`."""
    bill = _bill(rng)
    data, lies = _SORTS[sort](rng, bill)
    return Falsified(sort, data, bill.words(), lies)


def _bill(rng: random.Random) -> _Bill:
    faces = (rng.choice(_FACES), rng.choice(_FACES))
    rows = [
        (rng.choice(_GOODS), rng.randint(1, 40), rng.randint(100, 9000)) for _ in range(rng.randint(3, 8))
    ]
    total = sum(count * cents for _, count, cents in rows)
    texts: list[Set] = [
        (60, 70, rng.choice(_NAMES), faces[0]),
        (60, 110, "Invoice number", faces[0]),
        (220, 110, f"{rng.choice('ABKR')}{rng.choice('TWX')}-{rng.randint(10000, 99999)}", faces[0]),
        (60, 130, "Date", faces[0]),
        (220, 130, f"{rng.randint(1, 28):02}.{rng.randint(1, 12):02}.20{rng.randint(19, 26)}", faces[0]),
    ]
    for index, (name, count, cents) in enumerate(rows):
        y = 180 + 22 * index
        texts += [(60, y, name, faces[0]), (300, y, str(count), faces[0]), (360, y, _money(cents), faces[1])]
        texts.append((460, y, _money(count * cents), faces[1]))
    y = 200 + 22 * len(rows)
    price = len(texts) - 1
    texts += [(300, y, "Total due", faces[0]), (460, y, _money(total), faces[1])]
    texts.append((60, 760, "Payable within thirty days of receipt without deduction", faces[0]))
    return _Bill(tuple(texts), 2, price, len(texts) - 2)


def _money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


def _set(texts: Sequence[Set], *, invisible: bool = False, page: pymupdf.Page | None = None) -> pymupdf.Page:
    page = page or pymupdf.open().new_page()
    for x, y, text, face in texts:
        page.insert_text(
            (x, y),
            text,
            fontsize=_SIZE,
            fontname=face,
            fontfile=font_file(face),
            render_mode=3 if invisible else 0,
        )
    return page


def _saved(page: pymupdf.Page) -> bytes:
    data: bytes = page.parent.tobytes(no_new_id=True)
    return data


def _scan(rng: random.Random, texts: Sequence[Set]) -> pymupdf.Page:
    """A page that is one picture of the texts."""
    picture = _set(texts).get_pixmap(dpi=rng.choice((150, 200, 300)), colorspace=pymupdf.csGRAY)
    page = pymupdf.open().new_page()
    page.insert_image(page.rect, pixmap=picture)
    return page


def _with(texts: Sequence[Set], place: int, text: str) -> list[Set]:
    x, y, _, face = texts[place]
    return [*texts[:place], (x, y, text, face), *texts[place + 1 :]]


def _other_digit(rng: random.Random, text: str) -> str:
    place = rng.choice([index for index, char in enumerate(text) if char.isdigit()])
    other = rng.choice([digit for digit in "0123456789" if digit != text[place]])
    return text[:place] + other + text[place + 1 :]


Made = tuple[bytes, tuple[str, ...]]


def _one_digit(rng: random.Random, bill: _Bill) -> Made:
    place = rng.choice((bill.number, bill.price, bill.total))
    lie = _other_digit(rng, bill.texts[place][2])
    page = _scan(rng, bill.texts)
    return _saved(_set(_with(bill.texts, place, lie), invisible=True, page=page)), (lie,)


def _one_word(rng: random.Random, bill: _Bill) -> Made:
    lie = rng.choice(_OTHERS)
    return _saved(_set(_with(bill.texts, 0, lie), invisible=True, page=_scan(rng, bill.texts))), (lie,)


def _stale(rng: random.Random, bill: _Bill) -> Made:
    """The layer of another scan, a little off its place."""
    old = _bill(rng)
    shift = (rng.uniform(-3, 3), rng.uniform(-3, 3))
    moved = [(x + shift[0], y + shift[1], text, face) for x, y, text, face in old.texts]
    lies = {old.texts[place][2] for place in (old.number, old.total)}
    shown = {text for _, _, text, _ in bill.texts}
    return _saved(_set(moved, invisible=True, page=_scan(rng, bill.texts))), tuple(sorted(lies - shown))


def _shifted(rng: random.Random, bill: _Bill) -> Made:
    step = rng.randint(1, 9)
    return _mapped(bill, {str(digit): str((digit + step) % 10) for digit in range(10)})


def _swapped(rng: random.Random, bill: _Bill) -> Made:
    digits = [char for char in bill.texts[bill.total][2] if char.isdigit()]
    one = rng.choice(digits)
    other = rng.choice([digit for digit in "0123456789" if digit != one])
    return _mapped(bill, {one: other, other: one})


def _mapped(bill: _Bill, table: Mapping[str, str]) -> Made:
    """The amounts in a font whose table from glyphs to characters is wrong."""
    face = bill.texts[bill.total][3]
    amounts = [text for text in bill.texts if text[0] >= 360]
    page = _set([text for text in bill.texts if text[0] < 360])
    for x, y, text, _ in amounts:
        page.insert_text((x, y), text, fontsize=_SIZE, fontname="amounts", fontfile=font_file(face))
    font = next(entry for entry in page.get_fonts() if entry[4] == "amounts")
    _, stream = page.parent.xref_get_key(font[0], "ToUnicode")
    glyphs = pymupdf.Font(fontfile=str(font_file(face)))
    rows = [f"<{glyphs.has_glyph(code):04x}> <{ord(table.get(chr(code), chr(code))):04x}>" for code in _ASCII]
    blocks = [rows[start : start + 90] for start in range(0, len(rows), 90)]
    cmap = "\n".join(
        (
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /A def /CMapType 2 def",
            "1 begincodespacerange <0000> <ffff> endcodespacerange",
            *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
            "endcmap end end",
        )
    )
    page.parent.update_stream(int(stream.split()[0]), cmap.encode())
    total = bill.texts[bill.total][2]
    lie = "".join(table.get(char, char) for char in total)
    return _saved(page), () if lie == total else (lie,)


def _cover(page: pymupdf.Page, text: Set, fill: tuple[float, float, float]) -> None:
    x, y, words, _ = text
    page.draw_rect((x - 2, y - 10, x + 8 * len(words) + 4, y + 4), color=fill, fill=fill)


def _edited(rng: random.Random, bill: _Bill) -> Made:
    """An old amount under a white box, the new one on top."""
    place = rng.choice((bill.price, bill.total))
    lie = _other_digit(rng, bill.texts[place][2])
    page = _set(_with(bill.texts, place, lie))
    _cover(page, bill.texts[place], (1, 1, 1))
    return _saved(_set([bill.texts[place]], page=page)), (lie,)


def _hidden(fill: tuple[float, float, float]) -> Callable[[random.Random, _Bill], Made]:
    def made(rng: random.Random, bill: _Bill) -> Made:
        lie = f"{rng.randint(100, 999)}.{rng.randint(10, 99)}"
        text = (rng.choice((360.0, 460.0)), 640.0, lie, bill.texts[0][3])
        page = _set([*bill.texts, text])
        _cover(page, text, fill)
        return _saved(page), (lie,)

    return made


_SORTS: Mapping[str, Callable[[random.Random, _Bill], Made]] = {
    "one digit": _one_digit,
    "one word": _one_word,
    "shifted digits": _shifted,
    "swapped digits": _swapped,
    "edited over a white box": _edited,
    "whited out": _hidden((1, 1, 1)),
    "blackened": _hidden((0, 0, 0)),
    "stale OCR": _stale,
}
SORTS = tuple(_SORTS)
"""The ways in which a layer lies."""
