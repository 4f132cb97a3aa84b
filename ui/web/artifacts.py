"""What code made in the sandbox, as HTML: pictures and tables to look at, everything else to download."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ui.web.listing import base_name
from ui.web.view import Ran, Said, View
from ui.web.words import Words

Tables = Mapping[str, str]
"""Tables that can be shown, as safe HTML by the id of their artifact."""

PICTURES = {"image/png": "PNG", "image/jpeg": "JPEG"}
"""Pictures a page shows, with the name of their format; SVG and others can run or load."""

_TABLE = re.compile(r"table-[\d-]{1,20}\.html")
_TABLE_BYTES = 200_000
_MOST_IN_PLACE = 12
"""Pictures and tables shown of one run; of more there is a link."""
_UNITS = ((1 << 20, "MB"), (1 << 10, "KB"))


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """A file or picture; `path` is its copy on this machine, which the page never names."""

    name: str
    media_type: str
    bytes: int
    path: str

    @property
    def id(self) -> str:
        """What names it in an address."""
        return hashlib.sha256(self.path.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    @property
    def address(self) -> str:
        """Where it is served, relative to the page: below it `view` is a picture, `file` the download."""
        return f"artifacts/{self.id}"

    @property
    def is_picture(self) -> bool:
        """Whether a page shows it as an image."""
        return self.media_type in PICTURES

    @property
    def is_table(self) -> bool:
        """Whether it is a table that code displayed, small enough to stand in the page."""
        return self.media_type == "text/html" and bool(_TABLE.fullmatch(self.name)) and self.bytes <= _TABLE_BYTES


def described(artifacts: Iterable[Mapping[str, Any]]) -> list[Artifact]:
    """Artifacts as an event has them."""
    return [
        Artifact(
            name=base_name(str(found["name"])),
            media_type=str(found["media_type"]),
            bytes=int(found["bytes"]),
            path=str(found["path"]),
        )
        for found in artifacts
    ]


def in_view(view: View) -> Iterator[Artifact]:
    """Every artifact of a conversation."""
    for item in view.items:
        if isinstance(item, Ran):
            yield from described(item.code.artifacts)
        elif isinstance(item, Said) and item.outcome:
            yield from described(item.outcome.artifacts)


def shown(artifacts: Iterable[Mapping[str, Any]], tables: Tables, words: Words) -> str:
    """The artifacts of an event; nothing when there are none."""
    found = described(artifacts)
    to_see = [artifact for artifact in found if artifact.is_picture or tables.get(artifact.id)][:_MOST_IN_PLACE]
    figures = "".join(_table(a, tables[a.id], words) if a.is_table else _picture(a, words) for a in to_see)
    files = "".join(f"<li>{_file(artifact, words)}</li>" for artifact in found if artifact not in to_see)
    listed = f'<ul class="files" aria-label="{words("artifacts.files")}">{files}</ul>' if files else ""
    return f'<div class="artifacts">{figures}{listed}</div>' if found else ""


def _picture(artifact: Artifact, words: Words) -> str:
    name, address = html.escape(artifact.name), artifact.address
    return (
        f'<figure class="picture"><img src="{address}/view" alt="{name}" loading="lazy">'
        f'<p class="failure" role="alert">{words("artifacts.failed")}</p>'
        f"<figcaption>{_file(artifact, words)}</figcaption></figure>"
    )


def _table(artifact: Artifact, table: str, words: Words) -> str:
    name = html.escape(artifact.name)
    return (
        f'<figure class="table"><div class="sheet" role="region" aria-label="{name}" tabindex="0">{table}</div>'
        f"<figcaption>{_file(artifact, words)}</figcaption></figure>"
    )


def _file(artifact: Artifact, words: Words) -> str:
    name = html.escape(artifact.name)
    return (
        f'<a class="file" href="{artifact.address}/file" download="{name}"'
        f' aria-label="{words("artifacts.download", name=name)}">{name}</a>'
        f' <span class="size">{_size(artifact.bytes, words)}</span>'
    )


def _size(count: int, words: Words) -> str:
    unit = next(((size, word) for size, word in _UNITS if count >= size), None)
    if unit is None:
        return words("units.bytes", n=count)
    return f"{count / unit[0]:.{1 if count < 10 * unit[0] else 0}f} {unit[1]}"
