"""Addresses of pages: how they are written, and which machines may be asked for them."""

from __future__ import annotations

import base64
import ipaddress
import queue
import socket
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urljoin, urlsplit

from retrieval.errors import SourceError

_PORTS = {"http": 80, "https": 443}
_KEPT = "%/:?#[]@!$&'()*+,;=~"
_HINT = "Give an address like https://example.org/page.html."
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "fec0::/10", "168.63.129.16/32")))
"""What Python's lists miss: IANA's own block, IPv6 site-local, and a host's own services in Azure (WireServer)."""

IP = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class Address:
    """An http or https address in its canonical form; the name and password that came with it are kept apart."""

    scheme: str
    host: str
    port: int
    target: str
    credentials: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"

    @property
    def netloc(self) -> str:
        """Host and port as they stand in an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def authorization(self) -> str:
        """The header that carries the credentials (RFC 7617); empty without any."""
        return f"Basic {base64.b64encode(self.credentials.encode()).decode()}" if self.credentials else ""

    def follow(self, reference: str) -> Address:
        """Where a redirection leads; the credentials are not for another server. Raises SourceError."""
        there = parse_address(urljoin(str(self), reference.encode("latin-1").decode("utf-8", "replace")))
        same = (self.scheme, self.host, self.port) == (there.scheme, there.host, there.port)
        return Address(**{**vars(there), "credentials": self.credentials if same else ""})


def parse_address(text: str) -> Address:
    """Read an address, without its fragment. Raises SourceError for anything but http and https."""
    scheme = text.partition(":")[0].lower()
    if scheme not in _PORTS:
        raise SourceError(f"Only http and https addresses are fetched, not {scheme}.", hint=_HINT)
    try:
        parts = urlsplit(text)
        host = _ascii(parts.hostname or "")
        port = parts.port or _PORTS[scheme]
        path = quote(parts.path, safe=_KEPT) or "/"
        query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    except ValueError:
        raise SourceError(f"An address given ({scheme}) is not valid.", hint=_HINT) from None
    credentials = unquote(parts.netloc.rpartition("@")[0])
    return Address(scheme=scheme, host=host, port=port, target=path + query, credentials=credentials)


def resolve(host: str, port: int, *, allow_hosts: Collection[str], timeout_s: float) -> tuple[str, ...]:
    """The IP addresses to connect to, each of them checked. Raises SourceError.

    All addresses of a host must be public, unless the host or the IP address is in `allow_hosts`.
    """
    found = _look_up(host, port, timeout_s)
    allowed = {name.lower() for name in allow_hosts}
    for ip in found:
        if not (host in allowed or ip in allowed or is_public(ip)):
            raise SourceError(
                f"{host} was not asked: it is at {ip}, which is not a public address.",
                hint=f"Add {host} to fetch.allow_hosts if you trust it.",
            )
    return found


def is_public(ip: str) -> bool:
    """Whether an IP address belongs to the internet at large, also when it wraps an IPv4 address."""
    try:
        address = _unwrapped(ipaddress.ip_address(ip))
    except ValueError:
        return False
    special = address.is_multicast or address.is_reserved or any(address in network for network in _SPECIAL)
    return address.is_global and not special


def _unwrapped(address: IP) -> IP:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _ascii(host: str) -> str:
    if not host:
        raise ValueError(host)
    return host.rstrip(".").lower() if host.isascii() else host.encode("idna").decode().lower()


def _look_up(host: str, port: int, timeout_s: float) -> tuple[str, ...]:
    """Ask the resolver in a thread: it has no time limit of its own."""
    answers: queue.SimpleQueue[tuple[str, ...]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            infos = []
        answers.put(tuple(dict.fromkeys(str(info[4][0]) for info in infos)))

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=timeout_s)
    except queue.Empty:
        raise SourceError(f"The name {host} was not resolved in {timeout_s:.0f} s.", hint="Try again later.") from None
    if not found:
        raise SourceError(f"No host {host} is known.", hint="Check the address and the network.")
    return found
