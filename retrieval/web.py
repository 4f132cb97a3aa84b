"""One GET over HTTP: redirects followed, each of them checked, and all of it within its limits."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpcore

from configs.settings import FetchSettings
from retrieval.addresses import Address
from retrieval.errors import SourceError
from retrieval.network import CheckedNetwork

_AGENT = "Mozilla/5.0 (compatible; Roundtable)"
_REDIRECTS = (301, 302, 303, 307, 308)
_BLOCK = 1 << 18
_AUTO = zlib.MAX_WBITS | 32  # either a gzip or a zlib header


@dataclass(frozen=True, kw_only=True)
class Response:
    """An answer: the `address` redirections led to, headers by their lower-case names, the body as it arrives."""

    address: Address
    status: int
    headers: Mapping[str, str]
    body: Iterator[bytes]


@contextmanager
def get(
    address: Address, *, headers: Callable[[Address], Mapping[str, str]], settings: FetchSettings
) -> Iterator[Response]:
    """Ask for a page, with `headers` for each address on the way.

    Raises SourceError, also while the body is read: no answer, too late, too large, not allowed.
    """
    network = CheckedNetwork(settings)
    with _explained(address, settings), httpcore.ConnectionPool(network_backend=network) as pool:
        here = address
        for _ in range(settings.max_redirects + 1):
            with pool.stream("GET", _url(here), headers=_headers(here, headers(here))) as answer:
                got = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
                if answer.status not in _REDIRECTS or "location" not in got:
                    body = _limited(_unpacked(_limited(answer.iter_stream(), settings), got), settings)
                    yield Response(address=here, status=answer.status, headers=got, body=body)
                    return
                here = here.follow(got["location"])
    raise SourceError(
        f"{address} redirects more than {settings.max_redirects} times.",
        hint="Give the address it should lead to, or raise fetch.max_redirects.",
    )


def _url(address: Address) -> httpcore.URL:
    return httpcore.URL(
        scheme=address.scheme.encode(),
        host=address.host.encode(),
        port=address.port,
        target=address.target.encode(),
    )


def _headers(address: Address, more: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    own = {"Authorization": address.authorization} if address.authorization else {}
    general = {"Host": address.netloc, "User-Agent": _AGENT, "Accept": "*/*", "Accept-Encoding": "gzip"}
    return [(name.encode(), value.encode("latin-1")) for name, value in {**general, **own, **more}.items()]


def _limited(blocks: Iterable[bytes], settings: FetchSettings) -> Iterator[bytes]:
    size = 0
    for block in blocks:
        size += len(block)
        if size > settings.max_mb << 20:
            raise SourceError(
                f"The page is larger than {settings.max_mb} MiB.",
                hint="Download it and give the file, or raise fetch.max_mb.",
            )
        yield block


def _unpacked(blocks: Iterable[bytes], headers: Mapping[str, str]) -> Iterator[bytes]:
    """The body without its Content-Encoding, in blocks of bounded size whatever it expands to."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("identity", ""):
        yield from blocks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise SourceError(f"The page came packed by {encoding}, which was not asked for.", hint="Download it yourself.")
    inflate = zlib.decompressobj(_AUTO)
    for block in blocks:
        rest = block
        while rest and not inflate.eof:
            yield inflate.decompress(rest, _BLOCK)
            rest = inflate.unconsumed_tail
    yield inflate.flush()
    if not inflate.eof:
        raise zlib.error("incomplete")


@contextmanager
def _explained(address: Address, settings: FetchSettings) -> Iterator[None]:
    try:
        yield
    except httpcore.TimeoutException as error:
        raise SourceError(
            f"{address} took longer than {settings.timeout_s:g} s.", hint="Try later, or raise fetch.timeout_s."
        ) from error
    except httpcore.ConnectError as error:
        cause = error.args[0]
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", "") or cause.reason
            raise SourceError(f"{address} has no secure connection: {reason}.", hint="Check the address.") from error
        raise SourceError(
            f"{address} cannot be reached: {error}.", hint="Check the address and the network."
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, zlib.error) as error:
        raise SourceError(f"{address} broke off or sent what is no HTTP: {error}.", hint="Try again later.") from error
