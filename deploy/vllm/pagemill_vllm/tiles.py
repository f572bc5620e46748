"""Pictures cut into tiles, as InternVL 1.5 (arXiv 2404.16821) does it; needs nothing but NumPy and Pillow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_MOST = 10


@dataclass(frozen=True, slots=True)
class TileCutter:
    """Square tiles of `side` pixels, at most `most` and one of the whole picture behind several."""

    side: int
    most: int = _MOST
    mean: tuple[float, ...] = _MEAN
    std: tuple[float, ...] = _STD

    @classmethod
    def of(cls, preprocessor: Mapping[str, Any], *, side: int) -> TileCutter:
        """As preprocessor_config.json says; raises ValueError where it wants what is not done here."""
        if preprocessor.get("use_msac"):
            message = "SAIL-VL2 with use_msac is not known here"
            raise ValueError(message)
        return cls(
            side,
            int(preprocessor.get("max_dynamic_patch", _MOST)),
            tuple(preprocessor.get("image_mean", _MEAN)),
            tuple(preprocessor.get("image_std", _STD)),
        )

    def grid(self, width: int, height: int) -> tuple[int, int]:
        """Rows and columns for a picture of that size in pixels: the grid whose shape is nearest to its own.

        Of several that are as near, the largest one that the picture fills to more than half.
        """
        best, gap = (1, 1), float("inf")
        for rows, columns in self._grids():
            away = abs(width / height - columns / rows)
            fills = 2 * width * height > rows * columns * self.side**2
            if away < gap or (away == gap and fills):
                best, gap = (rows, columns), away
        return best

    def count(self, width: int, height: int) -> int:
        """Tiles of a picture of that size in pixels."""
        rows, columns = self.grid(width, height)
        return rows * columns + (rows * columns > 1)

    def cut(self, picture: Image.Image) -> NDArray[np.float32]:
        """A picture as normalised tiles [n, 3, side, side], row by row."""
        side, coloured = self.side, picture.convert("RGB")
        rows, columns = self.grid(*picture.size)
        large = np.asarray(coloured.resize((columns * side, rows * side), Image.Resampling.BICUBIC))
        tiles = large.reshape(rows, side, columns, side, 3).swapaxes(1, 2).reshape(-1, side, side, 3)
        if len(tiles) > 1:
            whole = np.asarray(coloured.resize((side, side), Image.Resampling.BICUBIC))
            tiles = np.concatenate([tiles, whole[None]])
        lit = tiles.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
        mean, std = (np.asarray(one, np.float32)[:, None, None] for one in (self.mean, self.std))
        normalised: NDArray[np.float32] = (lit - mean) / std
        return normalised

    def _grids(self) -> list[tuple[int, int]]:
        sides = range(1, self.most + 1)
        fitting = [(rows, columns) for rows in sides for columns in sides if rows * columns <= self.most]
        return sorted(fitting, key=lambda grid: grid[0] * grid[1])
