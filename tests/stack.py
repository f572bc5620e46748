"""The real parts of the service on loopback, to be started, killed and started again by tests and benches."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from api.up import ready, servers
from api.up.servers import ServerProcess
from worker.jobs.app import App, connect
from worker.settings import Settings, environment

_ROOT = Path(__file__).parent.parent
_LEASE = 6.0
_GRACE = 20.0


class Stack:
    """A folder, the servers and the processes in it; everything ends with the block."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = servers.free_port()
        self.queue = servers.queue(folder, password="a-password")
        store = servers.store(folder, access_key="test", secret_key="test-secret", bucket="test")
        assert store is not None
        self.store = store
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._log = (folder / "stack.log").open("ab", buffering=0)
        self.env: Mapping[str, str] = {
            **self.queue.settings,
            **self.store.settings,
            "PAGEMILL_DATA_DIR": str(folder),
            "PAGEMILL_PORT": str(self.port),
            "PAGEMILL_AUTH": "off",
            "PAGEMILL_ENGINE": "fake",
            "PAGEMILL_LEASE_SECONDS": f"{_LEASE:g}",
            "PAGEMILL_SWEEP_SECONDS": "1",
            "PAGEMILL_WEBHOOK_PRIVATE": "true",
            "PAGEMILL_WEBHOOK_SECRET": "a secret of tests",
            "PAGEMILL_WATCH_SECONDS": "0.5",
            "PAGEMILL_SETTLE_SECONDS": "0.3",
            "PAGEMILL_BUCKET_SECONDS": "1",
            **env,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        parts = [name for name in self._processes if name not in {self.queue.name, self.store.name}]
        for name in parts:
            self._processes[name].terminate()  # all at the same time
        for name in parts:
            self.stop(name)
        for name in list(self._processes):  # a store that is asked to end takes seconds
            self.kill(name)
        self._log.close()

    @property
    def url(self) -> str:
        """Where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        """What a process of the stack would read from its environment."""
        return Settings(
            _env_file=None,
            data_dir=self.folder,
            redis_url=self.env["REDIS_URL"],
            store=self.env.get("PAGEMILL_STORE", "auto"),
            engine="fake",
            auth="off",
            s3_endpoint_url=self.env["S3_ENDPOINT_URL"],
            s3_access_key="test",
            s3_secret_key=SecretStr("test-secret"),
            s3_bucket="test",
            port=self.port,
            lease_seconds=_LEASE,
            database_url=self.env.get("DATABASE_URL"),
            webhook_private=True,
            webhook_secret=SecretStr("a secret of tests"),
        )

    def app(self) -> App:
        """The parts, in this process."""
        return connect(self.settings)

    def start_servers(self) -> None:
        """Queue and store, ready to be used."""
        self.start_server(self.queue)
        self.start_server(self.store)
        ready.await_servers(self.settings, self.env, threading.Event())

    def start_server(self, server: ServerProcess) -> None:
        """One of them, as it was."""
        self._start(server.name, list(server.command), server.folder)

    def start(
        self, name: str, *arguments: str, as_name: str | None = None, module: str = "pagemill", **env: str
    ) -> None:
        """A part of the service: worker, api or watch."""
        command = [sys.executable, "-m", module, name, *arguments]
        self._start(as_name or name, command, _ROOT, **env)

    def wipe_queue(self) -> None:
        """Kill the queue, throw away what it held, start it empty."""
        self.kill("queue")
        shutil.rmtree(self.queue.folder / "appendonlydir", ignore_errors=True)  # its password stays
        self.start_server(self.queue)

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """A part, without a warning; returns when it is gone."""
        process = self._processes.pop(name)
        process.send_signal(number)
        process.wait(_GRACE)

    def stop(self, name: str) -> int:
        """A part, in order; its exit status."""
        process = self._processes.pop(name)
        process.terminate()
        try:
            return process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def pid(self, name: str) -> int:
        """The process of a part."""
        return self._processes[name].pid

    def await_api(self, seconds: float = 30.0) -> None:
        """Until the API answers that it is ready."""
        import httpx

        until = time.monotonic() + seconds
        while True:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).is_success:
                    return
            except httpx.HTTPError:
                pass
            if time.monotonic() > until:
                raise TimeoutError(self.log[-3000:])
            time.sleep(0.05)

    @property
    def log(self) -> str:
        """What the parts have said."""
        return (self.folder / "stack.log").read_text(encoding="utf-8", errors="replace")

    def _start(self, name: str, command: list[str], folder: Path, **env: str) -> None:
        assert name not in self._processes
        self._processes[name] = subprocess.Popen(
            command,
            cwd=folder,
            env=environment({**self.env, **env}),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
