"""Web pages as documents: a copy of each is kept, and fetched again only when the page has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from configs.settings import FetchSettings
from retrieval import web
from retrieval.addresses import Address
from retrieval.errors import ParseError, SourceError
from retrieval.identity import content_hash
from retrieval.locations import file_name
from retrieval.parsing.formats import SUFFIXES

_VAGUE = ("", "application/octet-stream", "binary/octet-stream", "text/plain", "application/xml", "text/xml")
"""Content types that say less than the suffix in the address."""

_SUFFIXES = {media_type: suffix for suffix, media_type in sorted(SUFFIXES.items(), key=lambda item: -len(item[0]))} | {
    "application/xhtml+xml": ".html",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/xml": ".xml",
}
_NOTE = ".kept.json"
_PART = ".part"
_DISK = "Check the disk space and the permissions of the data folder."


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """A copy: its file name, its hash, who sent it after redirections, and the validators given (RFC 9110, 8.8)."""

    name: str
    content_hash: str
    address: str
    etag: str
    last_modified: str

    def conditions(self, address: Address) -> dict[str, str]:
        if str(address) != self.address:
            return {}
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


def fetch(address: Address, *, settings: FetchSettings, downloads: Path) -> Path:
    """The copy of a page in `downloads`, brought up to date. Raises SourceError, and the copy is as before."""
    folder = _folder(str(address), downloads)
    kept = _kept(folder)
    with web.get(address, headers=kept.conditions if kept else _none, settings=settings) as response:
        if kept is not None and response.status == HTTPStatus.NOT_MODIFIED:
            return folder / kept.name
        _check(response, address, settings)
        return _keep(response, folder)


def kept_copy(location: str, downloads: Path) -> Path | None:
    """The copy kept of the page a document was made from; None without one."""
    folder = _folder(location, downloads)
    kept = _kept(folder)
    return folder / kept.name if kept else None


def _none(_: Address) -> dict[str, str]:
    return {}


def _folder(location: str, downloads: Path) -> Path:
    return downloads / hashlib.sha256(location.encode()).hexdigest()


def _kept(folder: Path) -> _Kept | None:
    """What is known of the copy; None when there is none, or it is not what was kept."""
    try:
        kept = _Kept(**json.loads((folder / _NOTE).read_text(encoding="utf-8")))
        return kept if content_hash(folder / kept.name) == kept.content_hash else None
    except (OSError, ValueError, TypeError, ParseError):
        return None


def _check(response: web.Response, address: Address, settings: FetchSettings) -> None:
    if response.status != HTTPStatus.OK:
        phrase = next((f" ({status.phrase})" for status in HTTPStatus if status == response.status), "")
        login = response.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        hint = "Save the page from your browser and give the file." if login else "Check the address, or try later."
        raise SourceError(f"{address} answered {response.status}{phrase}.", hint=hint)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) > settings.max_mb << 20:
        raise SourceError(
            f"{address} has {int(length) >> 20} MiB; at most {settings.max_mb} MiB are fetched.",
            hint="Download it and give the file, or raise fetch.max_mb.",
        )


def _keep(response: web.Response, folder: Path) -> Path:
    name = _name(response.address, response.headers.get("content-type", ""))
    part = folder / _PART
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(part, response.body)
        kept = _Kept(
            name=name,
            content_hash=content_hash(part),
            address=str(response.address),
            etag=response.headers.get("etag", ""),
            last_modified=response.headers.get("last-modified", ""),
        )
        part.replace(folder / name)
        _write(part, [json.dumps(asdict(kept)).encode()])
        part.replace(folder / _NOTE)
        for other in folder.iterdir():
            if other.name not in (name, _NOTE):
                other.unlink()
    except OSError as error:
        raise SourceError(f"A copy of {response.address} cannot be kept ({error.strerror}).", hint=_DISK) from error
    finally:
        with suppress(OSError):
            part.unlink()
    return folder / name


def _write(path: Path, blocks: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for block in blocks:
            file.write(block)


def _name(address: Address, content_type: str) -> str:
    """A readable file name with a suffix that says what the page is. Raises SourceError when it cannot be read."""
    kind = content_type.partition(";")[0].strip().lower()
    last = address.target.partition("?")[0].rstrip("/").rpartition("/")[2]
    name = file_name(unquote(last) or address.host)
    suffix = Path(name).suffix.lower()
    known = SUFFIXES.get(suffix)
    if known and (kind in _VAGUE or kind == known):
        return name
    if kind not in _SUFFIXES:
        raise SourceError(
            f"{address} is of a type that cannot be read ({kind or 'none given'}).", hint="Download it and convert it."
        )
    return (name[: -len(suffix)] if known else name) + _SUFFIXES[kind]
