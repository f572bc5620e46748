"""Which files a user means: names, folders, globs."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from worker.reading.pages.sniff import ENDINGS, HEAD, sniff


def expand(names: Iterable[str]) -> tuple[list[Path], list[str]]:
    """The files, each once and in order, and the names that match nothing."""
    files: dict[Path, Path] = {}
    missing: list[str] = []
    for name in names:
        found = _matching(name) if name else []
        for path in found:
            files.setdefault(path.resolve(), path)
        if not found:
            missing.append(name)
    return list(files.values()), missing


def _matching(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and _is_document(file, path))
    if path.is_file():
        return [path]
    matches = sorted(Path(match) for match in glob.glob(name, recursive=True))  # noqa: PTH207 (pathlib's glob takes no absolute pattern)
    return [match for match in matches if match.is_file()]


def _is_document(file: Path, folder: Path) -> bool:
    """Whether a file found in a folder is meant: not hidden, and by its content or its name a document.

    A file named by the user is always tried, so that its error is seen.
    """
    if any(part.startswith(".") for part in file.relative_to(folder).parts):
        return False
    if file.suffix.lower() in ENDINGS:
        return True
    try:
        with file.open("rb") as stream:
            return sniff(stream.read(HEAD)) is not None
    except OSError:
        return True
