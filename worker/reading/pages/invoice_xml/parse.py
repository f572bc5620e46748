"""The invoice among a document's attachments.

The XML comes from strangers: document types, entities and external references are refused (defusedxml),
and so is what is larger than an invoice of ten thousand lines. A file that cannot be followed is as
good as none: the page says what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from worker.reading.pages.invoice_xml import cii, ubl

MOST_BYTES = 16 * 2**20
"""Size of the largest attachment that is looked at."""

_MOST_LINES = 10_000
_DEEPEST = 60
_KNOWN = ("factur-x", "zugferd", "xrechnung")


def invoice_of(attachments: Iterable[tuple[str, bytes]]) -> Mapping[str, Any] | None:
    """The first attachment that is an invoice, in the shape of the kind `invoice`; None without one."""
    named = [(name.lower(), data) for name, data in attachments if name.lower().endswith(".xml")]
    for _, data in sorted(named, key=lambda one: not one[0].startswith(_KNOWN)):
        root = _parsed(data) if len(data) <= MOST_BYTES else None
        if root is not None and cii.is_invoice(root):
            return cii.invoice(root, most_lines=_MOST_LINES)
        if root is not None and ubl.is_invoice(root):
            return ubl.invoice(root, most_lines=_MOST_LINES)
    return None


def _parsed(data: bytes) -> Element | None:
    try:
        root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return None
    return root if _depth(root) <= _DEEPEST else None


def _depth(root: Element) -> int:
    """How deep elements lie in each other, counted level by level."""
    level, depth = [root], 0
    while level and depth <= _DEEPEST:
        level = [child for node in level for child in node]
        depth += 1
    return depth
