"""What the recogniser's answers along a line say: letters, blanks between them, what may stand instead.

Where it says "no letter" with little odds for one, a letter may have been lost: a point in an amount, a
blank between words. Such letters are kept as rivals. A blank between words is put in from small odds on,
for the recogniser gives them too little (`bench.letters`); one in a number never is, for it would change it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from schemas.page import Rival
from schemas.values.folding import has_cjk

_LIKELY_ENOUGH = 0.01  # less than this is no rival
_BLANK = 0.1  # odds from which a blank between words is put in: about four in five are printed
_IN_NUMBERS = frozenset("0123456789.,:/-'")
_CLOSE = 0.1  # odds from which a rival that fits its company is taken
_COMPANY = 3  # digits beside a letter, or letters beside a digit, that say what it is
_TOLD = 20.0  # times that what fits its company is more probable than what does not


@dataclass(frozen=True, slots=True)
class LineText:
    """What a picture of a line says, and how surely (0 to 1).

    `edges` are the places between its letters, `len(text) + 1` of them from 0 to 1 along the picture.
    """

    text: str
    confidence: float
    edges: tuple[float, ...]
    rivals: tuple[Rival, ...] = ()


def decoded(
    classes: NDArray[np.int32], odds: NDArray[np.float32], alphabet: Sequence[str], *, share: float
) -> LineText:
    """The likeliest letters of a line and their rivals; its picture fills `share` of the places.

    `classes` and `odds` are places x letters told, as in `LetterOdds`.
    """
    first = classes[:, 0]
    changed = np.ones(len(first), dtype=bool)
    changed[1:] = first[1:] != first[:-1]
    [places] = np.nonzero(changed & (first != 0))
    text = "".join(alphabet[kind - 1] for kind in first[places])
    kept = _without_margins(text)
    places, text = places[kept], text[kept]
    if not text:
        return LineText("", 0.0, (0.0,))
    middles = (places + 0.5) / (len(first) * share)
    ends = round(len(first) * share)
    rivals = (
        *_rivals(classes[places], odds[places], alphabet),
        *_lost(text, places, classes[:ends], odds[:ends], alphabet),
    )
    return LineText(text, float(odds[places, 0].mean()), _edges(middles), rivals)


def mended(read: LineText) -> LineText:
    """A line with the blanks between its words, and letters that fit those beside them."""
    return _in_company(_with_blanks(read))


def _without_margins(text: str) -> slice:
    start = len(text) - len(text.lstrip())
    return slice(start, max(start, len(text.rstrip())))


def _edges(middles: NDArray[np.floating]) -> tuple[float, ...]:
    between = (middles[1:] + middles[:-1]) / 2
    return (0.0, *map(float, np.clip(between, 0.0, 1.0)), 1.0)


def _rivals(
    classes: NDArray[np.int32], odds: NDArray[np.float32], alphabet: Sequence[str]
) -> Iterator[Rival]:
    """The second and third letters that are likely enough; that there is no letter is none."""
    for index, rank in zip(*np.nonzero(odds[:, 1:] >= _LIKELY_ENOUGH), strict=True):
        kind = classes[index, rank + 1]
        if kind != 0:
            yield Rival(int(index), alphabet[kind - 1], float(odds[index, rank + 1]))


def _lost(
    text: str,
    places: NDArray[np.int64],
    classes: NDArray[np.int32],
    odds: NDArray[np.float32],
    alphabet: Sequence[str],
) -> Iterator[Rival]:
    """Letters that may stand where none was told: each a rival of the letter before it, which it follows.

    Before the first letter it is a rival of that one. An echo of the letters beside it is none.
    """
    likeliest: dict[tuple[int, str], float] = {}
    open_ = (classes[:, 0] == 0) & (odds[:, 1] >= _LIKELY_ENOUGH)
    for place in np.nonzero(open_)[0]:
        after = int(np.searchsorted(places, place))
        beside = text[max(0, after - 1) : after + 1]
        for kind, share in zip(classes[place, 1:], odds[place, 1:], strict=True):
            letter = alphabet[kind - 1] if kind else ""
            at_end = after in (0, len(text))
            if share < _LIKELY_ENOUGH or not letter or letter in beside or (at_end and letter == " "):
                continue
            both = text[after - 1] + letter if after else letter + text[0]
            key = (max(0, after - 1), both)
            likeliest[key] = max(likeliest.get(key, 0.0), float(share))
    for (index, both), share in likeliest.items():
        yield Rival(index, both, min(share, 0.5))


def _with_blanks(read: LineText) -> LineText:
    """With a blank where one between words is likely enough."""
    text = read.text
    gaps = sorted(
        rival.index + 1
        for rival in read.rivals
        if rival.odds >= _BLANK
        and rival.text == f"{text[rival.index]} "
        and rival.index + 1 < len(text)
        and _parts_words(text[rival.index], text[rival.index + 1])
    )
    for gap in reversed(gaps):
        text = f"{text[:gap]} {text[gap:]}"
    if not gaps:
        return read
    rivals = tuple(
        replace(rival, index=rival.index + sum(gap <= rival.index for gap in gaps))
        for rival in read.rivals
        if rival.text != f"{read.text[rival.index]} " or rival.index + 1 not in gaps
    )
    return replace(read, text=text, edges=_edges_with(read.edges, gaps), rivals=rivals)


def _parts_words(left: str, right: str) -> bool:
    """Whether a blank may stand between two letters: not within a number, nor in Chinese."""
    in_number = left in _IN_NUMBERS and right in _IN_NUMBERS
    return not (in_number or has_cjk(left + right) or " " in (left, right))


def _edges_with(edges: Sequence[float], gaps: Sequence[int]) -> tuple[float, ...]:
    """The edges of a line with a blank put in before the letters at `gaps`, a quarter of each beside it."""
    spread: list[float] = []
    for index, edge in enumerate(edges):
        if index in gaps:
            spread.append(edge - (edge - edges[index - 1]) / 4)
            spread.append(edge + (edges[index + 1] - edge) / 4)
        else:
            spread.append(edge)
    return tuple(spread)


def _in_company(read: LineText) -> LineText:
    """With close rivals: digits for letters among digits, and letters for digits among letters."""
    text, rivals = read.text, list(read.rivals)
    for place, rival in enumerate(rivals):
        told = text[rival.index]
        fits = len(rival.text) == 1 and rival.odds >= _CLOSE and _fits(text, rival.index, rival.text)
        if not fits:
            continue
        text = text[: rival.index] + rival.text + text[rival.index + 1 :]
        against = (1 - rival.odds) / (1 - rival.odds + _TOLD * rival.odds)
        rivals[place] = Rival(rival.index, told, against)
    return replace(read, text=text, rivals=tuple(rivals)) if text != read.text else read


def _fits(text: str, index: int, letter: str) -> bool:
    """Whether a letter is of the kind of all others of its word, and the one told is not."""
    start, end = index, index + 1
    while start > 0 and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    others = text[start:index] + text[index + 1 : end]
    if len(others) < _COMPANY:
        return False
    if others.isdigit():
        return letter.isdigit() and not text[index].isdigit()
    return others.isalpha() and letter.isalpha() and text[index].isdigit()
