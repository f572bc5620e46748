"""What a whole page tells about the lines recognised on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from schemas.page import Line
from worker.reading.pages.base import Picture
from worker.reading.text.crops import crop

_FEW_LINES = 4  # too few to tell what is usual
_FAINT = 0.5
_STRAY = "ÁÀÂÃÅÉÈÊÍÌÎÓÒÔÕÚÙÛÝ"
_BARE = str.maketrans(_STRAY, "AAAAAEEEIIIOOOOUUUY")


def faint(picture: Picture, lines: Sequence[Line]) -> tuple[Line, ...]:
    """Lines whose ink stands out less than half as much as that of the typical line."""
    if len(lines) < _FEW_LINES:
        return ()
    contrasts = [_contrast(crop(picture, line.box)) for line in lines]
    usual = sorted(contrasts)[len(contrasts) // 2]
    return tuple(line for line, contrast in zip(lines, contrasts, strict=True) if contrast < usual * _FAINT)


def _contrast(ink: Picture) -> float:
    """Grey levels between the darkest and the brightest twentieth."""
    grey = ink[..., 1]
    dark, bright = np.percentile(grey, (5, 95))
    return float(bright - dark)


def without_stray_accents(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Specks over capitals are read as accents: removed where the page has no others.

    A page in a language with accents has them on small letters too, or often.
    """
    text = "".join(line.text for line in lines)
    accented = [char for char in text if char.isalpha() and "À" <= char <= "ÿ"]
    stray = all(char in _STRAY for char in accented) and len(accented) < 0.02 * len(text)
    if not accented or not stray:
        return tuple(lines)
    return tuple(replace(line, text=line.text.translate(_BARE)) for line in lines)
