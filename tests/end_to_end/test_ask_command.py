"""`pagemill ask` of a real file: the answer on stdout, how sure it is and where it stands on stderr."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.cli.main import main

INVOICE = Path("bench/samples/invoice_0_text.pdf")


def test_what_is_found_is_told_with_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(INVOICE), "What is the invoice number?", "--engine", "embedded"]) == 0
    told = capsys.readouterr()
    number = told.out.strip()
    assert number
    assert re.search(rf"^/answer: \d+% sure, page 1 “{re.escape(number)}”$", told.err, re.MULTILINE)


def test_what_is_not_found_is_told_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", str(INVOICE), "Why is the sky blue?", "--engine", "embedded"]) == 0
    told = capsys.readouterr()
    assert told.out == "\n"
    assert "a vision-language model can be asked" in told.err
    assert "sure" not in told.err
