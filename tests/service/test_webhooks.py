"""Webhooks to a real receiver: signed, retried, never redirected, never to a private address."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from api import addresses
from api.addresses import require_public
from api.webhooks import Sender, project_secret
from tests.service.conftest import until
from tests.service.jobs import send
from worker.errors import RequestInvalid
from worker.jobs.app import App
from worker.process.worker import WorkerState
from worker.settings import Settings


@dataclass
class Receiver:
    """What came, and what is answered next."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = made.answers.pop(0) if made.answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", made.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://localhost:{server.server_port}/hook?a=1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sender(app: App) -> Sender:
    return Sender(app)


def later(app: App, seconds: float) -> App:
    return App(app.settings, app.store, app.ledger, app.broker, other_clock=lambda: time.time() + seconds)


def test_a_message_is_signed_and_says_how_the_job_ended(
    app: App, worker_state: WorkerState, receiver: Receiver, sender: Sender
) -> None:
    job = send(app, callback_url=receiver.url, batch="b", name="账单.png")
    assert sender.send_due() == 0
    worker_state.work("cpu")
    assert sender.send_due() == 1
    assert sender.send_due() == 0
    [(headers, body)] = receiver.got
    event = Webhook(project_secret(app, "default")).verify(body, headers)
    assert event["type"] == "job.done"
    assert event["data"] == {
        "job_id": job.id,
        "state": "done",
        "kind": "receipt",
        "batch": "b",
        "filename": "账单.png",
        "pages": 1,
        "error": None,
    }
    assert headers["host"].startswith("localhost:")
    with pytest.raises(WebhookVerificationError):
        Webhook(project_secret(app, "other")).verify(body, headers)


def test_a_message_is_tried_again_with_the_same_body_until_it_arrives(
    app: App, worker_state: WorkerState, receiver: Receiver, sender: Sender
) -> None:
    receiver.answers = [500, 302, 404]
    send(app, b"no document", callback_url=receiver.url)
    worker_state.work("cpu")
    assert sender.send_due() == 1
    assert sender.send_due() == 0  # not at once
    for pause in (6, 40, 200):
        assert Sender(later(app, pause)).send_due() == 1
    assert app.ledger.deliveries.counts() == {"sent": 1}
    assert len(receiver.got) == 4
    assert len({(headers["webhook-id"], body) for headers, body in receiver.got}) == 1
    assert b'"unsupported_type"' in receiver.got[0][1]


def test_a_receiver_that_never_answers_is_given_up(
    app: App, worker_state: WorkerState, sender: Sender
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        send(app, callback_url=f"http://127.0.0.1:{nobody.getsockname()[1]}/")
    worker_state.work("cpu")
    for days in range(12):
        Sender(later(app, days * 90_000)).send_due()
    assert app.ledger.deliveries.counts() == {"given_up": 1}


def test_a_receiver_that_answers_drop_by_drop_holds_nobody_up(
    app: App, worker_state: WorkerState, receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import webhooks

    monkeypatch.setattr(webhooks, "_DEADLINE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as slow:

        def drip() -> None:
            connection, _ = slow.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while True:
                    connection.sendall(b"x: y\r\n")
                    time.sleep(0.2)

        threading.Thread(target=drip, daemon=True).start()
        send(app, callback_url=f"http://127.0.0.1:{slow.getsockname()[1]}/")
        send(app, callback_url=receiver.url)
        for _ in range(2):
            worker_state.work("cpu")
        started = time.monotonic()
        assert sender.send_due() == 2
        assert time.monotonic() - started < 5
    assert app.ledger.deliveries.counts() == {"pending": 1, "sent": 1}


def test_the_sender_runs_by_itself(app: App, worker_state: WorkerState, receiver: Receiver) -> None:
    sender = Sender(app)
    sender.start()
    send(app, callback_url=receiver.url)
    worker_state.work("cpu")
    until(lambda: receiver.got)
    sender.stop()


def test_a_receiver_that_hangs_delays_nobody_else(
    app: App, worker_state: WorkerState, receiver: Receiver, sender: Sender
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as silent:
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        for _ in range(60):
            send(app, callback_url=hanging)
        job = send(app, callback_url=receiver.url)
        for _ in range(61):
            worker_state.work("cpu")
        until(lambda: app.ledger.jobs.get(job.id).finished_at is not None)
        started = time.monotonic()
        sender.start()
        until(lambda: receiver.got)
        assert time.monotonic() - started < 10  # each of the 60 takes 15
    sender.stop()


def test_retrying_a_job_tells_its_next_end_too(
    app: App, worker_state: WorkerState, receiver: Receiver, sender: Sender
) -> None:
    from worker.jobs import change

    job = send(app, b"no document", callback_url=receiver.url)
    worker_state.work("cpu")
    sender.send_due()
    change.retry(app, job.id, project="default", actor="t")
    worker_state.work("cpu")
    sender.send_due()
    first, second = (headers["webhook-id"] for headers, _ in receiver.got)
    assert first != second


def settings(**more: Any) -> Settings:
    return Settings(webhook_secret=SecretStr("s"), **more)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.1.2.3/",
        "http://192.168.1.1/",
        "http://172.16.0.1/",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://0.0.0.0/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[fe80::1%25lo]/",
        "http://100.64.0.1/",
        "http://[2002:7f00:1::]/",
        "http://[64:ff9b::7f00:1]/",
        "http://224.0.0.1/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://user:pw@example.org/",
        "http:///x",
        "//x",
        "http://[bad/",
        "http://1.2.3.4:99999/",
        "http://１27.0.0.1/",
        "http://[fec0::1]/",
        "http://[::7f00:1]/",
        "http://[64:ff9b:1::7f00:1]/",
        "http://münchen.example/",
        "http://192.0.0.192/",
        "http://[::ffff:0:127.0.0.1]/",
        "http://[::ffff:0:7f00:1]/",
        "http://93.184.216.34:22/",
        "http://93.184.216.34:25/",
    ],
)
def test_addresses_that_webhooks_never_go_to(url: str) -> None:
    with pytest.raises(RequestInvalid):
        require_public(url, settings())


def test_a_name_that_leads_to_a_public_and_a_private_address_is_private(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(addresses, "_resolve", lambda *_: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(RequestInvalid, match="private"):
        require_public("http://two.example/", settings())


def test_a_public_address_is_allowed_and_private_ones_when_the_settings_say_so() -> None:
    assert require_public("https://93.184.216.34/x", settings()) == "93.184.216.34"
    assert require_public("http://127.0.0.1:1/x", settings(webhook_private=True)) == "127.0.0.1"
    with pytest.raises(RequestInvalid, match="WEBHOOK_SECRET"):
        require_public("https://93.184.216.34/x", Settings())


def test_an_address_that_became_private_since_is_not_called(
    app: App, worker_state: WorkerState, receiver: Receiver
) -> None:
    send(app, callback_url=receiver.url)
    worker_state.work("cpu")
    strict = App(
        app.settings.model_copy(update={"webhook_private": False}), app.store, app.ledger, app.broker
    )
    Sender(strict).send_due()
    assert receiver.got == []
    assert app.ledger.deliveries.counts() == {"pending": 1}
