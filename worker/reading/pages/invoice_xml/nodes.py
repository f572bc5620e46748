"""Looking around in XML without regard for namespaces, which differ from version to version."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

_LONGEST = 2000  # characters of a value
_LARGEST = Decimal(10) ** 15
_COMPACT = re.compile(r"\d{8}")


def name_of(node: Element) -> str:
    """The name of an element without its namespace."""
    return str(node.tag).rpartition("}")[2]


def children(node: Element | None, *names: str) -> Iterator[Element]:
    """The elements right below that have one of the names."""
    for child in node if node is not None else ():
        if name_of(child) in names:
            yield child


def find(node: Element | None, *path: str) -> Element | None:
    """The first element at a path; each step is a name, or several of them parted by `|`."""
    for step in path:
        node = next(children(node, *step.split("|")), None)
    return node


def text(node: Element | None, *path: str) -> str | None:
    """What an element at a path says, white space made single blanks; None for nothing."""
    found = find(node, *path)
    said = " ".join((found.text or "").split())[:_LONGEST] if found is not None else ""
    return said or None


def number(node: Element | None, *path: str) -> float | None:
    """The number at a path; None for none, or one that no invoice has."""
    try:
        found = Decimal(text(node, *path) or "")
    except InvalidOperation:
        return None
    return float(found) if found.is_finite() and abs(found) < _LARGEST else None


def day(node: Element | None, *path: str) -> str | None:
    """The date at a path in ISO form: written as 20240305 (format 102) or 2024-03-05."""
    said = text(node, *path) or ""
    if _COMPACT.fullmatch(said):
        said = f"{said[:4]}-{said[4:6]}-{said[6:]}"
    try:
        return dt.date.fromisoformat(said[:10]).isoformat()
    except ValueError:
        return None


def joined(*parts: str | None) -> str | None:
    """The parts that there are, as the lines of an address are joined."""
    return ", ".join(part for part in parts if part) or None


def words(*parts: str | None) -> str | None:
    """The parts that there are, side by side."""
    return " ".join(part for part in parts if part) or None
