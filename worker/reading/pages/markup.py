"""Files without pages of their own as HTML: Word, Excel, XML. Runs in the child process of `sandbox`."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any, cast
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from worker.errors import DocumentTooDense, UnsupportedType
from worker.reading.pages.base import PageLimits

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADER = re.compile(r"word/(header|footer)\d*\.xml")
_MIDNIGHT = time()


def of_office(path: Path, limits: PageLimits) -> str:
    """A Word document or an Excel workbook; raises UnsupportedType for other ones, such as slides."""
    with zipfile.ZipFile(path) as archive:
        names = frozenset(archive.namelist())
    if "word/document.xml" in names:
        return _of_word(path)
    if "xl/workbook.xml" in names:
        return _of_excel(path, limits)
    raise UnsupportedType(found="a ZIP archive or another Office document")


def of_xml(path: Path, limits: PageLimits) -> str:
    """An XML file as its elements' names and what they say: lists of like elements as tables.

    Raises UnsupportedType for drawings, DocumentTooDense, and ParseError or DefusedXmlException.
    """
    root = cast("Element", ElementTree.parse(path, forbid_dtd=True).getroot())
    if _name(root) == "svg":
        raise UnsupportedType(found="SVG")
    if sum(1 for _ in root.iter()) > limits.max_words_in_all:
        raise DocumentTooDense(limit=limits.max_words_in_all)
    return "".join(_element(root))


def _of_word(path: Path) -> str:
    """The body of a Word document, between what its headers and footers say."""
    import mammoth

    with path.open("rb") as file:
        body = mammoth.convert_to_html(file, external_file_access=False).value
    with zipfile.ZipFile(path) as archive:
        margins = {
            found[1]: _paragraphs(archive.read(name))
            for name in sorted(archive.namelist())
            if (found := _HEADER.fullmatch(name))
        }
    return f"{margins.get('header', '')}{body}{margins.get('footer', '')}"


def _paragraphs(part: bytes) -> str:
    root: Element = ElementTree.fromstring(part, forbid_dtd=True)
    texts = ("".join(_run(node) for node in paragraph.iter()) for paragraph in root.iter(f"{_WORD}p"))
    return "".join(f"<p>{escape(text)}</p>" for text in texts if text.strip())


def _run(node: Element) -> str:
    if node.tag == f"{_WORD}t":
        return node.text or ""
    return " " if node.tag in {f"{_WORD}tab", f"{_WORD}br"} else ""


def _of_excel(path: Path, limits: PageLimits) -> str:
    """The visible sheets of a workbook, with the values that its formulas had when it was saved."""
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    left = limits.max_words_in_all
    parts = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        rows = []
        for row in sheet.iter_rows():
            left -= max(1, len(row))
            if left < 0:
                raise DocumentTooDense(limit=limits.max_words_in_all)
            rows.append([_cell_text(cell) for cell in row])
        parts.append(f"<h3>{escape(sheet.title)}</h3>{table(_trimmed(rows))}")
    book.close()
    return "".join(parts)


def _trimmed(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """The rows and columns in which anything stands."""
    used = sorted({at for row in rows for at, text in enumerate(row) if text})
    return [[row[at] if at < len(row) else "" for at in used] for row in rows if any(row)]


def _cell_text(cell: Any) -> str:
    """What a spreadsheet shows in a cell, nearly: numbers with their places, per cents, currencies."""
    value = cell.value
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == _MIDNIGHT else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return _number_text(value, str(cell.number_format or ""))


def _number_text(value: float, layout: str) -> str:
    """A number as the format of its cell shows it: `0.00`, `0%`, `#,##0.00 "€"`."""
    shown = layout.partition(";")[0]
    decimals = re.search(r"0\.(0+)", shown)
    percent = "%" in shown
    number = value * 100 if percent else value
    if decimals or "0" in shown:
        text = f"{number:.{len(decimals[1]) if decimals else 0}f}"
    else:
        text = f"{number:.10g}" if abs(number) < 1e10 else f"{number:.0f}"
    sign = re.search(r"[$€£¥₹₩₽₺]", shown)
    return f"{sign[0] if sign else ''}{text}{'%' if percent else ''}"


def _element(node: Element) -> Iterator[str]:
    """An element as HTML: its attributes and simple children first as they come, like ones as a table."""
    children = list(node)
    for name, value in node.attrib.items():
        yield _line(name.rpartition("}")[2], value)
    if not children:
        yield _line(_name(node), (node.text or "").strip())
        return
    yield f"<h4>{escape(_spoken(_name(node)))}</h4>"
    for _, group in groupby(children, key=_name):
        alike = list(group)
        if len(alike) > 1 and all(_is_record(one) for one in alike):
            yield _records(alike)
        else:
            for child in alike:
                yield from (
                    _element(child) if len(child) else [_line(_name(child), (child.text or "").strip())]
                )


def _is_record(node: Element) -> bool:
    """Whether an element is a row of a table: nothing but simple children, each name once."""
    names = [_name(child) for child in node]
    return bool(names) and len(set(names)) == len(names) and not any(len(child) for child in node)


def _records(nodes: Iterable[Element]) -> str:
    rows = [{_name(child): (child.text or "").strip() for child in node} for node in nodes]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return table(
        [[_spoken(name) for name in names], *([row.get(name, "") for name in names] for row in rows)]
    )


def _line(name: str, text: str) -> str:
    return f"<p>{escape(_spoken(name))}: {escape(text)}</p>" if text else ""


def _name(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _spoken(name: str) -> str:
    """The name of an element in words: `unitPrice`, `unit_price` and `unit-price` are `unit price`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.]+", " ", name)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of texts as an HTML table."""
    lines = ("".join(f"<td>{escape(text)}</td>" for text in row) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
