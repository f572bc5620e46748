"""Pictures cut into tiles: InternVL's way, which transformers has under another model's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from PIL import Image
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import (
    GotOcr2ImageProcessorPil,
    get_optimal_tiled_canvas,
)

from worker.reading.pages.base import Picture

_MOST = 10
_IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}


class Tiling:
    """Cuts pictures into square tiles of `side` pixels, as the published image processor does.

    `preprocessor` is the checkpoint's preprocessor_config.json; what it leaves out is as in the published
    class. The numbers of tiles in config.json are those of training, and no code that reads looks at them:
    at least one tile, at most as many as the preprocessor says, and the whole picture as the last of
    several.
    """

    def __init__(self, preprocessor: Mapping[str, Any], *, side: int) -> None:
        norms = {key: preprocessor.get(key, default) for key, default in _IMAGENET.items()}
        self.side = side
        self.most = int(preprocessor.get("max_dynamic_patch", _MOST))
        self._processor = GotOcr2ImageProcessorPil(
            **norms,
            crop_to_patches=True,
            min_patches=1,
            max_patches=self.most,
            size={"height": side, "width": side},
        )

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """Rows and columns for a picture of that size in pixels."""
        size = (self.side, self.side)
        columns, rows = get_optimal_tiled_canvas((height, width), size, 1, self.most)
        return rows, columns

    def count(self, height: int, width: int) -> int:
        """Tiles of a picture of that size in pixels."""
        rows, columns = self.grid(height, width)
        return rows * columns + (rows * columns > 1)

    def cut(self, picture: Picture) -> torch.Tensor:
        """A picture as normalised tiles [n, 3, side, side]."""
        tiles: torch.Tensor = self._processor(images=[Image.fromarray(picture)], return_tensors="pt")[
            "pixel_values"
        ]
        return tiles
