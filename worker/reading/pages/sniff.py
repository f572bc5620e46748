"""What a file is, told by its first bytes. Names and declared types are not believed."""

from __future__ import annotations

from enum import StrEnum


class FileType(StrEnum):
    """The types that can be read. JPEG 2000 and PNM are by-catch: scanners write them."""

    PDF = "PDF"
    PNG = "PNG"
    JPEG = "JPEG"
    TIFF = "TIFF"
    WEBP = "WebP"
    BMP = "BMP"
    GIF = "GIF"
    HEIC = "HEIC"
    JPEG2000 = "JPEG 2000"
    PNM = "PNM"
    OFFICE = "Office"
    HTML = "HTML"
    XML = "XML"


ENDINGS = frozenset(
    [
        ".pdf",
        ".png",
        ".jpg",
        ".jpeg",
        ".tif",
        ".tiff",
        ".webp",
        ".bmp",
        ".gif",
        ".heic",
        ".jp2",
        ".docx",
        ".xlsx",
    ]
)
"""Names of files that are meant to be read whatever is in them; of others in a folder the content decides."""

HEAD = 1024
"""How many bytes `sniff` needs: a PDF header may stand anywhere in the first kilobyte."""

_STARTS: tuple[tuple[bytes, FileType], ...] = (
    (b"\x89PNG\r\n\x1a\n", FileType.PNG),
    (b"\xff\xd8", FileType.JPEG),
    (b"II*\x00", FileType.TIFF),
    (b"MM\x00*", FileType.TIFF),
    (b"II+\x00", FileType.TIFF),
    (b"MM\x00+", FileType.TIFF),
    (b"BM", FileType.BMP),
    (b"GIF8", FileType.GIF),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", FileType.JPEG2000),
    (b"\xff\x4f\xff\x51", FileType.JPEG2000),
    (b"P4", FileType.PNM),
    (b"P5", FileType.PNM),
    (b"P6", FileType.PNM),
)
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"avif"})
_OFFICE_PARTS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"word/", b"xl/")
"""Names of parts, one of which comes first in the archive that an Office document is."""

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "RTF"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "RAR"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"8BPS", "Photoshop"),
    (b"DDS ", "a DDS texture"),
    (b"icns", "an icon"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"BLP", "a BLP texture"),
    (b"\x01\xda", "an SGI image"),
    (b"ID3", "audio"),
    (b"OggS", "audio"),
    (b"RIFF", "audio or video"),
)


def sniff(head: bytes) -> FileType | None:
    """The type of a file that begins with `head`, or None when it is none that can be read."""
    for start, file_type in _STARTS:
        if head.startswith(start):
            return file_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileType.WEBP
    if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS:
        return FileType.HEIC
    if head.startswith(b"PK\x03\x04") and any(part in head[:HEAD] for part in _OFFICE_PARTS):
        return FileType.OFFICE
    # Damaged PDFs have lost their header line but still show their objects.
    if b"%PDF" in head[:HEAD] or (b" obj" in head[:HEAD] and b"<<" in head[:HEAD]):
        return FileType.PDF
    return _markup(head)


def _markup(head: bytes) -> FileType | None:
    lowered = head[:HEAD].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if lowered.startswith((b"<!doctype html", b"<html")) or (
        lowered.startswith(b"<?xml") and (b"<!doctype html" in lowered or b"<html" in lowered)
    ):
        return FileType.HTML
    return FileType.XML if lowered.startswith(b"<?xml") else None


def other_type(head: bytes) -> str | None:
    """What an unreadable file seems to be, or None when even that cannot be told."""
    for start, name in _OTHERS:
        if head.startswith(start):
            return name
    if head[4:8] == b"ftyp":
        return "video"
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return "markup"
    return "text" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    return bool(head) and not any(byte < 9 or 13 < byte < 27 for byte in head)
