"""What is known of models, the memory computed from it, and the files pulled."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from worker.errors import ModelChanged, ModelUnavailable
from worker.reading.models import files, memory
from worker.reading.models.hub import Fetched, download
from worker.reading.models.registry import Profile, profile, profiles

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = {
    "config.json": b'{"model_type": "tiny"}',
    "model.safetensors": bytes(range(256)) * 40,
    "sub/tokenizer.json": b"{}",
    "LICENSE": b"as you like",
    "modeling_tiny.py": b"raise SystemExit('code of the repository was fetched')",
    "pytorch_model.bin": b"pickle",
}
NAMES = sorted(profiles())


# Facts


@pytest.mark.parametrize("name", NAMES)
def test_every_profile_has_an_id_a_licence_and_sources(name: str) -> None:
    found = profile(name)
    assert found.name == name
    assert re.fullmatch(r"[\w-]+/[\w.-]+", found.id)
    assert found.licence.name
    assert found.source
    assert found.image.source
    assert found.languages
    assert found.context >= found.image.tokens + memory.PROMPT_TOKENS
    assert bool(found.scores) == bool(found.scores_source)
    assert bool(found.published_memory) == bool(found.published_source)
    assert found.architecture is None or found.architecture.source


@pytest.mark.parametrize("name", NAMES)
def test_a_revision_is_a_commit_that_somebody_else_names(name: str) -> None:
    found = profile(name)
    assert bool(found.revision) == bool(found.revision_source)
    assert found.revision is None or re.fullmatch(r"[0-9a-f]{40}", found.revision)


def test_the_models_that_were_promised_are_there() -> None:
    families = (
        "sail-vl2",
        "cogvlm2",
        "qwen3-vl",
        "qwen3.5",
        "glm-ocr",
        "internvl3.5",
        "nuextract3",
        "paddleocr-vl",
    )
    assert all(any(name.startswith(family) for name in NAMES) for family in families)


def test_the_duty_to_register_is_told_for_every_cogvlm2_and_for_nothing_else() -> None:
    told = {name for name in NAMES if "registration" in profile(name).licence.notice}
    assert told == {name for name in NAMES if "cogvlm2" in name}


def test_an_unknown_name_is_answered_with_those_there_are() -> None:
    with pytest.raises(ModelUnavailable, match="sail-vl2-2b"):
        profile("sail-vl3")


# Memory


def total(name: str) -> int:
    architecture = profile(name).architecture
    assert architecture is not None
    return memory.parameters(architecture).total


PUBLISHED = {
    "cogvlm2": 39_006_214_656 / 2,  # bytes of the eight shards
    "internvl3.5-8b": 8_528_318_464,
    "qwen3.5-9b": 9.41e9,
    "glm-ocr": 1.11e9,
}


@pytest.mark.parametrize(("name", "count"), PUBLISHED.items())
def test_parameters_come_to_the_published_count(name: str, count: float) -> None:
    assert total(name) == pytest.approx(count, rel=0.005)


def test_weights_come_to_the_published_sizes() -> None:
    assert memory.weights(profile("cogvlm2"), "none") == pytest.approx(39_006_214_656, rel=0.001)
    assert memory.weights(profile("cogvlm2-int4"), "nf4") == pytest.approx(11.67 * 2**30, rel=0.01)
    assert memory.weights(profile("sail-vl2-2b"), "none") == pytest.approx(5e9, rel=0.1)
    assert memory.weights(profile("internvl3.5-8b"), "none") == pytest.approx(16.6 * 2**30, rel=0.05)


def test_memory_of_a_page_comes_near_what_cogvlm2s_makers_say() -> None:
    assert memory.needed(profile("cogvlm2"), "none", 1) == pytest.approx(42e9, rel=0.05)
    assert memory.needed(profile("cogvlm2-int4"), "nf4", 1) == pytest.approx(16e9, rel=0.1)


def test_the_cache_of_a_token() -> None:
    expected = {"sail-vl2-2b": 112, "sail-vl2-8b": 144, "cogvlm2": 128, "qwen3.5-4b": 32}
    for name, kib in expected.items():
        architecture = profile(name).architecture
        assert architecture is not None
        assert memory.cache_per_token(architecture.text) == kib * 1024


@pytest.mark.parametrize("name", NAMES)
def test_memory_grows_with_pages_and_shrinks_with_quantisation(name: str) -> None:
    found = profile(name)
    weights = [size for q in found.quantisations if (size := memory.weights(found, q)) is not None]
    assert weights == sorted(weights, reverse=True)
    for quantisation in found.quantisations:
        one, eight = (memory.needed(found, quantisation, pages) for pages in (1, 8))
        held = memory.weights(found, quantisation)
        assert held is not None and one is not None and eight is not None  # noqa: PT018 (for the type checker)
        assert held < one < eight < held + 8 * (one - held)


def test_what_is_not_known_is_not_guessed() -> None:
    unknown = replace(profile("cogvlm2"), architecture=None)
    assert memory.weights(unknown, "none") is None
    assert memory.needed(unknown, "none", 8) is None
    assert memory.weights(profile("cogvlm2-int4"), "none") is None


# Files


class _Hub(BaseHTTPRequestHandler):
    """Enough of the hub's protocol for one small model."""

    content: ClassVar[dict[str, bytes]] = {}
    sha: ClassVar[str] = COMMIT
    broken: ClassVar[str] = ""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class names it)
        """Nothing to stderr."""

    def _answer(self, *, body: bool) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/api/models/"):
            listed = [self._entry(name) for name in self.content]
            tree = "/tree/" in path
            payload: Any = listed if tree else {"id": "a/tiny", "sha": self.sha, "siblings": listed}
            self._send(json.dumps(payload).encode(), body=body)
        elif self.broken and path.endswith(self.broken):
            self.send_error(403)  # is not tried again
        else:
            self._send(self.content[path.split("/", 5)[5]], body=body)

    def _entry(self, name: str) -> dict[str, Any]:
        data = self.content[name]
        entry: dict[str, Any] = {
            "type": "file",
            "rfilename": name,
            "path": name,
            "size": len(data),
            "oid": "0" * 40,
            "blobId": "0" * 40,
        }
        if name.endswith((".safetensors", ".bin")):
            large = {
                "size": len(data),
                "sha256": hashlib.sha256(CONTENT[name]).hexdigest(),
                "oid": "0" * 64,
                "pointerSize": 100,
            }
            entry["lfs"] = large
        return entry

    def _send(self, data: bytes, *, body: bool) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", self.sha)
        self.end_headers()
        if body:
            self.wfile.write(data)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[type[_Hub], Callable[[Profile, Path], Fetched]]]:
    pytest.importorskip("huggingface_hub")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    handler = type("Handler", (_Hub,), {"content": dict(CONTENT)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield handler, partial(download, endpoint=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join()


def tiny(**changes: Any) -> Profile:
    return replace(profile("glm-ocr"), id="a/tiny", revision=None, **changes)


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


def test_files_of_another_commit_do_not_stay(tmp_path: Path, hub: Any) -> None:
    folder = files.pull(tiny(), tmp_path, fetch=hub[1])
    hub[0].content["model-2.safetensors"] = hub[0].content.pop("model.safetensors")
    hub[0].sha = "f" * 40
    CONTENT["model-2.safetensors"] = CONTENT["model.safetensors"]
    try:
        files.pull(tiny(), tmp_path, fetch=hub[1])
    finally:
        del CONTENT["model-2.safetensors"]
    assert [path.name for path in folder.glob("*.safetensors")] == ["model-2.safetensors"]
    assert files.verify(folder).revision == "f" * 40


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
