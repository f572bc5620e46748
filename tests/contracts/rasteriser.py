"""What every PDF backend must do: one suite, run over each of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.page import Painted
from tests.build import pdf
from worker.errors import CorruptFile, PasswordRequired
from worker.reading.pages.base import OpenDocument, PageLimits
from worker.reading.pages.factory import open_document


class PdfBackend:
    """Subclasses say which backend."""

    backend: str

    def open(self, path: Path, limits: PageLimits) -> OpenDocument:
        return open_document(path, pdf_backend=self.backend, limits=limits)

    def test_pages_are_drawn_at_the_resolution_asked_for(self, tmp_path: Path, limits: PageLimits) -> None:
        document = self.open(pdf(tmp_path / "a.pdf", ["one", "two"]), limits)
        page = document.page(1, limits)
        assert document.page_count == 2
        assert page.number == 2
        assert (page.width, page.height) == pytest.approx((300 * 200 / 72, 400 * 200 / 72), abs=2)
        assert page.picture.min() < 60 < 200 < page.picture.max()

    @pytest.mark.parametrize("rotation", [0, 90, 180, 270])
    def test_words_stand_on_their_ink_however_the_page_is_turned(
        self, tmp_path: Path, limits: PageLimits, rotation: int
    ) -> None:
        page = self.open(pdf(tmp_path / "a.pdf", ["Invoice total"], rotation=rotation), limits).page(
            0, limits
        )
        assert [word.text for word in page.words] == ["Invoice", "total"]
        for word in page.words:
            box = word.box
            ink = page.picture[
                int(box.y0 * page.height) : int(box.y1 * page.height) + 1,
                int(box.x0 * page.width) : int(box.x1 * page.width) + 1,
            ]
            assert ink.min() < 128

    def test_invisible_words_are_told_from_printed_ones(self, tmp_path: Path, limits: PageLimits) -> None:
        import pymupdf

        page = pymupdf.open().new_page(width=300, height=400)
        page.insert_text((40, 80), "printed", fontsize=14)
        page.insert_text((40, 180), "hidden", fontsize=14, render_mode=3)
        page.parent.save(tmp_path / "a.pdf")
        words = self.open(tmp_path / "a.pdf", limits).page(0, limits).words
        painted = {word.text: word.painted for word in words}
        assert painted == {"printed": Painted.YES, "hidden": Painted.INVISIBLE}

    def test_a_huge_page_is_drawn_smaller(self, tmp_path: Path, limits: PageLimits) -> None:
        import pymupdf

        document = pymupdf.open()
        document.new_page(width=14400, height=14400)
        document.save(tmp_path / "huge.pdf")
        page = self.open(tmp_path / "huge.pdf", limits).page(0, limits)
        assert page.width * page.height <= limits.max_pixels * 1.01

    def test_a_password_is_asked_for_by_name(self, tmp_path: Path, limits: PageLimits) -> None:
        with pytest.raises(PasswordRequired):
            self.open(pdf(tmp_path / "a.pdf", ["secret"], password="key"), limits)

    def test_rubbish_with_a_header_is_corrupt(self, tmp_path: Path, limits: PageLimits) -> None:
        path = tmp_path / "a.pdf"
        path.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 8)
        with pytest.raises(CorruptFile):
            self.open(path, limits).page(0, limits)
