"""A receiver of webhooks that remembers what it was told."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Heard:
    """Bodies by message id, as hashes."""

    def __init__(self) -> None:
        self.url = ""
        self.received = 0
        self.bodies: dict[str, set[str]] = defaultdict(set)
        self.lock = threading.Lock()

    @property
    def contradictory(self) -> int:
        """Messages that came with more than one body."""
        return sum(1 for bodies in self.bodies.values() if len(bodies) > 1)


@contextmanager
def listening() -> Iterator[Heard]:
    """A receiver on loopback, for as long as the block runs."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with heard.lock:
                heard.received += 1
                heard.bodies[self.headers["webhook-id"]].add(hashlib.sha256(body).hexdigest())
            assert json.loads(body)["type"].startswith("job.")
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield heard
    server.shutdown()
