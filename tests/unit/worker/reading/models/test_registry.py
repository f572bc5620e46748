"""What is known of models."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from worker.errors import ModelUnavailable
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
