"""The knowledge bases of one data directory, and the lock that keeps others out: the composition root of retrieval."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from configs.errors import ConfigError
from configs.settings import Backend, Settings
from retrieval.embedders import Embedders, common_backend
from retrieval.embedding.lazy import LazyEmbedder
from retrieval.errors import StoreError, UnknownKnowledgeBase
from retrieval.indexes import Indexes, discard
from retrieval.knowledge_base import KnowledgeBase
from retrieval.lazy import Lazy
from retrieval.parsing.layout_models import fetch_layout_models
from retrieval.parsing.parsers import reader_version
from retrieval.parsing.pool import ParserPool
from retrieval.parts import Parts, Workshop
from retrieval.ports import Embedder
from retrieval.rebuild import Tell, rebuild
from retrieval.stores.catalogue import Catalogue, KnowledgeBaseRow
from retrieval.stores.lock import DataDirectoryLock
from retrieval.verify import VerifyReport

DATABASE = "roundtable.sqlite"
log = logging.getLogger(__name__)
_NAME = re.compile(r"[\w][\w .-]{0,63}")


class Library:
    """Opens knowledge bases by name. `exclusive` is needed to change anything; readers may be several."""

    def __init__(self, settings: Settings, *, exclusive: bool, command: str = "") -> None:
        self._settings, self._home = settings, settings.home
        self.lock = DataDirectoryLock(self._home, exclusive=exclusive, command=command)
        self._catalogue = Catalogue(self._home / DATABASE)
        self._embedders = Embedders(settings.embedding, self._home / "vectors.sqlite")
        self._opened: dict[str, KnowledgeBase] = {}
        self._opening = threading.RLock()
        if exclusive:
            self._sweep()

    def names(self) -> list[str]:
        """The knowledge bases there are."""
        return [row.name for row in self._catalogue.knowledge_bases()]

    def summary(self) -> dict[str, tuple[int, int]]:
        """Numbers of documents and chunks by name, without opening any index."""
        return {row.name: self._catalogue.size(row.id) for row in self._catalogue.knowledge_bases()}

    def create(self, name: str) -> KnowledgeBase:
        """Open the knowledge base `name`, made empty when there is none. Raises ConfigError for an unusable name."""
        _check(name)
        self._catalogue.create(name)
        return self.open(name)

    def open(self, name: str) -> KnowledgeBase:
        """Raises UnknownKnowledgeBase, or EmbedderMismatch when it was made with another embedder."""
        with self._opening:
            if name not in self._opened:
                self._opened[name] = self._open(self._row(name))
            return self._opened[name]

    def delete(self, name: str) -> None:
        """Delete a knowledge base with its indexes; the files it was made from stay."""
        row = self._row(name)
        with self._opening:
            if kb := self._opened.pop(name, None):
                kb.close()
            self._catalogue.delete(row.id)
            self._discard(row)

    def repair(self, name: str) -> VerifyReport:
        """Make the indexes equal to the catalogue; those that cannot be read are built anew. Then compare."""
        row = self._row(name)
        with self._opening:
            if kb := self._opened.pop(name, None):
                kb.close()
            self._catalogue.mark(row.id, dirty=True)
            return self.open(name).verify()

    def reembed(self, name: str, model: str | None = None, *, tell: Tell = lambda *_: None) -> KnowledgeBase:
        """Cut and embed all documents anew, with another model or other settings, beside the index that answers.

        Without `model` it is the configured one. A failure or a kill leaves the old index serving.
        """
        row = self._row(name)
        with self._opening:
            kb = self._opened.setdefault(name, KnowledgeBase(self._parts(row, *self._embedders.made(row))))
        embedder, caching = self._embedders.open(model)
        with self._beside(self._catalogue.begin(embedder.fingerprint), embedder, caching) as parts:
            kb.exchange(lambda old: rebuild(old, parts, tell), lambda: self._catalogue.put_in_place(parts.row.id, name))
        self._discard(row)
        return kb

    def export(self, name: str, target: Path, *, tell: Tell = lambda *_: None) -> int:
        """Write a knowledge base to one file, which appears when it is whole; returns its size in bytes."""
        from retrieval.transfer import write_archive

        with self.open(name).unchanging() as parts:
            return write_archive(parts, target, tell)

    def import_from(self, source: Path, name: str | None = None, *, tell: Tell = lambda *_: None) -> KnowledgeBase:
        """Make a knowledge base of an exported file, verified before anybody sees it; its own name by default.

        Raises TransferError for a file that is damaged or not an export, EmbedderMismatch for one of another embedder
        than the configured or of one that is not here, ConfigError for a name that is taken.
        """
        from retrieval.transfer import open_archive

        with open_archive(source) as archive:
            wanted = name or archive.manifest.name
            _check(wanted)
            if wanted in self.names():
                raise ConfigError(f"There is a knowledge base {wanted!r} already.", hint="Give another name with --kb.")
            embedder, caching = self._embedders.of(archive.row(wanted, self._settings.embedding.model))
            with self._beside(self._catalogue.begin(embedder.fingerprint), embedder, caching) as parts:
                archive.unpack(parts, tell)
                parts.close()
                self._catalogue.put_in_place(parts.row.id, wanted)
        return self.open(wanted)

    def warm_up(self) -> None:
        """Load the embedding model now rather than at the first question."""
        embedder, _ = self._embedders.open(backend=self._common_backend())
        for texts in (["one"], ["and", "many"]):
            embedder.embed(texts)

    def close(self) -> None:
        """Close everything and let other processes in."""
        with self._opening:
            for kb in self._opened.values():
                kb.close()
            self._opened.clear()
            self._embedders.close()
            self._catalogue.close()
            self.lock.close()

    def _open(self, row: KnowledgeBaseRow) -> KnowledgeBase:
        embedder, caching = self._embedders.of(row, self._common_backend())
        if row.dirty:
            with self.lock.exclusively():
                return self._recover(self._row(row.name), embedder, caching)
        return KnowledgeBase(self._parts(row, embedder, caching))

    def _recover(self, row: KnowledgeBaseRow, embedder: LazyEmbedder, caching: Embedder) -> KnowledgeBase:
        """After a kill in the middle of a write; indexes that cannot be read are built anew beside the broken ones."""
        kb = KnowledgeBase(self._parts(row, embedder, caching))
        try:
            kb.verify(repair=True)
        except StoreError:
            log.warning("The indexes of %s cannot be read; they are built anew from the catalogue.", row.name)
            self._discard(row)
            self._catalogue.advance(row.id)
            kb = KnowledgeBase(self._parts(self._row(row.name), embedder, caching))
            kb.verify(repair=True)
        return kb

    @contextmanager
    def _beside(self, built: KnowledgeBaseRow, embedder: LazyEmbedder, caching: Embedder) -> Iterator[Parts]:
        """The parts of a knowledge base that nobody sees yet; of one that is not put in place nothing is left."""
        parts = self._parts(built, embedder, caching)
        try:
            yield parts
        except BaseException:
            if self._catalogue.abandon(built.id):
                parts.close()
                self._discard(built)
            raise

    def _parts(self, row: KnowledgeBaseRow, embedder: LazyEmbedder, caching: Embedder) -> Parts:
        settings = self._settings
        return Parts(
            row=row,
            catalogue=self._catalogue,
            indexes=Lazy(lambda: Indexes(self._folder(row), chroma_url=settings.storage.chroma_url)),
            embedder=embedder,
            caching=caching,
            search=settings.search,
            workshop=Workshop(
                home=self._home,
                reader=reader_version(settings.parsing),
                max_mb=settings.parsing.max_file_mb,
                fetch=settings.fetch,
                downloads=self._home / "downloads",
                scratch=self._scratch,
                parsers=partial(self._parsers, embedder),
            ),
        )

    def _parsers(self, embedder: LazyEmbedder, password: str | None) -> ParserPool:
        settings = self._settings
        if settings.parsing.layout_models == "download":
            fetch_layout_models()
        return ParserPool(
            settings.parsing,
            chunking=settings.chunking,
            tokenizer=embedder.files().tokenizer,
            max_tokens=embedder.max_tokens,
            password=password,
            scratch=self._home / "scratch",
        )

    @contextmanager
    def _scratch(self) -> Iterator[Path]:
        folder = self._home / "scratch"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder) as name:
            yield Path(name)

    def _sweep(self) -> None:
        """Remove what earlier processes left when they were killed; nobody else is here."""
        shutil.rmtree(self._home / "scratch", ignore_errors=True)
        for row in self._catalogue.unfinished():
            self._catalogue.delete(row.id)
        kept = {self._folder(row).name for row in self._catalogue.knowledge_bases()}
        indexes = self._home / "indexes"
        for folder in indexes.iterdir() if indexes.is_dir() else ():
            if folder.name not in kept:
                discard(folder, chroma_url=self._settings.storage.chroma_url)

    def _discard(self, row: KnowledgeBaseRow) -> None:
        discard(self._folder(row), chroma_url=self._settings.storage.chroma_url)

    def _common_backend(self) -> Backend | None:
        return common_backend(self._catalogue.knowledge_bases())

    def _row(self, name: str) -> KnowledgeBaseRow:
        rows = {row.name: row for row in self._catalogue.knowledge_bases()}
        if name not in rows:
            raise UnknownKnowledgeBase(
                f"There is no knowledge base {name!r}.",
                hint=f"There are: {', '.join(rows) or 'none yet'}. `python main.py ingest PATH --kb NAME` makes one.",
            )
        return rows[name]

    def _folder(self, row: KnowledgeBaseRow) -> Path:
        return self._home / "indexes" / f"{row.uid}-{row.generation}"


def _check(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot name a knowledge base.",
            hint="Use up to 64 letters, digits, spaces, dots, dashes and underscores.",
        )
