"""Models pulled from a hub, and what of their files is checked."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.unit.worker.reading.models.test_registry import COMMIT, CONTENT, tiny
from worker.errors import ModelChanged, ModelUnavailable
from worker.reading.models import files
from worker.reading.models.hub import Fetched, download
from worker.reading.models.registry import Profile


def copied(_profile: Profile, folder: Path) -> Fetched:
    for name in ("config.json", "model.safetensors"):
        (folder / name).write_bytes(CONTENT[name])
    return Fetched(COMMIT, {})


@pytest.fixture
def pulled(tmp_path: Path) -> Path:
    return files.pull(tiny(), tmp_path, fetch=copied)


def test_a_pull_over_http_takes_weights_and_words_but_no_code(tmp_path: Path, hub: Any) -> None:
    folder = files.pull(tiny(), tmp_path, fetch=hub[1])
    manifest = json.loads((folder / files.MANIFEST).read_text())
    assert (manifest["model"], manifest["id"], manifest["revision"]) == ("glm-ocr", "a/tiny", COMMIT)
    assert set(manifest["files"]) == {"config.json", "model.safetensors", "sub/tokenizer.json", "LICENSE"}
    weights = manifest["files"]["model.safetensors"]
    assert weights == {"sha256": hashlib.sha256(CONTENT["model.safetensors"]).hexdigest(), "size": 10240}
    assert not list(folder.rglob("*.py"))
    assert files.load_folder("glm-ocr", tmp_path) == folder


def test_the_revision_of_a_pulled_model_is_told_without_loading_it(tmp_path: Path, pulled: Path) -> None:
    assert files.pulled_revision(pulled.name, pulled.parent) == COMMIT
    assert files.pulled_revision("sail-vl2-2b", pulled.parent) == ""
    assert files.pulled_revision(str(tmp_path), pulled.parent) == ""


def test_pickled_weights_come_only_with_models_that_have_no_others(tmp_path: Path, hub: Any) -> None:
    folder = files.pull(tiny(stored="nf4"), tmp_path, fetch=hub[1])
    assert (folder / "pytorch_model.bin").is_file()


def test_a_commit_that_was_not_asked_for_is_refused(tmp_path: Path, hub: Any) -> None:
    with pytest.raises(ModelUnavailable, match="answers with commit"):
        files.pull(replace(tiny(), revision="f" * 40), tmp_path, fetch=hub[1])


def test_weights_that_are_not_those_the_hub_names_are_refused(tmp_path: Path, hub: Any) -> None:
    hub[0].content["model.safetensors"] = bytes(10240)
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors is not what the hub has"):
        files.pull(tiny(), tmp_path, fetch=hub[1])
    assert not (tmp_path / "glm-ocr" / files.MANIFEST).exists()


def test_an_interrupted_pull_leaves_no_manifest_and_the_next_one_ends_it(tmp_path: Path, hub: Any) -> None:
    folder = files.pull(tiny(), tmp_path, fetch=hub[1])
    shutil.rmtree(folder / ".cache")
    (folder / "model.safetensors").unlink()
    hub[0].broken = "model.safetensors"
    with pytest.raises(ModelUnavailable, match="cannot be fetched"):
        files.pull(tiny(), tmp_path, fetch=hub[1])
    assert not (folder / files.MANIFEST).exists()
    with pytest.raises(ModelUnavailable, match="run: pagemill pull glm-ocr"):
        files.load_folder("glm-ocr", tmp_path)
    hub[0].broken = ""
    assert files.verify(files.pull(tiny(), tmp_path, fetch=hub[1])).revision == COMMIT


def test_a_pull_that_is_stopped_leaves_no_manifest(pulled: Path) -> None:
    def stopped(_profile: Profile, folder: Path) -> Fetched:
        (folder / "model.safetensors").write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.pull(tiny(), pulled.parent, fetch=stopped)
    assert not (pulled / files.MANIFEST).exists()


def test_a_hub_that_does_not_answer_is_said_in_words(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    with pytest.raises(ModelUnavailable, match="a/tiny cannot be fetched"):
        files.pull(tiny(), tmp_path, fetch=partial(download, endpoint="http://127.0.0.1:1"))


def test_a_model_without_weights_is_refused(tmp_path: Path) -> None:
    def empty(_profile: Profile, folder: Path) -> Fetched:
        (folder / "config.json").write_text("{}")
        return Fetched(COMMIT, {})

    with pytest.raises(ModelUnavailable, match="no weights that are allowed"):
        files.pull(tiny(), tmp_path, fetch=empty)


def test_one_changed_byte_is_found(pulled: Path) -> None:
    files.verify(pulled)
    weights = pulled / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[5000] ^= 1
    weights.write_bytes(content)
    files.verify(pulled, deep=False)  # the size is the same
    with pytest.raises(ModelChanged, match=r"model\.safetensors .* run: pagemill pull glm-ocr"):
        files.verify(pulled)
    with pytest.raises(ModelChanged):
        files.load_folder("glm-ocr", pulled.parent)
    with pytest.raises(ModelChanged):
        files.load_folder(str(pulled), pulled)


@pytest.mark.parametrize("deep", [True, False])
def test_missing_longer_and_added_files_are_found(pulled: Path, *, deep: bool) -> None:
    (pulled / "adapter.safetensors").write_bytes(b"more")
    with pytest.raises(ModelChanged, match="adapter"):
        files.verify(pulled, deep=deep)
    (pulled / "adapter.safetensors").unlink()
    (pulled / "config.json").write_bytes(b"{}  ")
    with pytest.raises(ModelChanged, match="config"):
        files.verify(pulled, deep=deep)
    (pulled / "config.json").unlink()
    with pytest.raises(ModelChanged, match="config"):
        files.verify(pulled, deep=deep)


def test_a_manifest_that_cannot_be_read_is_a_change(pulled: Path) -> None:
    (pulled / files.MANIFEST).write_text('{"model": 1}')
    with pytest.raises(ModelChanged, match="manifest"):
        files.verify(pulled)


def test_a_folder_by_its_path_needs_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no folder with a config"):
        files.load_folder(str(tmp_path), tmp_path)
    (tmp_path / "config.json").write_text("{}")
    assert files.load_folder(str(tmp_path), Path("elsewhere")) == tmp_path


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelUnavailable, match="cannot be written"):
        files.pull(tiny(), tmp_path / "models", fetch=copied)
