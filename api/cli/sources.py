"""Which files a user means: names, folders, globs."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path


def expand(names: Iterable[str]) -> tuple[list[Path], list[str]]:
    """The files, each once and in order, and the names that match nothing."""
    files: dict[Path, None] = {}
    missing: list[str] = []
    for name in names:
        found = list(_matching(name))
        files.update(dict.fromkeys(found))
        if not found:
            missing.append(name)
    return list(files), missing


def _matching(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and not _is_hidden(file, path))
    if path.is_file():
        return [path]
    matches = sorted(Path(match) for match in glob.glob(name, recursive=True))  # noqa: PTH207 (pathlib's glob takes no absolute pattern)
    return [match for match in matches if match.is_file()]


def _is_hidden(file: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in file.relative_to(folder).parts)
