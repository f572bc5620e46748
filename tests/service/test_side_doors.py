"""The ports behind the API that `pagemill up` opens: none serves anybody without credentials."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import stat
import time
from pathlib import Path

import httpx
import pytest
import redis

from api.up.certificate import self_signed
from tests.service.conftest import until
from tests.service.jobs import send
from tests.stack import Stack
from worker.jobs.app import App
from worker.jobs.broker import make_celery

CANARY = "a record nobody may read"


def ports(stack: Stack) -> dict[str, int]:
    """The ports of the store by the name of the part."""
    found = (re.fullmatch(r"-(.+?)(?:\.port)?=(\d+)", argument) for argument in stack.store.command)
    return {match[1]: int(match[2]) for match in found if match}


def asked(method: str, port: int, path: str, **options: object) -> tuple[int, str]:
    try:
        answer = httpx.request(method, f"http://127.0.0.1:{port}{path}", timeout=5, **options)  # type: ignore[arg-type]
    except httpx.HTTPError as error:
        return 0, type(error).__name__
    return answer.status_code, answer.text


@pytest.mark.parametrize("part", ["s3", "filer", "master", "volume"])
def test_no_port_of_the_store_gives_takes_or_loses_anything(servers: Stack, part: str) -> None:
    app = servers.app()
    app.store.write("canary/record.json", CANARY.encode())
    port = ports(servers)[part]
    for path in ("/buckets/test/canary/record.json", "/test/canary/record.json", "/buckets/test/canary/"):
        for method in ("GET", "PUT", "POST", "DELETE"):
            code, text = asked(method, port, path, content=b"forged", params={"recursive": "true"})
            assert not 200 <= code < 300, (method, path, code)
            assert CANARY not in text
    assert app.store.read("canary/record.json") == CANARY.encode()
    app.close()


def test_what_the_master_tells_lets_nobody_write(servers: Stack) -> None:
    app = servers.app()
    app.store.write("canary/record.json", CANARY.encode())
    port = ports(servers)["master"]
    code, text = asked("GET", port, "/dir/assign")
    if code == 200:
        told = re.search(r'"fid":"([^"]+)".*"url":"[^:]+:(\d+)"', text)
        assert told
        code, _ = asked("POST", int(told[2]), f"/{told[1]}", files={"file": b"forged"})
        assert code in {401, 403}
    app.close()


def grpc_answers(reach: socket.socket, trust: Path | None, shown: Path | None) -> bool:
    """Whether HTTP/2 is spoken: in the clear, or over TLS, with the certificate in a folder or with none."""
    with contextlib.suppress(OSError), contextlib.ExitStack() as stack:  # ssl.SSLError is an OSError
        speaks = stack.enter_context(reach)
        speaks.settimeout(5)
        if trust is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.load_verify_locations(trust / "grpc.crt")
            context.set_alpn_protocols(["h2"])
            if shown is not None:
                context.load_cert_chain(shown / "grpc.crt", shown / "grpc.key")
            speaks = stack.enter_context(context.wrap_socket(speaks))
        speaks.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        return speaks.recv(9)[3:4] == b"\4"  # the server's SETTINGS (RFC 9113, 3.4)
    return False


def test_the_parts_of_the_store_talk_to_each_other_alone(servers: Stack, tmp_path: Path) -> None:
    own = servers.store.folder
    assert stat.S_IMODE((own / "grpc.key").stat().st_mode) == 0o600
    for name, text in zip(("grpc.crt", "grpc.key"), self_signed("pagemill store"), strict=True):
        (tmp_path / name).write_text(text)
    reached = {name: port for name, port in ports(servers).items() if name.endswith(".port.grpc")}
    assert len(reached) == 5
    for name, port in reached.items():

        def reach(port: int = port) -> socket.socket:
            return socket.create_connection(("127.0.0.1", port))

        assert grpc_answers(reach(), own, own), name
        assert not grpc_answers(reach(), None, None), name
        assert not grpc_answers(reach(), own, None), name
        assert not grpc_answers(reach(), own, tmp_path), name
        path = Path(f"/tmp/seaweedfs-{name.removesuffix('.port.grpc')}-grpc-{port}.sock")  # noqa: S108
        if path.exists():
            door = socket.socket(socket.AF_UNIX)
            door.connect(str(path))
            assert not grpc_answers(door, None, None), path


def test_the_queue_asks_for_a_password(servers: Stack) -> None:
    port = int(servers.env["REDIS_URL"].rpartition(":")[2].partition("/")[0])
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=port).keys("*")
    seen = " ".join(servers.queue.command)
    assert "a-password" not in seen  # every user of the machine sees the command
    for name in ("queue.conf",):
        assert stat.S_IMODE((servers.queue.folder / name).stat().st_mode) == 0o600
    for name in ("security.toml", "identities.json"):
        assert stat.S_IMODE((servers.store.folder / name).stat().st_mode) == 0o600


def test_workers_obey_nobody(tmp_path: Path) -> None:
    with Stack(tmp_path / "stack") as stack:
        stack.start_servers()
        stack.start("worker")
        app: App = stack.app()
        until(app.broker.workers)
        celery = make_celery(stack.settings)
        celery.control.shutdown()
        assert celery.control.inspect(timeout=1).conf() is None
        time.sleep(1)
        job = send(app)
        until(lambda: app.ledger.jobs.get(job.id).finished_at is not None)
        app.close()
        celery.close()
        assert stack._processes["worker"].poll() is None
