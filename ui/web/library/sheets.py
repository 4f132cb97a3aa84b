"""The pages of documents as images, and how large they are; drawn and measured apart from the app, the newest kept."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from configs.settings import child_environment
from retrieval.errors import ParseError, UnknownDocument
from retrieval.evidence.page_images import page_image
from retrieval.types import Document
from ui.web.newest import Newest

if TYPE_CHECKING:
    from retrieval.knowledge_base import KnowledgeBase

_ROOT = Path(__file__).resolve().parents[3]
_TIME_LIMIT_S = 20.0
_MOST_IMAGES, _MOST_MEASURED = 48, 200
_AT_ONCE = 2

Size = tuple[float, float]


class Sheets:
    """Belongs to one event loop; files are read in threads, two at once."""

    def __init__(self, open_kb: Callable[[str], KnowledgeBase]) -> None:
        self._open = open_kb
        self._images: Newest[tuple[str, str, int], bytes] = Newest(_MOST_IMAGES)
        self._sizes: Newest[tuple[str, str], list[Size]] = Newest(_MOST_MEASURED)
        self._drawing = asyncio.Semaphore(_AT_ONCE)

    async def sizes(self, kb: str, document: Document) -> list[Size]:
        """Width and height of every page in points.

        Raises SourceError when the file is gone or has changed, ParseError when it cannot be measured.
        """
        key = (kb, document.id)
        if key not in self._sizes:
            self._sizes.keep(key, await asyncio.to_thread(self._measure, kb, document))
        return self._sizes.use(key)

    async def image(self, kb: str, document_id: str, page: int) -> bytes:
        """A page (from 1) as PNG. Raises AppError, also for what was drawn before its document was removed."""
        document = await asyncio.to_thread(self._find, kb, document_id)
        key = (kb, document_id, page)
        async with self._drawing:
            if key not in self._images:
                self._images.keep(key, await asyncio.to_thread(self._draw, kb, document, page))
        return self._images.use(key)

    def _find(self, kb: str, document_id: str) -> Document:
        document = next((d for d in self._open(kb).documents() if d.id == document_id), None)
        if document is None:
            raise UnknownDocument("The document is no longer in the knowledge base.", hint="Choose another one.")
        return document

    def _draw(self, kb: str, document: Document, page: int) -> bytes:
        with self._open(kb).original(document) as path:
            return page_image(path, page)

    def _measure(self, kb: str, document: Document) -> list[Size]:
        with self._open(kb).original(document) as path:
            return _measured(path)


def _measured(path: Path) -> list[Size]:
    hint = "Open the original in a viewer."
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ui.web.library.measuring"],
            input=json.dumps({"path": str(path)}).encode(),
            capture_output=True,
            timeout=_TIME_LIMIT_S,
            cwd=_ROOT,
            env=child_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise ParseError(f"{path.name} takes too long to open.", hint=hint) from error
    if done.returncode:
        raise ParseError(f"The pages of {path.name} cannot be shown.", hint=hint)
    return [(float(width), float(height)) for width, height in json.loads(done.stdout)]
