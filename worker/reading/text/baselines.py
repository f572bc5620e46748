"""How a sheet lies, by the lines on it: what is a line on the page is level on the flat sheet.

map of text ─connected strips─► points along lines ─least squares─► fall of the sheet ─gate─► sheet, or none

The height of a place on the flat sheet is its height on the page and a smooth function of where it is:
linear between knots along the page, and linear down it. Its coefficients are those with which the points
of each line come out level (Huber weights, second differences held small); how high lines stand is free.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from worker.reading.text.bent_sheet import BentSheet

Floats = NDArray[np.float64]

_STRIP = 3.0  # a strip is longer than high by so much, at least
_HIGH = 2.2  # a line of letters is higher than its strip in the map of text by so much
_KNOTS = 15  # along the page
_POWERS = 2  # of y
_STIFF, _SMALL = 0.03, 1e-3  # weights of second differences and of the coefficients, per point
_ROUNDS = 4  # of weighting anew
_FEW = 6  # strips
_OFF = 0.3  # heights of a line by which places that are level on the sheet are apart, at least
_LEFT = 0.4  # share of what lines are off a straight lean that the fall leaves; more is chance
_GRID = 33  # knots of the sheet along each side
_DEPTHS = np.linspace(-0.2, 1.2, 281)  # shares of the height at which the fall is looked up
_ROOM = 2.0  # heights of a line above and below all of them


@dataclass(frozen=True, slots=True)
class Strips:
    """Points along lines of text: places in fractions of the longer side, and which line each is of.

    `height` is that of the letters, in the same unit.
    """

    x: Floats
    y: Floats
    line: NDArray[np.int64]
    height: float


def strips_of(text: NDArray[np.bool_]) -> Strips:
    """The middles of the level strips in a map of text, at half its resolution."""
    text = text[::2, ::2]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(text.astype(np.uint8), connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    long = wide >= _STRIP * high
    long[0] = False
    thick = stats[:, cv2.CC_STAT_AREA] / np.maximum(1, wide)
    usual = float(np.median(thick[long])) if long.any() else 1.0
    y, x = np.nonzero(long[labels])
    label = labels[y, x].astype(np.int64)
    bins = (x - stats[label, cv2.CC_STAT_LEFT]) // max(1, round(2 * usual))
    most = int(bins.max()) + 1 if len(bins) else 1
    _, key = np.unique(label * most + bins, return_inverse=True)
    weight = np.bincount(key)
    xs, ys = (np.bincount(key, weights=v) / weight for v in (x, y))
    line = np.zeros(len(weight), dtype=np.int64)
    line[key] = label
    full = weight >= 0.5 * np.median(weight) if len(weight) else np.zeros(0, dtype=bool)
    unit = max(text.shape)
    return Strips(xs[full] / unit, ys[full] / unit, line[full], usual * _HIGH / unit)


def sheet_of(points: Strips, width: int, height: int) -> BentSheet | None:
    """The sheet that a page of so many pixels shows; none where it lies flat, or too little tells."""
    if len(np.unique(points.line)) < _FEW:
        return None
    unit = max(width, height)
    fall = fitted(points, width / unit, height / unit)
    if unevenness(points, fall) < _OFF or left_over(points, fall) > _LEFT:
        return None
    return _laid_flat(points, fall, unit)


def _laid_flat(points: Strips, fall: Fall, unit: int) -> BentSheet:
    """The sheet of a fall, as wide as the page and high enough for all lines."""
    levels = points.y + fall.lift(points.x, points.y)
    room = _ROOM * points.height
    top, bottom = min(0.0, float(levels.min()) - room), max(fall.high, float(levels.max()) + room)
    wanted = np.linspace(top, bottom, _GRID)
    depths = _DEPTHS * fall.high
    columns = np.linspace(0.0, fall.wide, _GRID)
    down = []
    for x in columns:
        level = np.maximum.accumulate(depths + fall.lift(np.full_like(depths, x), depths))
        down.append(np.interp(wanted, level, depths) / fall.high)
    knots = np.stack(np.broadcast_arrays(columns[None] / fall.wide, np.array(down).T), axis=-1)
    rows = tuple(tuple((float(x), float(y)) for x, y in row) for row in knots)
    return BentSheet(rows, round(fall.wide * unit), round((bottom - top) * unit))


@dataclass(frozen=True, slots=True)
class Fall:
    """By how much places of the page move down when the sheet is laid flat.

    Lengths, those of the page `wide` and `high` too, are fractions of its longer side.
    """

    coefficients: Floats
    wide: float
    high: float

    def lift(self, x: Floats, y: Floats) -> Floats:
        """The movement at places, in the shape of `x` and `y`."""
        return np.asarray(_terms(x, y, self.wide, self.high) @ self.coefficients)


def fitted(points: Strips, wide: float, high: float) -> Fall:
    """The fall with which the points of each line come out level on a page of that size."""
    _, line = np.unique(points.line, return_inverse=True)
    terms = _terms(points.x, points.y, wide, high)
    stiff = _stiffness() * np.sqrt(len(line))
    weights = np.ones(len(line))
    coefficients = np.zeros(terms.shape[1])
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        slopes = _without_means(terms, line, weights) * root[:, None]
        wanted = -_without_means(points.y[:, None], line, weights)[:, 0] * root
        system, target = np.vstack((slopes, stiff)), np.concatenate((wanted, np.zeros(len(stiff))))
        coefficients = np.linalg.lstsq(system, target, rcond=None)[0]
        left = np.abs(_without_means((points.y + terms @ coefficients)[:, None], line, weights)[:, 0])
        weights = np.minimum(1.0, 0.1 * points.height / np.maximum(left, 1e-9))
    return Fall(coefficients, wide, high)


def unevenness(points: Strips, fall: Fall) -> float:
    """By how much places that are level on the sheet are apart on the page, in heights of a line.

    What a straight lean of the whole page adds is not counted.
    """
    low, high = np.percentile(fall.lift(points.x, points.y) - _lean(points, fall), (5, 95))
    return float((high - low) / points.height)


def left_over(points: Strips, fall: Fall) -> float:
    """How much lines that the fall makes level are off it still, against those that a straight lean does."""
    lean, lift = (
        np.abs(_off(points.y + moved, points.line)).mean()
        for moved in (_lean(points, fall), fall.lift(points.x, points.y))
    )
    return float(lift / max(lean, 1e-9))


def _lean(points: Strips, fall: Fall) -> Floats:
    """The part of a fall that is a straight lean of the whole page."""
    plane = np.stack((np.ones_like(points.x), points.x, points.y), axis=1)
    lift = fall.lift(points.x, points.y)
    return np.asarray(plane @ np.linalg.lstsq(plane, lift, rcond=None)[0])


def _off(levels: Floats, line: NDArray[np.int64]) -> Floats:
    """How far points are off the middle of their line."""
    return _without_means(levels[:, None], np.unique(line, return_inverse=True)[1], np.ones(len(line)))[:, 0]


def _terms(x: Floats, y: Floats, wide: float, high: float) -> Floats:
    at = np.clip(x / wide, 0.0, 1.0) * (_KNOTS - 1)
    hats = np.maximum(0.0, 1.0 - np.abs(at[..., None] - np.arange(_KNOTS)))
    powers = (2.0 * y / high - 1.0)[..., None] ** np.arange(_POWERS)
    product = hats[..., :, None] * powers[..., None, :]
    return np.asarray(product.reshape(*x.shape, _KNOTS * _POWERS))


def _stiffness() -> Floats:
    bend = np.diff(np.eye(_KNOTS), n=2, axis=0)
    return np.vstack((_STIFF * np.kron(bend, np.eye(_POWERS)), _SMALL * np.eye(_KNOTS * _POWERS)))


def _without_means(values: Floats, line: NDArray[np.int64], weights: Floats) -> Floats:
    total = np.zeros((int(line.max()) + 1, values.shape[1]))
    np.add.at(total, line, values * weights[:, None])
    return values - (total / np.bincount(line, weights=weights)[:, None])[line]
