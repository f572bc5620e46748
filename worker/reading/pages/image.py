"""Pictures as documents: PNG, JPEG, TIFF with its pages, WebP, BMP, GIF, HEIC and a few more.

Runs in the child process of `sandbox`. Only the first frame of an animation is a page.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from worker.errors import CorruptFile, EmptyDocument, PageTooLarge, SourceError, TooManyPixels
from worker.reading.pages.base import OpenDocument, Page, PageLimits, Picture
from worker.reading.pages.sniff import FileType

_ORIENTATION = 0x0112  # the EXIF tag
_MOST_FRAMES = 100_000  # pages of a TIFF that are counted; the limit on pages is far below
_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "DIB", "GIF", "JPEG2000", "PPM")
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    EOFError,
    AttributeError,
    OverflowError,
    ZeroDivisionError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow's decoders raise on damaged files, by its own fuzzing history."""


def open_image(path: Path, file_type: FileType, limits: PageLimits) -> OpenDocument:
    """Open a picture; raises SourceError."""
    formats: tuple[str, ...] = _FORMATS
    if file_type is FileType.HEIC:
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        formats = (*_FORMATS, "HEIF", "AVIF")
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours, checked below before anything is decoded
    try:
        image = Image.open(path, formats=formats)
        frames = _frames(image) if image.format == "TIFF" else 1
    except UnidentifiedImageError as error:
        raise CorruptFile(kind=file_type, detail="its header is broken") from error
    except _DAMAGE as error:
        raise CorruptFile(kind=file_type, detail="its header is broken") from error
    try:
        _check_size(image, limits, TooManyPixels)
    except SourceError:
        image.close()
        raise
    return _ImageDocument(image, frames, file_type)


class _ImageDocument:
    def __init__(self, image: Image.Image, frames: int, file_type: FileType) -> None:
        self._image = image
        self._file_type = file_type
        self.page_count = frames

    def page(self, index: int, limits: PageLimits) -> Page:
        """Decode the frame, turn it upright, flatten it to RGB on a ground that shows its ink."""
        try:
            if index != self._image.tell():
                self._image.seek(index)
            _check_size(self._image, limits, PageTooLarge)
            picture = _upright_rgb(self._image, limits)
        except _DAMAGE as error:
            detail = f"page {index + 1} cannot be decoded"
            raise CorruptFile(kind=self._file_type, detail=detail) from error
        return Page(number=index + 1, picture=picture)

    def attachments(self, most_bytes: int) -> Iterator[tuple[str, bytes]]:  # noqa: ARG002 (the contract)
        """Pictures have no files in them."""
        yield from ()

    def close(self) -> None:
        """Let go of the file."""
        self._image.close()


def _frames(image: Image.Image) -> int:
    """Pages of a TIFF; where its chain of pages breaks, the broken one still counts, to be reported."""
    count = 1
    while count <= _MOST_FRAMES:
        try:
            image.seek(count)
        except EOFError:
            break
        except _DAMAGE:
            count += 1
            break
        count += 1
    image.seek(0)
    return count


def _check_size(image: Image.Image, limits: PageLimits, error: type[PageTooLarge | TooManyPixels]) -> None:
    pixels = image.width * image.height
    if pixels == 0:
        raise EmptyDocument
    if pixels > limits.max_source_pixels:
        raise error(pixels=pixels, limit=limits.max_source_pixels)


def _upright_rgb(image: Image.Image, limits: PageLimits) -> Picture:
    scale = limits.scale(image.width, image.height, wanted=1.0)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image.draft("RGB", size)  # JPEG only: decodes at half or quarter size in a fraction of the time
    upright = _flatten(_eight_bit(ImageOps.exif_transpose(_with_plain_exif(image))))
    if scale < 1:
        turned = size if (upright.width > upright.height) == (size[0] > size[1]) else size[::-1]
        upright = upright.resize(turned, Image.Resampling.LANCZOS)
    return np.asarray(upright, dtype=np.uint8)


def _with_plain_exif(image: Image.Image) -> Image.Image:
    """Of the metadata only how to turn the picture: the rest may be broken while the pixels are good."""
    plain = image.copy()
    try:  # asked after the pixels were decoded: Pillow turns those of a TIFF itself, and drops the tag
        turn = image.getexif().get(_ORIENTATION, 1)
    except _DAMAGE:
        turn = 1
    plain.info.pop("exif", None)
    plain.getexif().clear()
    if turn in range(2, 9):
        plain.getexif()[_ORIENTATION] = turn
    return plain


def _eight_bit(image: Image.Image) -> Image.Image:
    """Sixteen-bit, 32-bit and float greys, stretched to 0..255."""
    if image.mode not in {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}:
        return image
    grey = np.asarray(image, dtype=np.float64)
    low, high = float(np.nanmin(grey)), float(np.nanmax(grey))
    span = (high - low) or 1.0
    return Image.fromarray(np.rint(np.nan_to_num((grey - low) * (255.0 / span))).astype(np.uint8))


def _flatten(image: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white, or black behind ink that is itself nearly white."""
    if "transparency" not in image.info and "A" not in image.getbands() and image.mode != "PA":
        return image.convert("RGB")
    layered = image.convert("RGBA")
    pixels = np.asarray(layered)
    visible = pixels[pixels[..., 3] > 127][:, :3]
    bright = visible.size > 0 and float(visible.mean()) > 225
    ground = Image.new("RGBA", layered.size, (0, 0, 0, 255) if bright else (255, 255, 255, 255))
    return Image.alpha_composite(ground, layered).convert("RGB")
