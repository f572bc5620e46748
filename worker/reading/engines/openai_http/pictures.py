"""Pictures for a server: as `data:` URIs, and how many tokens one may take."""

from __future__ import annotations

import base64
import io
import math

import numpy as np

from worker.reading.pages.base import Picture

_LARGE_PNG = 4 * 2**20  # bytes; beyond, it is a photograph, which JPEG keeps as well in far fewer
_QUALITY = 90
_SIDE_OF_TOKEN = 28  # pixels; what Qwen-VL takes, most other models take fewer tokens


def data_uri(picture: Picture) -> str | None:
    """The picture itself as an address: PNG, or JPEG where that would be large. None of no picture."""
    if not picture.size:
        return None
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture))
    buffer, kind = io.BytesIO(), "png"
    image.save(buffer, "PNG", compress_level=3)
    if buffer.tell() > _LARGE_PNG:
        buffer, kind = io.BytesIO(), "jpeg"
        image.save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getbuffer()).decode('ascii')}"


def tokens(picture: Picture) -> int:
    """Tokens a picture takes, roughly."""
    height, width = (int(side) for side in picture.shape[:2])
    return math.ceil(height / _SIDE_OF_TOKEN) * math.ceil(width / _SIDE_OF_TOKEN)
