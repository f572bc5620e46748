"""Which words of a PDF's text layer are printed on the page, and which must be read from its picture.

Every word is looked at: one without ink under it is none. Recognition costs a hundred times more, so
it goes where the risk is: words that something may cover, every digit of every font, a few words of
letters per font. A font that is caught lying is not believed for the rest of the page.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rapidfuzz import fuzz

from schemas.page import Box, Painted, Word
from schemas.values.folding import letters_and_digits
from worker.reading.pages.base import Page, Picture
from worker.reading.text import ink
from worker.reading.text.crops import crop
from worker.reading.text.letters import LineText

Recogniser = Callable[[Sequence[Picture]], Sequence[LineText]]
"""What pictures say that each hold a single line."""

_MOST_DIGITS = 6  # words of a font compared for its digits, in each of two rounds
_MOST_LETTERS = 2  # words of a font compared for its letters
_HANDY = 14  # characters of a word: longer ones are compared where a font has no others
_LONGEST = 60
_TALL = 1.5  # a word this much higher than wide is turned
_NO_CHARACTERS = {"Cc", "Co", "Cn"}
_ALIKE = 60.0  # percent; other words come out below 40, unusual fonts above 70
_SAME = 85.0
_SURE = 0.85  # confidence from which the recogniser's digits speak against the file's
_MOST_DOUBTFUL = 40  # words looked at one by one; a page with more is read from its picture
_OVERLAID = 0.6  # share of a word that another one covers


@dataclass(frozen=True, slots=True)
class Judged:
    """The words of a layer after they were compared with the picture.

    `printed` are on the page as the file has them; `lying` stand on ink that says something else, by
    what was recognised or by their font; `unseen` cannot be seen, and `scanned` of them stand on ink
    all the same, as those of an OCR layer over a scan do. `reasons` say what was distrusted, and why.
    """

    printed: tuple[Word, ...]
    lying: tuple[Word, ...] = ()
    unseen: tuple[Word, ...] = ()
    scanned: tuple[Word, ...] = ()
    reasons: tuple[str, ...] = ()


def judge(page: Page, recognise: Recogniser, *, known: frozenset[str]) -> Judged:
    """Sort a page's words; `known` are the characters that the recogniser can read."""
    inked, bare = _split(page.words, lambda word: ink.stands_on_ink(page.picture, word.box))
    hidden, seen = _split(inked, lambda word: word.painted is Painted.INVISIBLE)
    single = _without_doubles(seen)
    doubtful, sure = _split(single, lambda word: word.painted is Painted.DOUBTFUL)
    overlaid = {id(word) for word in _overlaid(sure)}
    moved, sure = _split(sure, lambda word: id(word) in overlaid)
    kept, refuted = _looked_at([*doubtful, *moved], page.picture, recognise, known)
    fonts = _lying_fonts(sure, page.picture, recognise, known)
    lying, printed = _split(sure, lambda word: word.font in fonts or _has_no_meaning(word.text))
    reasons = (
        *_told(bare, "have nothing printed under them"),
        *_told(refuted, "are covered, and something else is printed there"),
        *(f"the font {font.split('/')[0]!r} maps its glyphs to other characters" for font in sorted(fonts)),
        *_told(hidden, "are drawn invisible"),
    )
    in_order = {id(word): index for index, word in enumerate(page.words)}
    whole = sorted([*printed, *kept], key=lambda word: in_order[id(word)])
    return Judged(
        tuple(whole), (*lying, *_in_the_open(refuted, whole)), (*bare, *hidden), tuple(hidden), reasons
    )


def shows(word: Word, picture: Picture) -> bool:
    """Whether a word can be seen, by what it costs nothing to look at."""
    return word.painted is not Painted.INVISIBLE and ink.stands_on_ink(picture, word.box)


def _split(words: Iterable[Word], test: Callable[[Word], bool]) -> tuple[list[Word], list[Word]]:
    """The words for which a test holds, and the others."""
    found: tuple[list[Word], list[Word]] = ([], [])
    for word in words:
        found[not test(word)].append(word)
    return found


def _told(words: Sequence[Word], what: str) -> Iterator[str]:
    if words:
        shown = ", ".join(repr(word.text) for word in words[:3]) + (", …" if len(words) > 3 else "")
        yield f"{len(words)} words {what} ({shown})"


def _has_no_meaning(text: str) -> bool:
    return any(char == "\ufffd" or unicodedata.category(char) in _NO_CHARACTERS for char in text)


def _without_doubles(words: Sequence[Word]) -> list[Word]:
    """Words printed twice nearly in place, as for bold letters, once."""
    kept: list[Word] = []
    for word in words:
        if not any(other.text == word.text and other.box.iou(word.box) > _OVERLAID for other in kept[-50:]):
            kept.append(word)
    return kept


def _overlaid(words: Sequence[Word]) -> Iterator[Word]:
    """Words most of whose box another word shares."""
    rows: dict[int, list[Word]] = defaultdict(list)
    for word in words:
        for row in range(int(word.box.y0 * 100), int(word.box.y1 * 100) + 1):
            rows[row].append(word)
    for word in words:
        near = rows[int(word.box.cy * 100)]
        others = (other for other in near if other is not word)
        if any(_share(word.box, other.box) > _OVERLAID for other in others):
            yield word


def _share(box: Box, other: Box) -> float:
    """The share of the smaller box that both have."""
    return box.intersection(other) / max(1e-12, min(box.area, other.area))


def _looked_at(
    words: Sequence[Word], picture: Picture, recognise: Recogniser, known: frozenset[str]
) -> tuple[list[Word], list[Word]]:
    """Words that may be covered: those that are read in their place, and those that are not."""
    if len(words) > _MOST_DOUBTFUL:
        return [], list(words)
    comparable, other = _split(words, lambda word: _comparable(word, picture, known))
    read = recognise([crop(picture, word.box) for word in comparable]) if comparable else []
    right = {id(word) for word, seen in zip(comparable, read, strict=True) if _same(word.text, seen.text)}
    kept, refuted = _split(comparable, lambda word: id(word) in right)
    return [*kept, *other], refuted


def _same(text: str, read: str) -> bool:
    if _digits(text) != _digits(read):
        return False
    return fuzz.ratio(letters_and_digits(text), letters_and_digits(read)) >= _SAME


def _in_the_open(refuted: Sequence[Word], printed: Sequence[Word]) -> list[Word]:
    """Words that are not what is printed there, where no other word is either."""
    return [word for word in refuted if not any(_share(word.box, other.box) > 0.3 for other in printed)]


def _comparable(word: Word, picture: Picture, known: frozenset[str]) -> bool:
    """Whether the recogniser can read a word: it knows its characters, and they stand side by side."""
    height, width = picture.shape[:2]
    tall = word.box.height * height > _TALL * word.box.width * width and len(word.text) > 1
    bare = letters_and_digits(word.text)
    return bool(bare) and not tall and len(word.text) <= _LONGEST and known.issuperset(word.text)


def _lying_fonts(
    words: Sequence[Word], picture: Picture, recognise: Recogniser, known: frozenset[str]
) -> set[str]:
    """Fonts of which a digit, or the letters, are others in the picture than in the file.

    A font that could not be compared falls with another of the same name.
    """
    by_font: dict[str, list[Word]] = defaultdict(list)
    for word in words:
        if _comparable(word, picture, known):
            by_font[word.font].append(word)
    sample = [word for members in by_font.values() for word in _sample(members)]
    votes = _Votes()
    votes.count(sample, picture, recognise)
    again = [word for font in votes.suspects() for word in _more(by_font[font], sample, votes, font)]
    votes.count(again, picture, recognise)
    lying = votes.lying()
    names = {font.split("/")[0] for font in lying}
    heard = votes.heard() - lying
    return lying | {
        word.font for word in words if word.font.split("/")[0] in names and word.font not in heard
    }


def _digits(text: str) -> list[str]:
    """Its digits, those of full width as the narrow ones."""
    return [char for char in unicodedata.normalize("NFKC", text) if char.isdigit()]


def _sample(words: Sequence[Word]) -> list[Word]:
    """Words that hold every digit of a font, and a few of letters."""
    words = [word for word in words if len(word.text) <= _HANDY] or words
    chosen: list[Word] = []
    missing = {digit for word in words for digit in _digits(word.text)}
    for word in sorted(words, key=lambda word: -len(set(_digits(word.text)))):
        new = missing & set(_digits(word.text))
        if new and len(chosen) < _MOST_DIGITS:
            chosen.append(word)
            missing -= new
    lettered = [word for word in words if word.text.isalpha() and len(word.text) >= 4]
    lettered.sort(key=lambda word: -len(set(word.text)))
    return [*chosen, *lettered[:_MOST_LETTERS]]


def _more(words: Sequence[Word], seen: Sequence[Word], votes: _Votes, font: str) -> list[Word]:
    """Other words with the digits that spoke against a font."""
    known = {id(word) for word in seen}
    against = votes.against(font)
    others = (word for word in words if id(word) not in known and against & set(_digits(word.text)))
    return list(islice(others, _MOST_DIGITS))


class _Votes:
    """What words that were recognised say of each font: of its digits one by one, of its letters together."""

    def __init__(self) -> None:
        self._digits: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self._letters: dict[str, list[float]] = defaultdict(list)

    def count(self, words: Sequence[Word], picture: Picture, recognise: Recogniser) -> None:
        """Let words speak."""
        read = recognise([crop(picture, word.box) for word in words]) if words else []
        for word, seen in zip(words, read, strict=True):
            mine, theirs = _digits(word.text), _digits(seen.text)
            if len(mine) == len(theirs):
                for one, other in zip(mine, theirs, strict=True):
                    if one == other or seen.confidence >= _SURE:
                        self._digits[word.font, one][one != other] += 1
            if not mine or not theirs:
                alike = fuzz.ratio(letters_and_digits(word.text), letters_and_digits(seen.text))
                self._letters[word.font].append(alike)

    def heard(self) -> set[str]:
        """Fonts of which something was compared."""
        return {font for font, _ in self._digits} | set(self._letters)

    def against(self, font: str) -> set[str]:
        """The digits of a font that were read as others."""
        return {digit for (name, digit), (_, no) in self._digits.items() if name == font and no}

    def suspects(self) -> list[str]:
        """Fonts of which a digit was read as another."""
        return sorted({font for (font, _), (_, no) in self._digits.items() if no})

    def lying(self) -> set[str]:
        """Fonts of which a digit was read as another more often than as itself, or whose letters differ."""
        digits = {font for (font, _), (yes, no) in self._digits.items() if no > yes}
        letters = {font for font, found in self._letters.items() if sum(found) / len(found) < _ALIKE}
        return digits | letters
