from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from worker.errors import CorruptFile, DocumentTooDense, EmptyDocument, UnsupportedType
from worker.reading.pages.base import Page, PageLimits
from worker.reading.pages.factory import open_document
from worker.reading.pages.sandbox import Sandbox
from worker.reading.text.layer_lines import lines_of

_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def paragraph(text: str) -> str:
    return f'<w:p xmlns:w="{_WORD}"><w:r><w:t>{text}</w:t></w:r></w:p>'


def row(*texts: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{paragraph(text)}</w:tc>' for text in texts)}</w:tr>"


def word(path: Path, body: str, **parts: str) -> Path:
    types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr(
            "word/document.xml", f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
        )
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f'<w:hdr xmlns:w="{_WORD}">{content}</w:hdr>')
    return path


def lines(path: Path, limits: PageLimits) -> list[str]:
    document = open_document(path, pdf_backend="auto", limits=limits)
    pages = [document.page(index, limits) for index in range(document.page_count)]
    document.close()
    return [line.text for page in pages for line in lines_of(page.words, aspect=page.width / page.height)]


def rows(path: Path, limits: PageLimits) -> list[str]:
    """The lines of the first page, those at one height joined."""
    document = open_document(path, pdf_backend="auto", limits=limits)
    page = document.page(0, limits)
    document.close()
    found: dict[int, list[str]] = {}
    for line in lines_of(page.words, aspect=page.width / page.height):
        found.setdefault(round(line.box.y1 * 200), []).append(line.text)
    return [" | ".join(texts) for _, texts in sorted(found.items())]


def test_a_word_document_has_its_header_its_paragraphs_and_its_tables_in_rows(
    tmp_path: Path, limits: PageLimits
) -> None:
    table = f"<w:tbl>{row('Item', 'Amount')}{row('Oak table', '420.00')}</w:tbl>"
    path = word(tmp_path / "a.docx", paragraph("Invoice 17") + table, header1=paragraph("Nordlicht Ltd"))
    assert rows(path, limits) == ["Nordlicht Ltd", "Invoice 17", "Item | Amount", "Oak table | 420.00"]


def test_leftward_tables_keep_numbers_apart_and_brackets_as_they_are_read(
    tmp_path: Path, limits: PageLimits
) -> None:
    table = f"<w:tbl>{row('סעיף', '2024')}{row('לקוחות', '3420')}</w:tbl>"
    path = word(tmp_path / "a.docx", paragraph("(אלפי שקלים)") + table)
    found = lines(path, limits)
    assert "(אלפי שקלים)" in found
    assert {"לקוחות", "3420", "סעיף", "2024"} <= set(found)


def test_a_workbook_shows_its_visible_sheets_with_numbers_as_they_are_set(
    tmp_path: Path, limits: PageLimits
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Item", "Price", "VAT", "Day"])
    sheet.append(["Oak table", 420, 0.19, date(2026, 3, 1)])
    sheet["B2"].number_format, sheet["C2"].number_format = '"€"#,##0.00', "0%"
    hidden = book.create_sheet("Notes")
    hidden.append(["secret"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    found = rows(tmp_path / "a.xlsx", limits)
    assert found[-1] == "Oak table | €420.00 | 19% | 2026-03-01"
    assert not any("secret" in line for line in found)


def test_an_xml_file_shows_names_and_values_and_like_elements_as_a_table(
    tmp_path: Path, limits: PageLimits
) -> None:
    path = tmp_path / "a.xml"
    path.write_text(
        '<?xml version="1.0"?><order><orderRef>ORD-7</orderRef><lines>'
        "<line><sku>A-1</sku><qty>4</qty></line><line><sku>B-2</sku><qty>3</qty></line></lines></order>"
    )
    assert rows(path, limits)[1:] == ["order Ref: ORD-7", "lines", "sku | qty", "A-1 | 4", "B-2 | 3"]


def test_html_is_read_without_running_or_fetching_anything(tmp_path: Path, limits: PageLimits) -> None:
    path = tmp_path / "a.html"
    path.write_text(
        '<!DOCTYPE html><html><body><script>document.write("no")</script><p>Total 12.50</p>'
        '<img src="http://127.0.0.1:9/x.png"><img src="/etc/hostname"></body></html>'
    )
    assert lines(path, limits) == ["Total 12.50"]


def test_the_confined_child_reads_them_too(tmp_path: Path, sandbox: Sandbox) -> None:
    pages = list(sandbox.open(word(tmp_path / "a.docx", paragraph("Invoice 17"))))
    assert [word.text for page in pages if isinstance(page, Page) for word in page.words] == ["Invoice", "17"]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', CorruptFile),
        ("a.xml", b'<?xml version="1.0"?><a><b></a>', CorruptFile),
        ("a.xml", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', UnsupportedType),
        ("a.html", b"<html><body></body></html>", EmptyDocument),
        ("a.docx", b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(99), CorruptFile),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_kind(
    tmp_path: Path, limits: PageLimits, name: str, content: bytes, error: type[Exception]
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        open_document(tmp_path / name, pdf_backend="auto", limits=limits)


def test_slides_are_no_document(tmp_path: Path, limits: PageLimits) -> None:
    with zipfile.ZipFile(tmp_path / "a.pptx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("ppt/presentation.xml", "<p/>")
    with pytest.raises(UnsupportedType):
        open_document(tmp_path / "a.pptx", pdf_backend="auto", limits=limits)


def test_a_workbook_of_too_many_cells_ends_by_its_limit(tmp_path: Path, limits: PageLimits) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(6):
        sheet.append([1] * 2000)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(DocumentTooDense):
        open_document(tmp_path / "a.xlsx", pdf_backend="auto", limits=_of_words(limits, 100))


def _of_words(limits: PageLimits, words: int) -> PageLimits:
    return PageLimits(**{**limits.as_json(), "max_words": words})
