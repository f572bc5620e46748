"""Webhooks: messages of the ledger sent to those who asked, signed as Standard Webhooks has it.

The secret of a project is derived from PAGEMILL_WEBHOOK_SECRET; `pagemill keys secret PROJECT`
prints it. Redirects are not followed; anything but a 2xx answer is tried again, ever later.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import threading
import time
from collections import Counter, deque
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from api.addresses import require_public
from worker.errors import PagemillError, RequestInvalid
from worker.jobs.app import App
from worker.jobs.ledger.deliveries import GIVEN_UP, PENDING, SENT, Delivery
from worker.log import logger

_log = logger(__name__)
_PAUSES = (5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600)  # seconds after the first, second … failure
_DEADLINE = 15.0  # for one attempt in all, however slowly a receiver answers
_AT_ONCE = 20
_TO_ONE_HOST = 4
_MOST_OF_HOST = 50
_MOST_WAITING = 500
_HOLD = 60.0  # no other sender takes a message for so long
_LOOK_EVERY = 1.0


class Sender:
    """Sends what is due, in a thread of its own; several may run, each message is one's at a time."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._ended = threading.Event()
        self._waiting: dict[str, deque[tuple[float, Delivery]]] = {}  # by host, each with until when
        self._busy: Counter[str] = Counter()
        self._sending: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the messages in hand."""
        self._ended.set()
        self._thread.join(timeout=_DEADLINE + 1)

    def send_due(self) -> int:
        """Send every message that is due now; how many there were."""

        async def once() -> int:
            async with _client() as client:
                return await self._send_some(client)

        return asyncio.run(once())

    async def _run(self) -> None:
        async with _client() as client:
            while not self._ended.is_set():
                try:
                    busy = await self._take() > 0
                except PagemillError as error:
                    _log.warning("webhooks_failed", code=error.code)
                    busy = False
                except Exception:  # noqa: BLE001 (the border of a thread: nobody would be told any more)
                    _log.exception("internal_error")
                    busy = False
                self._begin(client)
                await asyncio.sleep(0 if busy else _LOOK_EVERY)
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _take(self) -> int:
        """Claim what is due into the queues of its hosts; what is too much for one comes back later."""
        if sum(map(len, self._waiting.values())) >= _MOST_WAITING:
            return 0
        claim = self._app.ledger.deliveries.claim
        due = await asyncio.to_thread(claim, now=self._app.clock(), hold_seconds=_HOLD, limit=_AT_ONCE)
        until = time.monotonic() + _HOLD - _DEADLINE
        for delivery in due:
            queue = self._waiting.setdefault(urlsplit(delivery.url).netloc, deque())
            if len(queue) < _MOST_OF_HOST:
                queue.append((until, delivery))
        return len(due)

    def _begin(self, client: httpx.AsyncClient) -> None:
        """Send what waits, few to one host: a receiver that hangs holds up its own messages alone."""
        for host, queue in list(self._waiting.items()):
            while queue and self._busy[host] < _TO_ONE_HOST:
                until, delivery = queue.popleft()
                if time.monotonic() < until:  # else somebody else may have claimed it
                    self._busy[host] += 1
                    task = asyncio.create_task(self._send_to(host, client, delivery))
                    self._sending.add(task)
                    task.add_done_callback(self._sending.discard)
            if not queue:
                del self._waiting[host]

    async def _send_to(self, host: str, client: httpx.AsyncClient, delivery: Delivery) -> None:
        try:
            await self._send(client, delivery)
        except PagemillError as error:
            _log.warning("webhooks_failed", code=error.code)
        finally:
            self._busy[host] -= 1
            self._begin(client)

    async def _send_some(self, client: httpx.AsyncClient) -> int:
        claim = self._app.ledger.deliveries.claim
        due = await asyncio.to_thread(claim, now=self._app.clock(), hold_seconds=_HOLD, limit=_AT_ONCE)
        await asyncio.gather(*(self._send(client, delivery) for delivery in due))
        return len(due)

    async def _send(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        status, reason = await self._post(client, delivery)
        arrived = status is not None and httpx.codes.is_success(status)
        now = self._app.clock()
        if arrived:
            state, due_at = SENT, now
        elif delivery.attempts < len(_PAUSES):
            state, due_at = PENDING, now + _PAUSES[delivery.attempts]
        else:
            state, due_at = GIVEN_UP, now
        close = self._app.ledger.deliveries.close
        await asyncio.to_thread(close, delivery, state=state, status=status, due_at=due_at)
        note = _log.info if arrived else _log.warning
        note("webhook", job=delivery.job_id, state=state, status=status, reason=reason)

    async def _post(self, client: httpx.AsyncClient, delivery: Delivery) -> tuple[int | None, str | None]:
        """The status of the answer, whose body nobody reads, or None and why there was none."""
        try:
            async with asyncio.timeout(_DEADLINE):
                address = await asyncio.to_thread(require_public, delivery.url, self._app.settings)
                url, headers, extensions = _pinned(delivery.url, address)
                headers |= _signed(self._app, delivery)
                request = client.stream(
                    "POST", url, content=delivery.body, headers=headers, extensions=extensions
                )
                async with request as answer:
                    return answer.status_code, None
        except RequestInvalid as error:
            return None, str(error)
        except Exception as error:  # noqa: BLE001 (the border of a message: whatever a URL or its receiver does)
            return None, type(error).__name__


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=_DEADLINE, follow_redirects=False, trust_env=False)


def project_secret(app: App, project: str) -> str:
    """The secret a project's receivers verify signatures with; raises RequestInvalid when there is none."""
    if app.settings.webhook_secret is None:
        raise RequestInvalid(detail="webhooks are off: PAGEMILL_WEBHOOK_SECRET is not set")
    master = app.settings.webhook_secret.get_secret_value().encode()
    derived = hmac.new(master, project.encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(derived).decode()


def _signed(app: App, delivery: Delivery) -> dict[str, str]:
    now = datetime.fromtimestamp(int(app.clock()), UTC)
    signature = Webhook(project_secret(app, delivery.project)).sign(
        msg_id=delivery.id, timestamp=now, data=delivery.body.decode()
    )
    return {
        "webhook-id": delivery.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
        "content-type": "application/json",
        "user-agent": "pagemill",
    }


def _pinned(url: str, address: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """The URL by address instead of by name, with the name where HTTP and TLS want it."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    literal = f"[{address}]" if ":" in address else address
    netloc = literal if parts.port is None else f"{literal}:{parts.port}"
    pinned = parts._replace(netloc=netloc, fragment="").geturl()
    return pinned, {"host": parts.netloc}, {"sni_hostname": parts.hostname}
