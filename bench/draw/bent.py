"""Sheets that do not lie flat: curled, folded, seen at an angle. Labels move with the picture.

A sheet is bent about straight lines across it, as paper is, and looked at from a point above a dark table.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.draw.paper import Drawn

Points = NDArray[np.float64]
"""n x 2: x to the right and y down, in pixels."""

_TABLE = (96, 88, 80)
_MARGIN = 0.04  # share of a side that is table on each side
_AWAY = 2.2  # how far the eye is, in lengths of the sheet's longer side
_STEP = 8  # pixels between the places that are looked up exactly
_SAMPLES = 801  # places along a bend at which its shape is summed
_ROUNDS = 25  # of looking up where a place of the picture lies on the sheet


@dataclass(frozen=True, slots=True)
class Bend:
    """How a sheet lies: its slope along the direction `across` (radians), and how it is tilted about x and y.

    `slope` takes places from -1 to 1 along that direction, and gives height per length.
    """

    slope: Callable[[Points], Points]
    across: float = 0.0
    tilt: tuple[float, float] = (0.0, 0.0)


def curled(rng: random.Random) -> Bend:
    """Like a page of an open book, or paper that was rolled."""
    steep, kind = rng.uniform(0.35, 0.8) * rng.choice((-1, 1)), rng.choice(("arch", "wave", "edge"))
    shapes: Mapping[str, Callable[[Points], Points]] = {
        "arch": lambda s: -steep * s,
        "wave": lambda s: steep * np.cos(np.pi * s),
        "edge": lambda s: steep * np.clip(s, 0.0, 1.0) ** 2 * 1.3,
    }
    return Bend(shapes[kind], rng.choice((0.0, np.pi / 2)) + rng.uniform(-0.15, 0.15), _tilt(rng, 0.18))


def folded(rng: random.Random) -> Bend:
    """Folded once or twice for an envelope, and opened again."""
    creases = rng.choice(((0.0,), (-0.33, 0.33)))
    slopes = [rng.uniform(0.12, 0.35) * (-1) ** number for number in range(len(creases) + 1)]
    edges = np.array(creases)

    def slope(places: Points) -> Points:
        part = np.searchsorted(edges, places)
        return np.asarray(np.array(slopes)[part])

    return Bend(slope, rng.choice((0.0, np.pi / 2)) + rng.uniform(-0.03, 0.03), _tilt(rng, 0.15))


def at_an_angle(rng: random.Random) -> Bend:
    """Flat, and not seen from above."""
    return Bend(np.zeros_like, tilt=_tilt(rng, 0.5))


FAMILIES: Mapping[str, Callable[[random.Random], Bend]] = {
    "curled": curled,
    "folded": folded,
    "perspective": at_an_angle,
}


def bent(drawn: Drawn, bend: Bend) -> Drawn:
    """The sheet as it is seen."""
    width, height = drawn.image.size
    seen = _Seen(bend, width, height)
    wide, high = (int(side * (1 + 2 * _MARGIN)) for side in (width, height))
    y, x = np.mgrid[0 : high + _STEP : _STEP, 0 : wide + _STEP : _STEP]
    there = seen.on_sheet(np.stack((x.ravel(), y.ravel()), axis=1).astype(np.float64))
    coarse = there.reshape(*x.shape, 2).astype(np.float32)
    size = (x.shape[1] * _STEP, x.shape[0] * _STEP)
    fine = cv2.warpAffine(
        coarse,
        np.array([[_STEP, 0, 0], [0, _STEP, 0]], dtype=np.float32),
        size,
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )[:high, :wide]
    picture = cv2.remap(np.asarray(drawn.image), fine, None, cv2.INTER_CUBIC, borderValue=_TABLE)
    quads = {
        at: tuple(tuple((float(x), float(y)) for x, y in seen.in_picture(np.array(quad))) for quad in quads)
        for at, quads in drawn.quads.items()
    }
    return replace(drawn, image=Image.fromarray(picture), quads=quads)


class _Seen:
    """From places on a flat sheet to those in its picture, and back."""

    def __init__(self, bend: Bend, width: int, height: int) -> None:
        self._bend = bend
        self._size = np.array((width, height), dtype=np.float64)
        self._reach = float(np.hypot(width, height)) / 2
        places = np.linspace(-1.0, 1.0, _SAMPLES)
        slope = bend.slope(places)
        step = self._reach * 2.0 / (_SAMPLES - 1)
        self._places = places
        self._along = _summed(np.cos(np.arctan(slope)) * step)
        self._high = _summed(np.sin(np.arctan(slope)) * step)
        rim = self._projected(_rim(width, height))
        self._low, high = rim.min(axis=0), rim.max(axis=0)
        self._scale = float((self._size / (high - self._low)).min())
        self._room = self._size * (1 + 2 * _MARGIN) - self._scale * (high - self._low)

    def in_picture(self, places: Points) -> Points:
        """Where places of the sheet are seen."""
        return np.asarray((self._projected(places) - self._low) * self._scale + self._room / 2)

    def on_sheet(self, places: Points) -> Points:
        """Which places of the sheet are seen there."""
        found = places - self._size * _MARGIN
        for _ in range(_ROUNDS):
            found = found + (places - self.in_picture(found))
        return found

    def _projected(self, places: Points) -> Points:
        centred = places - self._size / 2
        direction = np.array((np.cos(self._bend.across), np.sin(self._bend.across)))
        across = centred @ direction
        along = np.interp(across / self._reach, self._places, self._along)
        high = np.interp(across / self._reach, self._places, self._high)
        beyond = across - np.clip(across, -self._reach, self._reach)
        flat = centred + np.outer(along + beyond - across, direction)
        x, y, z = flat[:, 0], flat[:, 1], high
        about_x, about_y = self._bend.tilt
        y, z = y * np.cos(about_x) - z * np.sin(about_x), y * np.sin(about_x) + z * np.cos(about_x)
        x, z = x * np.cos(about_y) - z * np.sin(about_y), x * np.sin(about_y) + z * np.cos(about_y)
        away = _AWAY * float(self._size.max())
        return np.asarray(np.stack((x, y), axis=1) * (away / (away - z))[:, None])


def _summed(steps: Points) -> Points:
    """What steps add up to, 0 in the middle."""
    total = np.cumsum((steps[1:] + steps[:-1]) / 2)
    whole = np.concatenate(([0.0], total))
    return np.asarray(whole - whole[len(whole) // 2])


def _rim(width: int, height: int) -> Points:
    share = np.linspace(0.0, 1.0, 41)
    none, full = np.zeros_like(share), np.ones_like(share)
    sides = ((share, none), (share, full), (none, share), (full, share))
    return np.asarray(np.concatenate([np.stack(side, axis=1) for side in sides]) * (width, height))


def _tilt(rng: random.Random, most: float) -> tuple[float, float]:
    return rng.uniform(-most, most), rng.uniform(-most, most)
