from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.export import spreadsheet

RUNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "\n=1",
        " =1",
        "\uff1d1",
        "x;=HYPERLINK(1)",
        "x\t=1",
        "x\n@SUM(A1)",
        "\t=1",
        "\r=1",
        '"=1',
        "x; \uff0b1",
    ],
)
def test_no_program_takes_a_cell_for_a_formula(cell: str) -> None:
    written = spreadsheet._line([spreadsheet._harmless(cell), "plain"]).decode()
    for separator in ",;\t":
        for row in csv.reader(io.StringIO(written, newline=""), delimiter=separator):
            assert not any(found.strip(" \t\r\n\"'").startswith(RUNS) and "'" not in found for found in row)
    assert next(csv.reader(io.StringIO(written, newline="")))[1] == "plain"


@pytest.mark.parametrize("cell", ["plain", "12 Main Street", "a=b", "x; y", "a - b", -5.5, None, True])
def test_what_is_harmless_stays_as_it_is(cell: object) -> None:
    assert spreadsheet._harmless(cell) == cell


@settings(deadline=None)
@given(st.text(alphabet=[*RUNS, ";", "\t", "\n", " ", '"', "x", ","]))
def test_whatever_stands_in_a_cell(cell: str) -> None:
    assert not spreadsheet._harmless(cell).lstrip().startswith(RUNS)
