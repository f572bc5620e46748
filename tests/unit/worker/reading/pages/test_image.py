from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.build import picture
from worker.errors import CorruptFile, EmptyDocument, TooLarge, TooManyPages, TooManyPixels, UnsupportedType
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.factory import open_document


def first(path: Path, limits: PageLimits) -> Page:
    with closing(open_document(path, pdf_backend="auto", limits=limits)) as document:
        return document.page(0, limits)


def pages(path: Path, limits: PageLimits) -> int:
    with closing(open_document(path, pdf_backend="auto", limits=limits)) as document:
        return document.page_count


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp", "bmp", "gif", "heic", "jp2", "ppm"])
def test_every_type_is_read_by_its_content(tmp_path: Path, limits: PageLimits, suffix: str) -> None:
    import pillow_heif

    pillow_heif.register_heif_opener()
    path = tmp_path / f"picture.{suffix}"
    picture().save(path)
    page = first(path.rename(tmp_path / "no_suffix"), limits)
    assert (page.width, page.height) == (600, 200)
    assert page.picture.min() < 60


UNDONE_BY = {  # values of the tag, and what a camera that writes them has done to the picture
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "packed.tif"])
@pytest.mark.parametrize("tag", UNDONE_BY)
def test_a_picture_is_turned_once_as_its_metadata_say(
    tmp_path: Path, limits: PageLimits, tag: int, suffix: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    packed = {"compression": "tiff_lzw"} if suffix == "packed.tif" else {}
    path = tmp_path / f"a.{suffix}"
    picture().transpose(UNDONE_BY[tag]).save(path, exif=exif, **packed)
    page = first(path, limits)
    assert (page.width, page.height) == (600, 200)
    difference = np.abs(page.picture.astype(int) - np.asarray(picture()).astype(int))
    assert difference.mean() < 2


def test_a_multi_page_tiff_has_all_its_pages(tmp_path: Path, limits: PageLimits) -> None:
    frames = [picture(text) for text in ("ONE", "TWO", "THREE")]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert pages(tmp_path / "a.tif", limits) == 3


def test_an_animation_is_one_page(tmp_path: Path, limits: PageLimits) -> None:
    frames = [picture(text) for text in ("ONE", "TWO")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert pages(tmp_path / "a.gif", limits) == 1


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255)])
def test_ink_on_nothing_is_put_on_a_ground_that_shows_it(
    tmp_path: Path, limits: PageLimits, ink: tuple[int, int, int]
) -> None:
    mask = picture().convert("L").point(lambda grey: 255 - grey)
    layer = Image.new("RGBA", mask.size, (*ink, 0))
    layer.putalpha(mask)
    layer.save(tmp_path / "a.png")
    page = first(tmp_path / "a.png", limits)
    assert int(page.picture.max()) - int(page.picture.min()) > 200


def test_sixteen_bits_are_stretched_to_eight(tmp_path: Path, limits: PageLimits) -> None:
    Image.fromarray(np.linspace(0, 40000, 100 * 100).reshape(100, 100).astype(np.uint16)).save(
        tmp_path / "a.png"
    )
    page = first(tmp_path / "a.png", limits)
    assert (page.picture.min(), page.picture.max()) == (0, 255)


def test_a_large_picture_is_scaled_to_the_limit(tmp_path: Path, limits: PageLimits) -> None:
    few = replace(limits, max_pixels=1_000_000)
    picture(size=(1500, 1250)).save(tmp_path / "a.jpg")
    page = first(tmp_path / "a.jpg", few)
    assert 0.97 * few.max_pixels <= page.width * page.height <= 1.01 * few.max_pixels


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyDocument),
        (b"just a note\n", UnsupportedType),
        (b"<p>a note</p>", UnsupportedType),
        (b"PK\x03\x04" + bytes(100), UnsupportedType),
        (bytes(range(7)) * 9, CorruptFile),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), CorruptFile),
        (b"\xff\xd8\xff\xe0" + bytes(40), CorruptFile),
    ],
)
def test_what_is_no_document_is_refused_by_its_kind(
    tmp_path: Path, limits: PageLimits, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    with pytest.raises(error):
        first(path, limits)


def test_limits_refuse_before_they_decode(tmp_path: Path, limits: PageLimits) -> None:
    from dataclasses import replace

    picture().save(tmp_path / "a.png")
    frames = [picture() for _ in range(4)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    with pytest.raises(TooManyPixels):
        first(tmp_path / "a.png", replace(limits, max_source_pixels=1000))
    with pytest.raises(TooLarge):
        first(tmp_path / "a.png", replace(limits, max_bytes=100))
    with pytest.raises(TooManyPages):
        first(tmp_path / "a.tif", replace(limits, max_pages=3))
