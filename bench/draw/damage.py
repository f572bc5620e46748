"""What cameras, copiers and time do to paper. Labels move with the picture."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import numpy as np
from PIL import Image, ImageFilter

from bench.draw.paper import Drawn, Quad


def photographed(drawn: Drawn, rng: random.Random, *, strength: float) -> Drawn:
    """Perspective on a table, uneven light, a glare, blur, grain and JPEG; strength 0 to 1."""
    seen = perspective(drawn, rng, strength=0.35 * strength)
    image = _light(seen.image, rng, strength)
    if strength > 0.4:
        image = _glare(image, rng, strength)
    image = image.filter(ImageFilter.GaussianBlur(1.1 * strength))
    return replace(seen, image=_jpeg(_grain(image, rng, 9 * strength), int(92 - 40 * strength)))


def scanned(drawn: Drawn, rng: random.Random, *, strength: float) -> Drawn:
    """A slightly crooked grey scan with specks."""
    angle = rng.uniform(-1.2, 1.2) * strength
    turned = _warped(drawn, _rotation(angle, drawn.image.size), ground=(250, 250, 250))
    grey = turned.image.convert("L").convert("RGB")
    return replace(turned, image=_jpeg(_grain(grey, rng, 7 * strength), 80))


def faded(drawn: Drawn, *, share: float) -> Drawn:
    """Thermal print after months: the ink goes towards the paper."""
    pixels = np.asarray(drawn.image, dtype=np.float32)
    pale = pixels + (250 - pixels) * share
    return replace(drawn, image=Image.fromarray(pale.astype(np.uint8)))


def perspective(drawn: Drawn, rng: random.Random, *, strength: float) -> Drawn:
    """The sheet lying on a dark table, seen a little from the side."""
    width, height = drawn.image.size
    margin = 0.06
    size = (int(width * (1 + 2 * margin)), int(height * (1 + 2 * margin)))

    def corner(x: float, y: float) -> tuple[float, float]:
        shift = 0.12 * strength
        return (
            (margin + x) * width + rng.uniform(-shift, shift) * width,
            (margin + y) * height + rng.uniform(-shift, shift) * height,
        )

    target = (corner(0, 0), corner(1, 0), corner(1, 1), corner(0, 1))
    source = ((0.0, 0.0), (width, 0.0), (float(width), float(height)), (0.0, float(height)))
    return _warped(drawn, _homography(source, target), size=size, ground=(96, 88, 80))


def _warped(
    drawn: Drawn, matrix: np.ndarray, *, size: tuple[int, int] | None = None, ground: tuple[int, int, int]
) -> Drawn:
    size = size or drawn.image.size
    inverse = np.linalg.inv(matrix)
    inverse /= inverse[2, 2]
    image = drawn.image.transform(
        size,
        Image.Transform.PERSPECTIVE,
        inverse.flatten()[:8].tolist(),
        resample=Image.Resampling.BICUBIC,
        fillcolor=ground,
    )
    quads = {at: tuple(_moved(quad, matrix) for quad in quads) for at, quads in drawn.quads.items()}
    return replace(drawn, image=image, quads=quads)


def _moved(quad: Quad, matrix: np.ndarray) -> Quad:
    points = [matrix @ np.array([x, y, 1.0]) for x, y in quad]
    return tuple((float(p[0] / p[2]), float(p[1] / p[2])) for p in points)


def _homography(source: Quad, target: Quad) -> np.ndarray:
    """The projective map that takes four points to four points."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solution = np.linalg.solve(np.array(rows, dtype=float), np.array(values, dtype=float))
    return np.append(solution, 1.0).reshape(3, 3)


def _rotation(degrees: float, size: tuple[int, int]) -> np.ndarray:
    turn = np.deg2rad(degrees)
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = size[0] / 2, size[1] / 2
    return np.array([[cos, -sin, x - cos * x + sin * y], [sin, cos, y - sin * x - cos * y], [0, 0, 1]])


def _light(image: Image.Image, rng: random.Random, strength: float) -> Image.Image:
    """Brighter on one side than on the other."""
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    slope = rng.uniform(-1, 1) * x + rng.uniform(-1, 1) * y
    lit = pixels * (1 + 0.18 * strength * slope)[..., None]
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _glare(image: Image.Image, rng: random.Random, strength: float) -> Image.Image:
    """A lamp mirrored in glossy paper: a soft white spot that washes ink out but not away."""
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    spot = np.exp(-(((x - rng.uniform(0.2, 0.8)) / 0.16) ** 2 + ((y - rng.uniform(0.2, 0.8)) / 0.16) ** 2))
    washed = pixels + (255 - pixels) * (0.55 * strength * spot)[..., None]
    return Image.fromarray(washed.astype(np.uint8))


def _grain(image: Image.Image, rng: random.Random, amount: float) -> Image.Image:
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, amount, (*image.size[::-1], 1))
    pixels = np.asarray(image, dtype=np.float32) + noise
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _jpeg(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(io.BytesIO(stream.getvalue())).convert("RGB")
