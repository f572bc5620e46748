"""Addresses: those that webhooks may go to, which are public ones, and those that mean this machine."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit

from worker.errors import RequestInvalid
from worker.settings import Settings

_EMBEDDING = tuple(  # RFC 6052, 4291, 2765, each with an IPv4 address in its last 32 bits
    map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96"))
)
_LOCAL = tuple(  # RFC 8215, 3879, 6890: some versions of Python take parts of these for global
    map(ipaddress.ip_network, ("64:ff9b:1::/48", "fec0::/10", "192.0.0.0/24"))
)
_WELL_KNOWN = 1024
_OF_HTTP = frozenset({80, 443})  # behind other well-known ports wait programs that take a request for theirs


def require_public(url: str, settings: Settings) -> str:
    """An IP address of the URL's host; raises RequestInvalid where no webhook may go.

    Who sends connects to this very address, so that a name cannot answer differently the second time.
    """
    if settings.webhook_secret is None:
        raise RequestInvalid(detail="webhooks are off: PAGEMILL_WEBHOOK_SECRET is not set")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise RequestInvalid(detail="callback_url is not a URL") from error
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.password:
        raise RequestInvalid(detail="callback_url must be http(s)://host/…, without a user in it")
    if not host.isascii():
        raise RequestInvalid(detail="callback_url's host must be written in ASCII (IDNA)")
    addresses = _resolve(host, port or (443 if parts.scheme == "https" else 80))
    if not settings.webhook_private and port is not None and port < _WELL_KNOWN and port not in _OF_HTTP:
        raise RequestInvalid(detail=f"callback_url leads to port {port}; use 80, 443 or one from 1024 on")
    if not settings.webhook_private and not all(_is_public(address) for address in addresses):
        raise RequestInvalid(detail="callback_url leads to a private address")
    return addresses[0]


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RequestInvalid(detail="the host of callback_url is not known") from error
    return [str(address[4][0]) for address in found]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    inner = _inner(address) if isinstance(address, ipaddress.IPv6Address) else None
    if inner is not None and str(address) not in {"::", "::1"}:
        return _is_public(str(inner))
    local = any(address in network for network in _LOCAL)
    return address.is_global and not address.is_multicast and not local


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, IPv4-compatible or NAT64."""
    if any(address in network for network in _EMBEDDING):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
