"""The model of a server, asked for data."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from tests.service.conftest import until
from worker.reading.engines.openai_http.generator import OpenAiGenerator
from worker.reading.engines.vision.base import Answer, Message, Prompt

ROOT = Path(__file__).parent.parent.parent
KEY = "sk-of-tests-0123456789"
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "total": {"type": ["number", "null"]}},
    "required": ["title", "total"],
    "additionalProperties": False,
}
DATA = {"title": "发票 Nr. 1", "total": None}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port_file = tmp_path_factory.mktemp("openai") / "port"
    command = [sys.executable, "-m", "tests.openai_server", str(port_file), "--key", KEY]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        until(port_file.exists)
        yield f"http://127.0.0.1:{port_file.read_text(encoding='utf-8')}"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(autouse=True)
def forget(server: str) -> None:
    httpx.post(f"{server}/__reset").raise_for_status()


def of(
    server: str, model: str, *, folder: str = "", key: str = KEY, seconds: float = 20.0, **more: Any
) -> OpenAiGenerator:
    secret = SecretStr(key) if key else None
    return OpenAiGenerator(
        f"{server}{folder}/v1", model, api_key=secret, seconds=seconds, concurrency=4, **more
    )


def prompt(picture: Any = None, text: str = "Read this.", schema: Any = SCHEMA) -> Prompt:
    white = np.full((40, 60, 3), 255, np.uint8)
    return Prompt(white if picture is None else picture, (Message("user", text),), schema, max_tokens=200)


def ask(generator: OpenAiGenerator, given: Prompt | None = None) -> Answer:
    (answer,) = generator.generate([given or prompt()], lambda _row: False)
    return answer


def log(server: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{server}/__log").json()
    return found


@pytest.fixture
def reading(server: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How the command line is told to read with the server."""
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("PAGEMILL_OPENAI_SECONDS", "1.5")
    monkeypatch.setenv("PAGEMILL_GROUNDING", "text_layer")
    return ["--engine", "openai", "--quiet"]
