"""A server that speaks the OpenAI protocol, for tests: honest, slow, failing and lying.

    python -m tests.openai_server PORT_FILE [--key KEY]

The name of the model is the scenario. A folder before /v1 says what /models lists: /v1 every
scenario, /one/v1 a single one, /none/v1 nothing; /html/v1 and /moved/v1 answer everything with a page or a
redirect. GET /__log tells the requests so far, POST /__reset forgets them.
"""

from __future__ import annotations

import argparse
import json
import select
import threading
import time
from collections import Counter
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.openai_scenarios import SCENARIOS, error_of

_HANG = 60.0


class Server(ThreadingHTTPServer):
    """What requests share."""

    daemon_threads = True

    def __init__(self, key: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = key
        self.lock = threading.Lock()
        self.log: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Models, or the log."""
        if self.path == "/__log":
            with self.server.lock:
                return self._send(200, list(self.server.log), {})
        folder = self.path.split("/v1")[0].strip("/")
        if self._elsewhere(folder) or not self._allowed():
            return None
        listed = {"one": ["ok"], "none": []}.get(folder, list(SCENARIOS))
        models = [
            {"id": name, "object": "model", "revision": "r7" if name == "ok" else None} for name in listed
        ]
        return self._send(200, {"object": "list", "data": models}, {})

    def do_POST(self) -> None:
        """A chat."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path == "/__reset":
            with self.server.lock:
                self.server.log.clear()
                self.server.counts.clear()
            return self._send(200, {}, {})
        if self._elsewhere(self.path.split("/v1")[0].strip("/")) or not self._allowed():
            return None
        body = json.loads(raw)
        entry = {
            "model": body["model"],
            "body": body,
            "headers": dict(self.headers),
            "at": time.time(),
            "left": False,
        }
        with self.server.lock:
            self.server.log.append(entry)
            self.server.counts[body["model"]] += 1
            number = self.server.counts[body["model"]]
        if body["model"] in {"slow", "hangs"}:
            entry["left"] = self._wait(1.0 if body["model"] == "slow" else _HANG)
        if body["model"] == "drops" and number <= 2:
            self.close_connection = True
            return None
        if body["model"] == "echoes_key":
            return self._send(400, error_of("bad: " + self.headers["Authorization"]), {})
        scenario = SCENARIOS.get(body["model"])
        return self._send(*(scenario(body, number) if scenario else (404, error_of("no such model"), {})))

    def _wait(self, seconds: float) -> bool:
        """Whether the client went away meanwhile."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        return bool(readable)

    def _elsewhere(self, folder: str) -> bool:
        if folder == "html":
            self._send(200, b"<html><body>Welcome</body></html>", {"Content-Type": "text/html"})
        if folder == "moved":
            self._send(302, b"", {"Location": f"http://127.0.0.1:{self.server.server_address[1]}/v1/models"})
        return folder in {"html", "moved"}

    def _allowed(self) -> bool:
        allowed = not self.server.key or self.headers.get("Authorization") == f"Bearer {self.server.key}"
        if not allowed:
            self._send(401, error_of(f"Incorrect API key provided: {self.headers.get('Authorization')}"), {})
        return allowed

    def _send(self, status: int, content: Any, headers: Mapping[str, str]) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Nothing: the log is asked for."""


def main() -> None:
    """Serve until terminated."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port_file", type=Path)
    parser.add_argument("--key", default="")
    given = parser.parse_args()
    with Server(given.key) as server:
        beside = given.port_file.with_suffix(".new")
        beside.write_text(str(server.server_address[1]), encoding="utf-8")
        beside.rename(given.port_file)
        server.serve_forever()


if __name__ == "__main__":
    main()
