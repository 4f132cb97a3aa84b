"""Deletes documents and knowledge bases, after the while in which that can be taken back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from configs.errors import AppError
from retrieval.errors import UnknownDocument, UnknownKnowledgeBase
from retrieval.locations import on_disk
from ui.web.library.jobs import Jobs
from ui.web.library.stock import DOCUMENT, KB
from ui.web.listing import base_name
from ui.web.undoing import Key, Undoing
from ui.web.uploads import Shelf

if TYPE_CHECKING:
    from agents.app import App


_STOPPED_WITHIN_S = 30.0


class Deleting:
    """Deletions as people see them: at once, and with an undo. Uploaded files go with what was made of them."""

    def __init__(self, app: Callable[[], App], shelf: Shelf, jobs: Jobs, undoing: Undoing) -> None:
        self._app, self._shelf, self._jobs, self._undoing = app, shelf, jobs, undoing
        self._names: dict[Key, str] = {}

    def name(self, key: Key) -> str:
        """What people call that which is deleted."""
        return self._names.get(key, key[-1])

    def document(self, owner: str, kb: str, document_id: str) -> None:
        """Delete a document. Raises UnknownDocument."""
        documents = {document.id: document for document in self._app().library.open(kb).documents()}
        if document_id not in documents:
            raise UnknownDocument("The document is no longer in the knowledge base.", hint="Choose another one.")
        document, key = documents[document_id], (DOCUMENT, kb, document_id)
        gone = self._undoing.gone()
        self._names = {**{k: name for k, name in self._names.items() if k in gone}, key: base_name(document.source)}

        def action() -> None:
            self._app().library.open(kb).remove([document_id])
            for source in (document.source, *document.copies):
                self._discard(on_disk(source), kb)

        self._undoing.schedule(owner, key, action)

    def knowledge_base(self, owner: str, kb: str) -> None:
        """Delete a knowledge base; work on it is cancelled when it really goes. Raises UnknownKnowledgeBase."""
        if kb not in self._app().library.names():
            raise UnknownKnowledgeBase(f"There is no knowledge base {kb!r}.", hint="Choose another one.")

        def action() -> None:
            self._jobs.stop(kb, within_s=_STOPPED_WITHIN_S)
            self._app().library.delete(kb)
            shutil.rmtree(self._shelf.folder / kb, ignore_errors=True)

        self._undoing.schedule(owner, (KB, kb), action)

    def must_stay(self, kb: str) -> None:
        """Raises AppError for a knowledge base that is being deleted."""
        if (KB, kb) in self._undoing.gone():
            hint = "Take the deletion back, or wait ten seconds."
            raise AppError(f"The knowledge base {kb!r} is still being deleted.", hint=hint)

    def check_name(self, kb: str) -> None:
        """Raises AppError for a knowledge base that is there, or still being deleted."""
        self.must_stay(kb)
        if kb in self._app().library.names():
            raise AppError(f"There is a knowledge base {kb!r} already.", hint="Choose another name.")

    def _discard(self, path: Path, kb: str) -> None:
        """An uploaded file goes; a file that was read where it lay stays."""
        if path.parent == self._shelf.folder / kb:
            path.unlink(missing_ok=True)
