"""In which order the lines of a page are read: its columns one by one, its tables and forms row by row.

lines ─link downwards─► columns of prose; the rest ─join sideways─► rows; both ─sort by precedence─► order

What comes before what is told as in Breuel, "High performance document layout analysis" (2003): a block
comes before those under it, and before those beside it on the right unless something that lies across
both stands between them. So a headline over some of a newspaper's columns begins an article of its own.

Boxes are NumPy arrays n x 4 (left, top, right, bottom) in pixels of a page whose lines lie level; a page
written from right to left is given mirrored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
Related = NDArray[np.bool_]
"""Whether something holds for the pair of a row's and a column's member."""

_LEADING = 1.0  # letter heights of white between lines of a paragraph, at most
_ALIKE = 1.6  # letters of one are at most so much higher than those of the next line
_AT_ONCE = 64  # lines that are compared with those under them at a time: it bounds memory
_PROSE_LINES = 4
_PROSE_WIDTH = 6.0  # letter heights that a column of prose is wide, at least
_FULL = 0.75  # share of a column's width that a full line takes
_FULL_LINES = 0.55  # share of a column's lines that are full
_IN_STEP = 0.8  # share of a table's cells that have others in their row
_NEAR = 8.0  # letter heights from a column within which a line may belong to it
_TOUCH = 0.2  # share of the narrower one that two boxes may share and still be side by side
_MOST_BLOCKS = 1000  # with more, a page is read from the top down
_BAND = 1.0  # letter heights of white across the page that part what stands above from what stands below
_FURNITURE = 2  # rows above and below everything else that are read first and last


def in_order(boxes: Boxes) -> list[list[int]]:
    """Lines as they are read, by their places in `boxes`: a list for each row, from left to right."""
    return [[band[at] for at in row] for band in _bands(boxes) for row in _within_band(boxes[band])]


def _bands(boxes: Boxes) -> list[list[int]]:
    """The lines between bands of white that run across all of the page, from the top down."""
    bands: list[list[int]] = []
    wide = _BAND * float(np.median(_heights(boxes))) if len(boxes) else 0.0
    bottom = -np.inf
    for at in np.argsort(boxes[:, 1], kind="stable"):
        if boxes[at, 1] - bottom > wide:
            bands.append([])
        bands[-1].append(int(at))
        bottom = max(bottom, boxes[at, 3])
    return bands


def _within_band(boxes: Boxes) -> list[list[int]]:
    """The lines of a band as they are read: columns of prose one after another, the rest row by row."""
    chains = _chains(boxes)
    prose = _without_table_columns([chain for chain in chains if _is_prose(boxes[chain])], boxes)
    within = {line for chain in prose for line in chain}
    rest = [line for line in range(len(boxes)) if line not in within]
    rows = _rows(boxes, rest, np.array([_hull(boxes[chain]) for chain in prose]).reshape(-1, 4))
    blocks = [[[line] for line in chain] for chain in prose] + [[row] for row in rows]
    hulls = np.array([_hull(boxes[[line for row in block for line in row]]) for block in blocks])
    first, last = _furniture(hulls, [len(block) == 1 for block in blocks])
    inner = [at for at in range(len(blocks)) if at not in {*first, *last}]
    body = [inner[at] for at in _sorted(hulls[inner])]
    return [row for at in (*first, *body, *last) for row in blocks[at]]


def _hull(boxes: Boxes) -> Boxes:
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def _heights(boxes: Boxes) -> NDArray[np.float64]:
    return np.maximum(1e-9, boxes[:, 3] - boxes[:, 1])


def _shared(boxes: Boxes, others: Boxes, axis: int) -> NDArray[np.float64]:
    """How much of x (0) or y (1) each box shares with each other one, as a share of the smaller extent."""
    low = np.maximum(boxes[:, None, axis], others[None, :, axis])
    high = np.minimum(boxes[:, None, axis + 2], others[None, :, axis + 2])
    sizes, other = (kind[:, axis + 2] - kind[:, axis] for kind in (boxes, others))
    least = np.maximum(1e-9, np.minimum(sizes[:, None], other[None, :]))
    return np.asarray((high - low) / least)


def _chains(boxes: Boxes) -> list[list[int]]:
    """Lines under one another in one column, from the top down.

    A line goes on in the only one close under it, and only if nothing else is close over that one.
    """
    by_top = np.argsort(boxes[:, 1], kind="stable")
    ordered, heights = boxes[by_top], _heights(boxes)[by_top]
    below: list[list[int]] = [[] for _ in by_top]
    above: list[list[int]] = [[] for _ in by_top]
    for at, other in _close_under(ordered):
        below[at].append(other)
        above[other].append(at)
    follows = {
        at: nexts[0]
        for at, nexts in enumerate(_nearest(found, ordered) for found in below)
        if len(nexts) == 1 and _fit(heights[at], heights[nexts[0]])
    }
    single = {at for at, found in enumerate(above) if len(_nearest(found, ordered, upwards=True)) == 1}
    return [[int(by_top[at]) for at in chain] for chain in _followed(follows, single, len(by_top))]


def _close_under(ordered: Boxes) -> Iterator[tuple[int, int]]:
    """Pairs of lines, given from the top down, the second of which stands close under the first."""
    heights = _heights(ordered)
    furthest = float(np.percentile(heights, 95)) * (_LEADING + 2.0)
    ends = np.searchsorted(ordered[:, 1], ordered[:, 1] + furthest, side="right")
    for start in range(0, len(ordered), _AT_ONCE):
        lines = slice(start, start + _AT_ONCE)
        near = slice(start, int(ends[lines][-1]))
        gap = ordered[None, near, 1] - ordered[lines, None, 3]
        low = np.minimum(heights[lines, None], heights[None, near])
        high = np.maximum(heights[lines, None], heights[None, near])
        sums = ordered[:, 1] + ordered[:, 3]
        fits = (gap < _LEADING * high) & (gap > -0.6 * low) & (sums[None, near] > sums[lines, None] + low)
        fits &= _shared(ordered[lines], ordered[near], 0) > _TOUCH
        fits &= np.arange(near.stop - start) < (ends[lines] - start)[:, None]
        fits = np.triu(fits, 1)  # a line comes before those under it
        for at, other in np.argwhere(fits) + start:
            yield int(at), int(other)


def _fit(height: float, other: float) -> bool:
    return max(height, other) < _ALIKE * min(height, other)


def _nearest(found: Sequence[int], boxes: Boxes, *, upwards: bool = False) -> list[int]:
    """Of lines under (or over) one another the nearest; all of those that stand side by side."""
    kept: list[int] = []
    for at in sorted(found, key=lambda at: -boxes[at, 3] if upwards else boxes[at, 1]):
        if not kept or (_shared(boxes[[at]], boxes[kept], 1) > 0.5).any():
            kept.append(at)
    return kept


def _followed(follows: dict[int, int], single: set[int], count: int) -> list[list[int]]:
    """Chains of lines by which one follows which."""
    links = {at: after for at, after in follows.items() if after in single}
    begun = set(range(count)) - set(links.values())
    chains = []
    for at in sorted(begun):
        chain = [at]
        while chain[-1] in links:
            chain.append(links[chain[-1]])
        chains.append(chain)
    return chains


def _is_prose(lines: Boxes) -> bool:
    """Whether lines under one another are running text: several, and most as wide as the widest."""
    if len(lines) < _PROSE_LINES:
        return False
    widths = lines[:, 2] - lines[:, 0]
    width = float(np.percentile(widths, 90))
    wide = width > _PROSE_WIDTH * float(np.median(_heights(lines)))
    return wide and float((widths > _FULL * width).mean()) >= _FULL_LINES


def _without_table_columns(prose: list[list[int]], boxes: Boxes) -> list[list[int]]:
    """Columns whose lines do not stand in the rows of a table, that is, level with short ones."""
    while prose:
        within = np.zeros(len(boxes), dtype=np.bool_)
        within[[line for chain in prose for line in chain]] = True
        others = boxes[~within]
        kept = [chain for chain in prose if not _in_step(boxes[chain], others)]
        if len(kept) == len(prose):
            break
        prose = kept
    return prose


def _in_step(lines: Boxes, others: Boxes) -> bool:
    if len(others) == 0:
        return False
    middles, other = ((kind[:, 1] + kind[:, 3]) / 2 for kind in (lines, others))
    level = np.abs(middles[:, None] - other[None, :]) < 0.2 * _heights(lines)[:, None]
    return float(level.any(axis=1).mean()) >= _IN_STEP


def _rows(boxes: Boxes, lines: Sequence[int], columns: Boxes) -> list[list[int]]:
    """Lines side by side as rows, cut where a row runs over the white between two columns of prose."""
    homes = _homes(boxes, columns)
    rows: list[list[int]] = []
    for line in sorted(lines, key=lambda line: (boxes[line, 1] + boxes[line, 3], boxes[line, 0])):
        home = next((row for row in reversed(rows[-6:]) if _level(boxes[line], boxes[row])), None)
        if home is None:
            rows.append([line])
        else:
            home.append(line)
    cut: list[list[int]] = []
    for row in rows:
        row.sort(key=lambda line: boxes[line, 0])
        cut.append(row[:1])
        for before, line in pairwise(row):
            elsewhere = min(homes[before], homes[line]) >= 0 and homes[before] != homes[line]
            if elsewhere or _something_between(boxes[before], boxes[line], columns):
                cut.append([])
            cut[-1].append(line)
    return cut


def _something_between(before: Boxes, line: Boxes, columns: Boxes) -> bool:
    """Whether a column of prose stands between two lines of a row."""
    middle = (before[1] + before[3]) / 2
    high = (columns[:, 1] < middle) & (columns[:, 3] > middle)
    return bool((high & (columns[:, 0] >= before[0]) & (columns[:, 2] <= line[2])).any())


def _homes(boxes: Boxes, columns: Boxes) -> NDArray[np.int64]:
    """The one of columns side by side within whose edges, and near which, each line stands; -1 for none."""
    homes = np.full(len(boxes), -1, dtype=np.int64)
    if len(columns) < 2:
        return homes
    beside = (_shared(columns, columns, 1) > 0.3) & (_shared(columns, columns, 0) < _TOUCH)
    heights = _heights(boxes)
    for at in np.nonzero(beside.any(axis=1))[0]:
        left, top, right, bottom = columns[at]
        inside = (boxes[:, 0] > left - heights) & (boxes[:, 2] < right + heights)
        near = (boxes[:, 1] < bottom + _NEAR * heights) & (boxes[:, 3] > top - _NEAR * heights)
        homes[inside & near & (homes < 0)] = _column_of(int(at), columns)
    return homes


def _column_of(at: int, columns: Boxes) -> int:
    """The first of the columns that stand over one another in the same place."""
    return int(np.nonzero(_shared(columns, columns[[at]], 0)[:, 0] > 0.7)[0][0])


def _level(line: Boxes, row: Boxes) -> bool:
    """Whether a line stands beside a row's last one."""
    last = row[-1]
    shared = min(line[3], last[3]) - max(line[1], last[1])
    return bool(shared > 0.5 * min(line[3] - line[1], last[3] - last[1]))


def _furniture(hulls: Boxes, are_rows: Sequence[bool]) -> tuple[list[int], list[int]]:
    """Rows above and below everything else: running heads, page numbers."""
    first: list[int] = []
    last: list[int] = []
    left = list(range(len(hulls)))
    for _ in range(_FURNITURE):
        for kept, edge, sign in ((first, 1, 1.0), (last, 3, -1.0)):
            if len(left) < 3:
                break
            outer = min(left, key=lambda at: sign * hulls[at, edge])
            others = [at for at in left if at != outer]
            clear = sign * hulls[others, edge].min() if sign > 0 else -hulls[others, edge].max()
            if are_rows[outer] and sign * hulls[outer, 4 - edge] <= clear:
                kept.append(outer)
                left = others
    return first, last[::-1]


def _sorted(hulls: Boxes) -> list[int]:
    """Blocks by what comes before what; a circle is broken at the block that the fewest come before."""
    count = len(hulls)
    if count > _MOST_BLOCKS:
        return [int(at) for at in np.lexsort((hulls[:, 0], hulls[:, 1]))]
    before = _before(hulls)
    waiting = before.sum(axis=0).astype(np.float64)
    order: list[int] = []
    tie = (hulls[:, 1] - hulls[:, 1].min()) / max(1e-9, 2.0 * np.ptp(hulls[:, 1:4:2]))
    for _ in range(count):
        at = int(np.argmin(waiting + tie))
        order.append(at)
        waiting -= before[at]
        waiting[at] = np.inf
    return order


def _before(hulls: Boxes) -> Related:
    over = _shared(hulls, hulls, 0) > _TOUCH
    middles = (hulls[:, 1] + hulls[:, 3]) / 2
    higher = middles[:, None] < middles[None, :]
    above = over & higher
    steps = above.astype(np.float32)
    apart = (steps @ steps) > 0.5  # something across both stands between them
    centres = (hulls[:, 0] + hulls[:, 2]) / 2
    left = ~over & (centres[:, None] < centres[None, :])
    found = above | (left & ~apart & ~apart.T)
    np.fill_diagonal(found, val=False)
    return found
