"""Train and try what tells the scripts that the recogniser has no letters for.

    python -m bench.scripts [--fonts FOLDER] [--lines 900] [--seed 1]

Draws names of countries and languages (CLDR, by Babel) in sans-serif faces of every script, damages them as cameras,
copiers and time do, and fits the network of `worker.reading.text.scripts` to them by PyTorch. What it learned is told
on faces of other design, never trained on: by line, and by page of eight lines. Debian's fonts-noto-core has the
faces; fonts-thai-tlwg, fonts-lohit-deva, fonts-kacst and fonts-hosny-amiri, where installed, are tried as well.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from babel import Locale
from PIL import Image, ImageDraw, ImageFont
from torch import nn

from worker.reading.pages.base import Picture
from worker.reading.text import scripts
from worker.reading.text.scripts import HEIGHT, KNOWN, normalised, script_odds

TARGET = Path(scripts.__file__).with_name("scripts.npz")
_WIDTH = 256  # columns of a line in training
_ROUNDS, _BATCH = 14, 64
_CHANNELS = (12, 24, 48)
_ON_A_PAGE = 8

LOCALES: Mapping[str, tuple[str, ...]] = {
    KNOWN: ("en", "de", "fr", "vi", "cs", "tr", "el", "zh", "ja", "zh_Hant"),
    "Arabic": ("ar", "fa", "ur"),
    "Armenian": ("hy",),
    "Bengali": ("bn", "as"),
    "Cyrillic": ("ru", "uk", "bg", "sr", "kk"),
    "Devanagari": ("hi", "mr", "ne"),
    "Ethiopic": ("am",),
    "Georgian": ("ka",),
    "Gujarati": ("gu",),
    "Gurmukhi": ("pa",),
    "Hangul": ("ko",),
    "Hebrew": ("he",),
    "Kannada": ("kn",),
    "Khmer": ("km",),
    "Lao": ("lo",),
    "Malayalam": ("ml",),
    "Myanmar": ("my",),
    "Sinhala": ("si",),
    "Tamil": ("ta",),
    "Telugu": ("te",),
    "Thai": ("th",),
}
_CJK = ("NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "gbsn00lp.ttf", "LXGWWenKai-Regular.ttf")
_LATIN = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "LiberationSans-Regular.ttf", "DejaVuSansMono.ttf")
_PENS = ("dkg.ttf", "Breip.ttf")  # written by hand, Latin letters only
_OTHER_DESIGN: Mapping[str, tuple[str, ...]] = {
    KNOWN: ("LiberationSerif-Regular.ttf", "DejaVuSerif.ttf"),
    "Arabic": ("NotoNaskhArabic-Regular.ttf", "KacstBook.ttf", "Amiri-Regular.ttf"),
    "Cyrillic": ("LiberationSerif-Regular.ttf", "DejaVuSerif.ttf"),
    "Devanagari": ("NotoSerifDevanagari-Regular.ttf", "Lohit-Devanagari.ttf"),
    "Hangul": ("NotoSerifCJK-Regular.ttc",),
    "Thai": ("NotoSerifThai-Regular.ttf", "Waree.ttf", "Norasi.ttf"),
}
_CJK_LOCALES = frozenset({"zh", "ja", "zh_Hant", "ko"})


class Lines:
    """Draws lines of a script in faces to train on, or in others."""

    def __init__(self, folders: Sequence[Path], rng: random.Random) -> None:
        self._rng = rng
        found = (file for folder in folders for file in folder.rglob("*.?t?"))
        self._files = {file.name: file for file in found}

    def draw(self, script: str, *, other: bool) -> Picture:
        """A damaged picture of a line, cut about as the detector cuts."""
        rng = self._rng
        locale = rng.choice(LOCALES[script])
        size = rng.randrange(22, 44)
        face = ImageFont.truetype(str(self._files[self._face(script, locale, other=other)]), size)
        text = " ".join(rng.choice(_names(locale)) for _ in range(rng.randrange(1, 4)))
        if rng.random() < 0.2:
            text += f" {rng.uniform(0, 9999):.2f}"
        left, top, right, bottom = face.getbbox(text)
        room = [int(size * rng.uniform(0.0, 0.4)) for _ in range(4)]
        wide, high = int(right - left) + room[0] + room[1], int(bottom - top) + room[2] + room[3]
        image = Image.new("L", (max(8, wide), max(8, high)), 255)
        ImageDraw.Draw(image).text((room[0] - left, room[2] - top), text, font=face, fill=rng.randrange(90))
        return damaged(np.asarray(image), rng)

    def _face(self, script: str, locale: str, *, other: bool) -> str:
        names: tuple[str, ...]
        if locale in _CJK_LOCALES:
            serif = ("NotoSerifCJK-Regular.ttc",)
            names = (
                serif
                if other
                else _CJK
                if locale != "ko"
                else ("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc")
            )
        elif other:
            names = _OTHER_DESIGN.get(script, (f"NotoSerif{script}-Regular.ttf",))
        elif script == KNOWN:
            names = (*_LATIN, *(_PENS if locale in ("en", "de") else ()))
        elif script == "Cyrillic":
            names = _LATIN
        else:
            names = (f"NotoSans{script}-Regular.ttf", f"NotoSans{script}-Bold.ttf")
        there = [name for name in names if name in self._files]
        if not there:
            # A script with a single design: its bold cut is the other one.
            there = [name for name in (f"NotoSans{script}-Bold.ttf",) if name in self._files]
        return self._rng.choice(there)


@cache
def _names(locale: str) -> list[str]:
    """Names of countries and languages, those that are written in Latin elsewhere left out."""
    spoken = Locale.parse(locale)
    names = [*spoken.territories.values(), *spoken.languages.values()]
    return [name for name in names if locale in ("en", "de", "fr", "cs", "tr", "vi") or not name.isascii()]


def damaged(ink: np.ndarray, rng: random.Random) -> Picture:
    """Less resolution, blur, paper, faint ink, grain, a lean; some lie on dark ground."""
    noise = np.random.default_rng(rng.randrange(2**32))
    high, wide = ink.shape
    lean = cv2.getRotationMatrix2D((wide / 2, high / 2), rng.gauss(0, 0.8) if wide < 12 * high else 0.0, 1.0)
    lean[0, 1] += rng.gauss(0, 0.06)  # slanted letters
    ink = cv2.warpAffine(ink, lean, (wide, high), borderValue=255)
    letters = rng.choice((12, 16, 20, 26, 34)) / 34
    small = (max(8, int(wide * letters)), max(8, int(high * letters)))
    ink = cv2.resize(ink, small, interpolation=cv2.INTER_AREA)
    ink = cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.1, 1.1))
    paper = rng.uniform(150, 255)
    grey = paper - (255 - ink.astype(np.float32)) / 255 * paper * rng.uniform(0.35, 0.95)
    grey += noise.normal(0, rng.uniform(0, 10), grey.shape)
    if rng.random() < 0.1:
        grey = 255 - grey
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def no_writing(rng: random.Random) -> Picture:
    """What a detector takes for text and is none: bars, textures, scribbles."""
    noise = np.random.default_rng(rng.randrange(2**32))
    wide, high = rng.randrange(60, 400), rng.randrange(24, 60)
    ink = np.full((high, wide), 255, dtype=np.uint8)
    sort = rng.randrange(3)
    for _ in range(rng.randrange(4, 40)):
        x, y = rng.randrange(wide), rng.randrange(high)
        if sort == 0:
            cv2.rectangle(ink, (x, 0), (x + rng.randrange(1, 5), high), 0, -1)
        elif sort == 1:
            cv2.line(ink, (x, y), (rng.randrange(wide), rng.randrange(high)), 0, rng.randrange(1, 3))
        else:
            cv2.ellipse(
                ink, (x, y), (rng.randrange(2, 20), rng.randrange(2, 14)), rng.uniform(0, 180), 0, 300, 0, 1
            )
    if rng.random() < 0.3:
        ink = cv2.GaussianBlur(
            noise.integers(0, 255, (high, wide), dtype=np.uint8), (0, 0), rng.uniform(0.5, 3)
        )
    return damaged(ink, rng)


def training_lines(lines: Lines, count: int, rng: random.Random) -> Iterator[tuple[np.ndarray, int]]:
    """Normalised pictures, all as wide, with the number of their script; three times as many known ones."""
    for number, script in enumerate(LOCALES):
        for index in range(count * (3 if script == KNOWN else 1)):
            none = script == KNOWN and index % 6 == 0
            ink = normalised(no_writing(rng) if none else lines.draw(script, other=False))
            yield _tiled(ink, rng), number


def _tiled(ink: np.ndarray, rng: random.Random) -> np.ndarray:
    """A stretch of a line as wide as all others; short ones repeat, for the network takes means over the width."""
    repeated = np.tile(ink, (1, -(-_WIDTH // ink.shape[1])))
    start = rng.randrange(repeated.shape[1] - _WIDTH + 1)
    return repeated[:, start : start + _WIDTH]


class Network(nn.Module):
    """As `worker.reading.text.scripts` runs it."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (5, 3, 3)
        inputs = (1, *_CHANNELS[:-1])
        self.layers = nn.ModuleList(
            nn.Conv2d(given, made, size, stride=2, padding=size // 2)
            for given, made, size in zip(inputs, _CHANNELS, sizes, strict=True)
        )
        self.out = nn.Linear(_CHANNELS[-1] * HEIGHT // 8, len(LOCALES))

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Scores of the scripts, lines x scripts, for lines x 1 x `HEIGHT` x columns."""
        for layer in self.layers:
            maps = torch.relu(layer(maps))
        scores: torch.Tensor = self.out(
            nn.functional.dropout(maps.mean(dim=3).flatten(1), 0.2, self.training)
        )
        return scores


def train(lines: Lines, count: int, rng: random.Random) -> Network:
    pictures, numbers = zip(*training_lines(lines, count, rng), strict=True)
    x, y = torch.from_numpy(np.stack(pictures))[:, None], torch.tensor(numbers)
    network = Network()
    steps = -(-len(x) // _BATCH)
    learner = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    pace = torch.optim.lr_scheduler.OneCycleLR(learner, 4e-3, epochs=_ROUNDS, steps_per_epoch=steps)
    for turn in range(_ROUNDS):
        total = 0.0
        for batch in torch.randperm(len(x)).split(_BATCH):  # type: ignore[no-untyped-call]
            loss = nn.functional.cross_entropy(network(x[batch]), y[batch], label_smoothing=0.05)
            learner.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            learner.step()
            pace.step()
            total += float(loss.detach()) / steps
        print(f"  round {turn + 1}: {total:.3f}", flush=True)
    return network.eval()


def save(network: Network) -> None:
    weights = {"out": network.out.weight, "out_bias": network.out.bias}
    for number, layer in enumerate(network.layers):
        weights |= {f"kernel{number}": layer.weight, f"bias{number}": layer.bias}  # type: ignore[dict-item]
    kept = {name: value.detach().numpy().astype(np.float16) for name, value in weights.items()}
    np.savez_compressed(TARGET, names=np.array(list(LOCALES)), **kept)  # type: ignore[arg-type]


def tell(lines: Lines) -> None:
    """How many lines and pages of faces never seen are given their script."""
    right: Counter[str] = Counter()
    taken: Counter[tuple[str, str]] = Counter()
    pages = 10
    for script in LOCALES:
        for _ in range(pages):
            crops = [lines.draw(script, other=True) for _ in range(_ON_A_PAGE)]
            names, odds = script_odds(crops)
            right["lines"] += int((odds.argmax(axis=1) == names.index(script)).sum())
            told = scripts.foreign_script(crops) or KNOWN
            right["pages"] += told == script
            taken[script, told] += told != script
    print(
        f"lines {right['lines']} of {_ON_A_PAGE * pages * len(LOCALES)}, pages {right['pages']} of {pages * len(LOCALES)}"
    )
    print("taken for another:", {f"{a} as {b}": n for (a, b), n in taken.items() if n})


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--fonts", type=Path, help="a folder of faces beside the installed ones")
    options.add_argument("--lines", type=int, default=900, help="per script; 0 tries the shipped network")
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    torch.manual_seed(arguments.seed)
    rng = random.Random(arguments.seed)
    folders = [Path("/usr/share/fonts"), *([arguments.fonts] if arguments.fonts else [])]
    lines = Lines(folders, rng)
    if arguments.lines:
        save(train(lines, arguments.lines, rng))
    tell(lines)


if __name__ == "__main__":
    main()
