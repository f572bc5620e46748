"""Models pulled from a hub, and what of their files is checked."""

from __future__ import annotations

import hashlib
import json
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
from worker.reading.models import files
from worker.reading.models.hub import Fetched, download
from worker.reading.models.registry import Profile, profile

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = {
    "config.json": b'{"model_type": "tiny"}',
    "model.safetensors": bytes(range(256)) * 40,
    "sub/tokenizer.json": b"{}",
    "LICENSE": b"as you like",
    "modeling_tiny.py": b"raise SystemExit('code of the repository was fetched')",
    "pytorch_model.bin": b"pickle",
}


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
