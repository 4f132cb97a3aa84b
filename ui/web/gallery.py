"""What code made, for the browsers that were shown it and for nobody else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from ui.web.artifacts import PICTURES, Artifact, Tables, in_view
from ui.web.kept_files import open_below
from ui.web.newest import Newest
from ui.web.tables import safe_table
from ui.web.view import View

log = logging.getLogger(__name__)

_MOST_SHOWN, _MOST_TABLES = 5000, 500
_MOST_PIXELS = 50_000_000
"""A browser that draws a larger picture can run out of memory."""
_PIECE = 1 << 18


class Gallery:
    """Artifacts below `folder`. Belongs to one event loop; files are read in threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._shown: Newest[tuple[str, str], Artifact] = Newest(_MOST_SHOWN)
        self._tables: Newest[str, str] = Newest(_MOST_TABLES)

    async def show(self, session: str, view: View) -> Tables:
        """Let a browser see what code made in its own conversation; the tables of it."""
        artifacts = list(in_view(view))
        for artifact in artifacts:
            self._shown.keep((session, artifact.id), artifact)
        tables = {}
        for artifact in artifacts:
            if artifact.is_table:
                if artifact.id not in self._tables:
                    self._tables.keep(artifact.id, await asyncio.to_thread(self._table, artifact))
                tables[artifact.id] = self._tables.use(artifact.id)
        return tables

    def find(self, session: str, artifact_id: str) -> Artifact | None:
        """The artifact if that browser was shown it."""
        return self._shown.get((session, artifact_id))

    async def file(self, artifact: Artifact) -> Iterator[bytes]:
        """Its bytes. Raises OSError when they are gone."""
        return _pieces(await asyncio.to_thread(open_below, self._folder, artifact.path))

    async def picture(self, artifact: Artifact) -> Iterator[bytes]:
        """The bytes of a picture a browser can draw. Raises OSError for what is none, is too large or gone."""
        return _pieces(await asyncio.to_thread(self._picture, artifact))

    def _table(self, artifact: Artifact) -> str:
        """Nothing when the file is gone."""
        try:
            with open_below(self._folder, artifact.path) as file:
                return safe_table(file.read(artifact.bytes).decode("utf-8", "replace"))
        except OSError as error:
            log.info("A table cannot be shown: %s", error)
            return ""

    def _picture(self, artifact: Artifact) -> BinaryIO:
        file = open_below(self._folder, artifact.path)
        try:
            _check(file, artifact.media_type)
        except BaseException:
            file.close()
            raise
        return file


def _check(file: BinaryIO, media_type: str) -> None:
    """Raises OSError for what is no such picture, and for one of too many pixels."""
    try:
        width, height = Image.open(file, formats=[PICTURES[media_type]]).size
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise OSError(f"The picture cannot be drawn ({error}).") from error
    if width * height > _MOST_PIXELS:
        raise OSError(f"The picture has {width} x {height} pixels; at most {_MOST_PIXELS:,} are drawn.")
    file.seek(0)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with closing(file):
        yield from iter(lambda: file.read(_PIECE), b"")
