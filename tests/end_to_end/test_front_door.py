"""`import pagemill`, as people use it in Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

import pagemill
from schemas import registry

_HEAVY = "{'numpy', 'PIL', 'torch', 'transformers', 'pymupdf', 'rapidocr', 'sqlalchemy', 'celery'}"


class Slip(BaseModel):
    total: float | None = None


@pytest.fixture(scope="module")
def receipt(samples: Path) -> Path:
    return samples / "receipt_0_clean.jpg"


def test_a_document_is_read_with_one_call(receipt: Path) -> None:
    record = pagemill.read(receipt, kind="receipt")
    assert record.data is not None
    assert isinstance(record.data["total"], float)
    assert record.fields["/total"].citations[0].page == 1


def test_a_document_is_read_as_the_kind_it_is_told_to_be(receipt: Path) -> None:
    record = pagemill.read(receipt, kind="auto", engine="embedded")
    assert record.kind == "receipt"
    assert record.provenance.kind_told
    assert record.provenance.schema_sha256 == registry.kind("receipt").sha256
    assert record.data
    assert record.data["total"] is not None


def test_a_question_is_answered_with_its_place_or_not_at_all(receipt: Path) -> None:
    with pagemill.Reader() as reader:
        total = reader.read(receipt, kind="receipt").data
        answer = reader.ask(receipt, "What is the total?")
        nothing = reader.ask(receipt, "What is the passport number?")
    assert total is not None
    assert answer.data is not None
    assert answer.data["answer"].endswith(f"{total['total']:.2f}")
    assert answer.fields["/answer"].citations[0].page == 1
    assert nothing.data == {"answer": None, "quotes": []}
    assert nothing.state == "review"
    assert "unanswered" in {issue.code for issue in nothing.issues}


def test_a_reader_reads_many_by_a_class_and_by_a_schema(receipt: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 no more")
    schema = {"type": "object", "properties": {"total": {"type": "number"}}}
    with pagemill.Reader() as reader:
        [first, second] = reader.read_all([receipt, broken], schema=Slip)
        again = reader.read(receipt, schema=schema)
        with pytest.raises(pagemill.errors.CorruptFile):
            reader.read(broken, schema=schema)
        with pytest.raises(pagemill.errors.CorruptFile):
            reader.read(tmp_path / "nowhere.pdf", kind="receipt")
    assert second.state == "failed"
    assert second.issues[0].code == "corrupt_file"
    assert first.data == again.data
    assert first.data is not None
    assert first.data["total"] is not None


@pytest.mark.parametrize(
    "wrong", [{}, {"kind": "receipt", "schema": Slip}, {"kind": "nonsense"}, {"schema": {"type": 7}}]
)
def test_what_is_asked_for_wrongly_is_said(receipt: Path, wrong: dict[str, object]) -> None:
    with pagemill.Reader(engine="fake") as reader, pytest.raises(pagemill.errors.SchemaInvalid):
        reader.read(receipt, **wrong)  # type: ignore[arg-type]


def test_all_that_is_promised_is_there() -> None:
    assert all(hasattr(pagemill, name) for name in pagemill.__all__)
    with pytest.raises(AttributeError, match="'pagemill' has no attribute 'nonsense'"):
        _ = pagemill.nonsense


def test_importing_it_and_its_client_loads_nothing_heavy() -> None:
    code = f"import sys, pagemill; pagemill.Client; sys.exit(' '.join({_HEAVY} & set(sys.modules)) or 0)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_module_is_the_command_line() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "pagemill", "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert told.stdout.strip() == f"pagemill {pagemill.__version__}"
