"""Documents that promise much and are little: bombs of each format, dense and extreme pages, cut-off files."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, ImageDraw

_BLACK_WEBP = "524946461a000000574542505650384c0e0000002ffebfff0f071011fd0f4444ff03"
_STREAM = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream"
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
_TREE = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def all_bombs() -> Iterator[tuple[str, bytes]]:
    """Name and content of each."""
    yield from _pictures()
    yield from _pdfs()


def cut_off(steps: int = 100) -> Iterator[tuple[str, bytes]]:
    """A small sound file of each format, cut at every hundredth of its length."""
    for name, data in _sound():
        for step in range(1, steps):
            yield f"{step:02}-{name}", data[: max(1, len(data) * step // steps)]


def _sound() -> Iterator[tuple[str, bytes]]:
    page = Image.new("RGB", (320, 200), "white")
    ImageDraw.Draw(page).text((20, 80), "TOTAL 12.50", fill="black")
    for form in ("PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP", "JPEG2000"):
        buffer = io.BytesIO()
        page.save(buffer, form)
        yield f"a.{form.lower()}", buffer.getvalue()
    yield "a.pdf", _pdf(_page(b"BT /F1 12 Tf 20 80 Td (TOTAL 12.50) Tj ET"))


def _pictures() -> Iterator[tuple[str, bytes]]:
    for width, height in ((30_000, 30_000), (10_001, 1), (1, 60_000), (200_000, 2)):
        yield f"{width}x{height}.png", _png(width, height)
    yield "text-bomb.png", _png(10, 10, more=_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 9)))
    yield (
        "says-much.bmp",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 100, 0, 0, 54, 40, 10**9, 10**9, 1, 24, *[0] * 6),
    )
    yield (
        "own-next.tiff",
        b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHII", 256, 4, 1, 9) + struct.pack("<I", 8),
    )
    jpeg = io.BytesIO()
    Image.new("L", (64, 64)).save(jpeg, "JPEG")
    sof = jpeg.getvalue().index(b"\xff\xc0")
    yield "says-much.jpg", jpeg.getvalue()[: sof + 5] + b"\xff\xff\xff\xff" + jpeg.getvalue()[sof + 9 :]
    frames = [Image.new("P", (2, 2), number % 256) for number in range(2)]
    gif = io.BytesIO()
    frames[0].save(gif, "GIF", save_all=True, append_images=frames[1:])
    second = gif.getvalue().rindex(b",\0\0\0\0")
    yield "frames.gif", gif.getvalue()[:second] + gif.getvalue()[second:-1] * 20_000 + b";"
    yield "16383x16383.webp", bytes.fromhex(_BLACK_WEBP)


def _pdfs() -> Iterator[tuple[str, bytes]]:
    for count in (16_000, 64_000, 250_000):
        word = b"BT /F1 2 Tf 1 0 0 1 %d %d Tm (w%d) Tj ET\n"
        words = b"".join(
            word % (number % 200 * 3, number // 200 % 280 * 3, number) for number in range(count)
        )
        yield f"{count}-words.pdf", _pdf(_page(words))
    yield "zeros.pdf", _pdf(_page(b" " * 300_000_000))
    yield "nested.pdf", _pdf(_page(b"q " * 500_000))
    yield "array.pdf", _pdf(_page(b"[" * 1_000_000 + b"] TJ"))
    for name, box in (("wide", b"0 0 1000000000 1"), ("none", b"0 0 0 0"), ("odd", b"1e38 -1e38 nan inf")):
        yield f"{name}.pdf", _pdf(_page(b"", box=box))
    yield "own-kid.pdf", _pdf((_CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 >>"))
    kids = b"3 0 R " * 100_000
    many = b"<< /Type /Pages /Count 100000 /Kids [" + kids + b"] >>"
    yield "100000-pages.pdf", _pdf((_CATALOG, many, *_page(b"")[2:]))
    yield "doubling.pdf", _doubling(28)
    yield "own-xref.pdf", b"%PDF-1.4\nxref\n0 1\ntrailer << /Root 1 0 R /Prev 9 >>\nstartxref\n9\n%%EOF"
    yield "numbers.pdf", _pdf(_page(b"9" * 1_000_000 + b" w " + b"1 0 0 1 1e30 1e30 cm 0 0 1e30 1e30 re f"))
    yield "shades.pdf", _pdf(_page(b"0 0 600 800 re f\n" * 300_000))


def _doubling(levels: int) -> bytes:
    """A form that draws another one twice, which draws another one twice."""
    forms = []
    for number in range(levels):
        head = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X %d 0 R >> >> /Length 10 >>"
        forms.append(head % (6 + number + 1) + b"\nstream\n/X Do /X Do\nendstream")
    last = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 11 >>\nstream\n0 0 9 9 re f\nendstream"
    return _pdf((*_page(b"/X Do", more=b"/XObject << /X 6 0 R >>"), *forms, last))


def _page(content: bytes, *, box: bytes = b"0 0 600 840", more: bytes = b"") -> tuple[bytes, ...]:
    packed = zlib.compress(content, 9)
    resources = b"<< /Font << /F1 5 0 R >> %s >>" % more
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [%s] /Contents 4 0 R /Resources %s >>" % (box, resources)
    return _CATALOG, _TREE, page, _STREAM % (len(packed), packed), _FONT


def _pdf(objects: tuple[bytes, ...]) -> bytes:
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    out_table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    end = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(out))
    return out + out_table + end


def _png(width: int, height: int, *, more: bytes = b"") -> bytes:
    rows = zlib.compress(bytes((1 + (width + 7) // 8) * height), 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + more + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
