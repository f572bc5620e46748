from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.main import main


def test_a_key_is_never_made_in_a_ledger_nobody_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["keys", "new", "scanner"]) == 2
    assert "PAGEMILL_DATA_DIR" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_it_says_which_ledger_and_by_which_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PAGEMILL_DATA_DIR=of_somebody\nPAGEMILL_ENGINE=fake\n")
    assert main(["keys", "new", "scanner"]) == 0
    told = capsys.readouterr().err
    assert "of_somebody/ledger.sqlite" in told
    assert str(tmp_path / ".env") in told
