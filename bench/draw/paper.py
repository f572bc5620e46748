"""A sheet to draw on that remembers where every labelled value was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

Text = tuple[str, float, float, int, str]
"""A text as written: left end and baseline in pixels, size, face."""

Quad = tuple[tuple[float, float], ...]

_FOLDER = Path("/usr/share/fonts")
_FILES = {
    "sans": "truetype/wqy/wqy-zenhei.ttc",
    "song": "truetype/arphic-gbsn00lp/gbsn00lp.ttf",
    "kai": "truetype/arphic-gkai00mp/gkai00mp.ttf",
    "old": "truetype/arphic/ukai.ttc",
    "pen": "truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf",
    "hand": "truetype/fifthhorseman/dkg.ttf",
    "note": "truetype/breip/Breip.ttf",
    "script": "opentype/dancingscript/DancingScript-Regular.otf",
    "mono": "truetype/dejavu/DejaVuSansMono.ttf",
    "serif": "truetype/dejavu/DejaVuSerif.ttf",
    "latin": "truetype/dejavu/DejaVuSans.ttf",
    "bold": "truetype/dejavu/DejaVuSans-Bold.ttf",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A finished document: its picture, what it says, where (pixel corners by JSON Pointer)."""

    kind: str
    name: str
    image: Image.Image
    expected: Mapping[str, Any]
    quads: Mapping[str, tuple[Quad, ...]]
    texts: tuple[Text, ...] = ()

    def row(self, file: str) -> dict[str, Any]:
        """Its line of the manifest."""
        width, height = self.image.size
        boxes = {at: [_box(quad, width, height) for quad in quads] for at, quads in self.quads.items()}
        return {"id": self.name, "file": file, "kind": self.kind, "expected": self.expected, "boxes": boxes}


@dataclass(slots=True)
class Paper:
    """Canvas and labels of one document."""

    image: Image.Image
    expected: dict[str, Any] = field(default_factory=dict)
    quads: dict[str, tuple[Quad, ...]] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)

    @classmethod
    def blank(cls, width: int, height: int, colour: tuple[int, int, int] = (255, 255, 255)) -> Paper:
        """An empty sheet."""
        return cls(Image.new("RGB", (width, height), colour))

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """For lines and shapes."""
        return ImageDraw.Draw(self.image)

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: int,
        face: str = "sans",
        ink: tuple[int, int, int] = (20, 20, 20),
        at: str | None = None,
        anchor: str = "la",
        align_right: bool = False,
    ) -> float:
        """Write a text; `at` is the pointer of the value it shows. Returns where it ends."""
        letters = font(face, size)
        if align_right:
            anchor = "ra"
        self.pen.text((x, y), text, font=letters, fill=ink, anchor=anchor)
        left, top, right, bottom = self.pen.textbbox((x, y), text, font=letters, anchor=anchor)
        baseline = y + letters.getmetrics()[0]
        self.texts.append((text, left, baseline, size, face))
        if at is not None:
            quad: Quad = ((left, top), (right, top), (right, bottom), (left, bottom))
            self.quads[at] = (*self.quads.get(at, ()), quad)
        return float(right)

    def done(self, kind: str, name: str) -> Drawn:
        """The document as drawn."""
        return Drawn(kind, name, self.image, self.expected, self.quads, tuple(self.texts))


def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """A face by its short name; says which Debian package is missing."""
    return ImageFont.truetype(str(font_file(face)), size)


def font_file(face: str) -> Path:
    """Where a face lies."""
    path = _FOLDER / _FILES[face]
    if not path.exists():
        raise SystemExit(f"{path} is missing; see the packages named in bench/draw/__init__.py")
    return path


def _box(quad: Quad, width: int, height: int) -> list[float]:
    xs, ys = [x for x, _ in quad], [y for _, y in quad]
    return [
        round(min(xs) / width, 4),
        round(min(ys) / height, 4),
        round(max(xs) / width, 4),
        round(max(ys) / height, 4),
    ]
