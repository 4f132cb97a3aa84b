"""The catalogue of knowledge bases, documents and chunks in SQLite: the truth the indexes are derived from."""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import StoreError
from retrieval.types import Chunk, Document

_SCHEMA = """
CREATE TABLE IF NOT EXISTS knowledge_bases (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uid TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
  embedder TEXT, generation INTEGER NOT NULL DEFAULT 0,
  dirty INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS documents (
  kb INTEGER NOT NULL REFERENCES knowledge_bases ON DELETE CASCADE, id TEXT NOT NULL, location TEXT NOT NULL,
  source TEXT NOT NULL, content_hash TEXT NOT NULL, media_type TEXT NOT NULL, parser TEXT NOT NULL,
  pages INTEGER NOT NULL, title TEXT NOT NULL, language TEXT NOT NULL, docling BLOB NOT NULL,
  PRIMARY KEY (kb, id), UNIQUE (kb, location)
);
CREATE TABLE IF NOT EXISTS chunks (
  kb INTEGER NOT NULL, id TEXT NOT NULL, document_id TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
  embedded_text TEXT NOT NULL, headings TEXT NOT NULL, page INTEGER, page_last INTEGER, boxes TEXT NOT NULL,
  tokens INTEGER NOT NULL, kind TEXT NOT NULL, parent_id TEXT, PRIMARY KEY (kb, id),
  FOREIGN KEY (kb, document_id) REFERENCES documents (kb, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS chunks_of_document ON chunks (kb, document_id, position);
"""

_DOCUMENT = "documents.id, location, source, content_hash, media_type, parser, pages, title, language"
_CHUNK = (
    "chunks.id, document_id, position, text, embedded_text, headings, page, page_last, boxes, tokens, kind, parent_id"
)


@dataclass(frozen=True, kw_only=True)
class KnowledgeBaseRow:
    """A knowledge base as recorded: `embedder` is the fingerprint of its vectors, None while it is empty.

    `uid` is never used twice, so indexes left behind by another knowledge base are never taken for this one's.

    `dirty` is set while a write is under way: found set at opening, the last process died in the middle of one.
    """

    id: int
    name: str
    uid: str
    embedder: str | None
    generation: int
    dirty: bool


class Catalogue:
    """One SQLite file; thread-safe; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
            self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON; {_SCHEMA}")
        except sqlite3.Error as error:
            raise StoreError(
                f"The catalogue {path} cannot be opened ({error}).",
                hint="Check the file's permissions, or choose another --data-dir.",
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def knowledge_bases(self) -> list[KnowledgeBaseRow]:
        """All knowledge bases by name."""
        rows = self._rows("SELECT id, name, uid, embedder, generation, dirty FROM knowledge_bases ORDER BY name")
        return [
            KnowledgeBaseRow(id=i, name=n, uid=u, embedder=e, generation=g, dirty=bool(d)) for i, n, u, e, g, d in rows
        ]

    def create(self, name: str) -> None:
        """Record an empty knowledge base; nothing happens when there is one of that name."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO knowledge_bases(name) VALUES(?)", (name,))

    def delete(self, kb: int) -> None:
        """Forget a knowledge base with all its documents."""
        with self._transaction() as db:
            db.execute("DELETE FROM knowledge_bases WHERE id=?", (kb,))

    def mark(self, kb: int, *, dirty: bool) -> None:
        """Record that a write begins (durable before it does), or that it ended."""
        with self._transaction() as db:
            db.execute("UPDATE knowledge_bases SET dirty=? WHERE id=?", (dirty, kb))

    def is_dirty(self, kb: int) -> bool:
        """Whether a write was begun and not ended."""
        return bool(self._rows("SELECT dirty FROM knowledge_bases WHERE id=?", kb)[0][0])

    def advance(self, kb: int) -> None:
        """Let the indexes of a knowledge base be looked for in their next generation's folder."""
        with self._transaction() as db:
            db.execute("UPDATE knowledge_bases SET generation=generation+1 WHERE id=?", (kb,))

    def record_embedder(self, kb: int, fingerprint: str) -> None:
        """Record whose vectors the index holds."""
        with self._transaction() as db:
            db.execute("UPDATE knowledge_bases SET embedder=? WHERE id=?", (fingerprint, kb))

    def replace(self, kb: int, added: Sequence[tuple[Document, str, Sequence[Chunk]]]) -> list[str]:
        """Make documents (with their docling JSON and chunks) visible in one transaction.

        Earlier versions at the same locations vanish in the same step; returns the ids of their chunks.
        """
        with self._transaction() as db:
            gone = self._delete_at(db, kb, [document.location for document, _, _ in added])
            for document, docling_json, chunks in added:
                db.execute(
                    "INSERT INTO documents VALUES(?,?,?,?,?,?,?,?,?,?,?)", _document_row(kb, document, docling_json)
                )
                db.executemany(
                    "INSERT INTO chunks VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", [_chunk_row(kb, chunk) for chunk in chunks]
                )
        return gone

    def remove(self, kb: int, locations: Sequence[str]) -> list[str]:
        """Forget the documents at these locations in one transaction; returns the ids of their chunks."""
        with self._transaction() as db:
            return self._delete_at(db, kb, locations)

    def documents(self, kb: int) -> list[Document]:
        """All documents by source."""
        rows = self._rows(f"SELECT {_DOCUMENT} FROM documents WHERE kb=? ORDER BY source", kb)
        return [_document(row) for row in rows]

    def chunks(self, kb: int, document_id: str) -> list[Chunk]:
        """The chunks of a document in reading order."""
        where = "kb=? AND document_id=? ORDER BY position"
        return [_chunk(row) for row in self._rows(f"SELECT {_CHUNK} FROM chunks WHERE {where}", kb, document_id)]

    def chunk_counts(self, kb: int) -> dict[str, int]:
        """Number of chunks per document id."""
        return dict(self._rows("SELECT document_id, count(*) FROM chunks WHERE kb=? GROUP BY document_id", kb))

    def size(self, kb: int) -> tuple[int, int]:
        """Numbers of documents and of chunks."""
        counts = "(SELECT count(*) FROM documents WHERE kb=?1), (SELECT count(*) FROM chunks WHERE kb=?1)"
        documents, chunks = self._rows(f"SELECT {counts}", kb)[0]
        return documents, chunks

    def chunk_ids(self, kb: int) -> set[str]:
        """Every visible chunk."""
        return {row[0] for row in self._rows("SELECT id FROM chunks WHERE kb=?", kb)}

    def fetch(self, kb: int, ids: Sequence[str]) -> dict[str, tuple[Chunk, Document]]:
        """Chunks with their documents; ids that are not visible are left out."""
        found: dict[str, tuple[Chunk, Document]] = {}
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            rows = self._rows(
                f"SELECT {_CHUNK}, {_DOCUMENT} FROM chunks JOIN documents ON documents.kb=chunks.kb AND "
                f"documents.id=document_id WHERE chunks.kb=? AND chunks.id IN ({','.join('?' * len(part))})",
                kb,
                *part,
            )
            found.update((row[0], (_chunk(row[:12]), _document(row[12:]))) for row in rows)
        return found

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._lock, _sqlite_errors():
            return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _sqlite_errors(), self._db:
            yield self._db

    @staticmethod
    def _delete_at(db: sqlite3.Connection, kb: int, locations: Sequence[str]) -> list[str]:
        gone: list[str] = []
        for location in locations:
            at = (kb, location)
            document = "SELECT id FROM documents WHERE kb=?1 AND location=?2"
            chunks = db.execute(f"SELECT id FROM chunks WHERE kb=?1 AND document_id=({document})", at)
            gone += [row[0] for row in chunks]
            db.execute("DELETE FROM documents WHERE kb=? AND location=?", at)
        return gone


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"The catalogue failed ({error}).", hint="Check free space and permissions.") from error


def _document_row(kb: int, document: Document, docling_json: str) -> tuple[object, ...]:
    compressed = zlib.compress(docling_json.encode("utf-8", "surrogatepass"), 3)
    return (
        kb, document.id, document.location, document.source, document.content_hash, document.media_type,
        document.parser, document.pages, document.title, document.language, compressed,
    )  # fmt: skip


def _document(row: Sequence[Any]) -> Document:
    names = ("id", "location", "source", "content_hash", "media_type", "parser", "pages", "title", "language")
    return Document(**dict(zip(names, row, strict=True)))


def _chunk_row(kb: int, chunk: Chunk) -> tuple[object, ...]:
    return (
        kb, chunk.id, chunk.document_id, chunk.position, chunk.text, chunk.embedded_text,
        json.dumps(chunk.headings, ensure_ascii=False), chunk.page, chunk.page_last, json.dumps(chunk.boxes),
        chunk.tokens, chunk.kind, chunk.parent_id,
    )  # fmt: skip


def _chunk(row: Sequence[Any]) -> Chunk:
    names = (
        "id", "document_id", "position", "text", "embedded_text", "headings", "page", "page_last", "boxes", "tokens",
        "kind", "parent_id",
    )  # fmt: skip
    values = dict(zip(names, row, strict=True))
    headings, boxes = json.loads(values.pop("headings")), json.loads(values.pop("boxes"))
    return Chunk(
        **values,
        headings=tuple(headings),
        boxes={int(page): tuple(tuple(box) for box in found) for page, found in boxes.items()},
    )
