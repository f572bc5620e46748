"""The server: requests out, bodies of bounded size in, never to another address than the one set.

Redirects are not followed, for the key would travel with them. The environment is not looked at:
neither proxies nor `.netrc`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

import httpx
from pydantic import SecretStr

from worker.errors import ModelUnavailable, OutputInvalid
from worker.reading.engines.openai_http.faults import ServerReply, is_final
from worker.reading.engines.openai_http.retry import Broken, Pace, persistently

_MOST = 16 * 2**20  # bytes of an answer
_CONNECT = 10.0
_PERMANENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


class Server:
    """One address and its key. Used from several threads; holds nothing between two calls."""

    def __init__(self, base_url: str | None, api_key: SecretStr | None, *, pace: Pace) -> None:
        self._base_url = base_url
        self._key = api_key.get_secret_value().strip() if api_key else ""
        self._pace = pace

    async def call(
        self,
        method: str,
        path: str,
        *,
        seconds: float,
        body: bytes | None = None,
        final: Callable[[ServerReply], bool] = is_final,
    ) -> ServerReply:
        """What the server answers, at the latest after `seconds`; raises ModelUnavailable, OutputInvalid.

        An answer that is not `final` has been tried again.
        """
        url = f"{self._address.url}/{path}"
        async with self._client() as client:

            async def once(left: float) -> ServerReply:
                async with _translated(left), client.stream(method, url, content=body) as answer:
                    return self._masked(answer, await _read(answer))

            try:
                return await persistently(once, seconds=seconds, pace=self._pace, final=final)
            except Broken as error:
                raise ModelUnavailable(detail=f"{error} (server {self._address.host})") from error

    @cached_property
    def _address(self) -> _Address:
        if not self._base_url:
            raise ModelUnavailable(detail="set OPENAI_BASE_URL to the address of the server")
        return _parsed(self._base_url.strip())

    @cached_property
    def _tls(self) -> ssl.SSLContext | bool:
        """Made once, for reading the certificates takes longer than a connection."""
        return httpx.create_ssl_context(trust_env=False) if self._address.url.startswith("https") else False

    def _client(self) -> httpx.AsyncClient:
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if self._key:
            if not (self._key.isascii() and self._key.isprintable()):
                raise ModelUnavailable(detail="OPENAI_API_KEY has characters that no key has")
            headers["Authorization"] = f"Bearer {self._key}"
        auth = None if self._key else self._address.auth
        return httpx.AsyncClient(
            headers=headers,
            auth=auth,
            timeout=httpx.Timeout(None, connect=_CONNECT),
            verify=self._tls,
            follow_redirects=False,
            trust_env=False,
        )

    def _masked(self, answer: httpx.Response, body: bytes) -> ServerReply:
        """The answer; where it is an error, without the key, which some servers repeat."""
        if self._key and not answer.is_success:
            body = body.replace(self._key.encode(), b"***")
        return ServerReply(answer.status_code, body, answer.headers.get("Retry-After"))


@dataclass(frozen=True, slots=True)
class _Address:
    """An address without its user and password, which would stand in logs and messages."""

    url: str
    host: str
    auth: httpx.BasicAuth | None


def _parsed(base_url: str) -> _Address:
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        raise _no_address() from None  # the message of the other would quote the address
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _no_address()
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port is None else f"{host}:{port}"
    known = (
        httpx.BasicAuth(unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    )
    return _Address(f"{parts.scheme}://{netloc}{parts.path.rstrip('/')}", netloc, known)


def _no_address() -> ModelUnavailable:
    return ModelUnavailable(detail="OPENAI_BASE_URL is not an address like http://127.0.0.1:8000/v1")


async def _read(answer: httpx.Response) -> bytes:
    """The body as it was sent. One that is compressed unasked is no JSON, and so cannot swell."""
    body = bytearray()
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > _MOST:
            raise OutputInvalid(detail=f"the server sent more than {_MOST // 2**20} MiB")
    return bytes(body)


@asynccontextmanager
async def _translated(left: float) -> AsyncIterator[None]:
    """Raise Broken for what may go better the next time, ModelUnavailable for what will not."""
    try:
        async with asyncio.timeout(left):
            yield
    except TimeoutError as error:
        raise Broken("no answer in time") from error
    except _PERMANENT as error:
        # Not chained: the message may quote a header or the address.
        raise ModelUnavailable(detail=f"the request cannot be sent ({type(error).__name__})") from None
    except httpx.ConnectError as error:
        raise Broken(f"no connection, is it running? {error}") from error
    except httpx.HTTPError as error:
        raise Broken(f"the connection broke: {type(error).__name__}") from error
