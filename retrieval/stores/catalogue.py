"""The catalogue of knowledge bases, documents and chunks in SQLite: the truth the indexes are derived from."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from retrieval.errors import ParseError, StoreError
from retrieval.stores import rows, schema
from retrieval.types import Chunk, Document

HIDDEN = "~"
"""The name of a knowledge base that is being built begins so, which the name of a visible one may not."""

_PART = 500
"""Values in one statement."""


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


class Place(NamedTuple):
    """Where a document lies: what identifies the place, and how the user named it."""

    location: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """A document ready to become visible at its places, with its structure and chunks."""

    document: Document
    docling_json: str
    chunks: Sequence[Chunk]
    places: Sequence[Place]


class Catalogue:
    """One SQLite file; thread-safe; every method is one transaction. Readers do not wait for writers."""

    def __init__(self, path: Path) -> None:
        self._writing, self._reading = threading.RLock(), threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, timeout=30)
            schema.prepare(self._db)
            self._reader = sqlite3.connect(path, check_same_thread=False, timeout=30)
        except sqlite3.Error as error:
            raise StoreError(
                f"The catalogue {path} cannot be opened ({error}).",
                hint="Check the file's permissions, or choose another --data-dir.",
            ) from error

    def close(self) -> None:
        """Close the file."""
        with self._writing, self._reading:
            self._reader.close()
            self._db.close()

    def knowledge_bases(self) -> list[KnowledgeBaseRow]:
        """All knowledge bases by name."""
        return [row for row in self._knowledge_bases() if not row.name.startswith(HIDDEN)]

    def unfinished(self) -> list[KnowledgeBaseRow]:
        """Knowledge bases that are being built, or were when their process died."""
        return [row for row in self._knowledge_bases() if row.name.startswith(HIDDEN)]

    def create(self, name: str) -> None:
        """Record an empty knowledge base; nothing happens when there is one of that name."""
        with self._transaction() as db:
            db.execute("INSERT OR IGNORE INTO knowledge_bases(name) VALUES(?)", (name,))

    def begin(self, embedder: str) -> KnowledgeBaseRow:
        """Record an empty knowledge base that nobody sees before `put_in_place`."""
        with self._transaction() as db:
            new = "INSERT INTO knowledge_bases(name, embedder) VALUES(? || lower(hex(randomblob(8))), ?)"
            number = db.execute(new, (HIDDEN, embedder)).lastrowid
        return next(row for row in self.unfinished() if row.id == number)

    def put_in_place(self, built: int, name: str) -> None:
        """Make a knowledge base that was begun visible under `name`, and forget the one that had it, in one step."""
        with self._transaction() as db:
            db.execute("DELETE FROM knowledge_bases WHERE name=?", (name,))
            db.execute("UPDATE knowledge_bases SET name=? WHERE id=?", (name, built))

    def abandon(self, kb: int) -> bool:
        """Forget a knowledge base that was begun, unless it has been put in place; whether it was forgotten."""
        with self._transaction() as db:
            begun = "DELETE FROM knowledge_bases WHERE id=? AND substr(name, 1, 1)=?"
            return db.execute(begun, (kb, HIDDEN)).rowcount == 1

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

    def embedder(self, kb: int) -> str | None:
        """Whose vectors the index holds; None while there are none."""
        found = self._rows("SELECT embedder FROM knowledge_bases WHERE id=?", kb)[0][0]
        return None if found is None else str(found)

    def record_embedder(self, kb: int, fingerprint: str) -> None:
        """Record whose vectors the index holds."""
        with self._transaction() as db:
            db.execute("UPDATE knowledge_bases SET embedder=? WHERE id=?", (fingerprint, kb))

    def replace(self, kb: int, added: Sequence[Version]) -> list[str]:
        """Make documents visible at their places in one step; whatever lay there before vanishes in the same step.

        Returns the ids of the chunks that vanish.
        """
        touched = [place.location for version in added for place in version.places]

        def put(db: sqlite3.Connection) -> None:
            for version in added:
                _put(db, kb, version)

        return self._losing(kb, touched, put, ids=[version.document.id for version in added])

    def link(self, kb: int, found: Sequence[tuple[Place, str]]) -> list[str]:
        """Let documents (by id) be found at further places, in one step; returns the ids of chunks that vanish."""
        return self._losing(kb, [place.location for place, _ in found], lambda db: _link(db, kb, found))

    def unlink(self, kb: int, locations: Sequence[str]) -> list[str]:
        """Forget places, and the documents that lie nowhere else, in one step; returns the ids of their chunks."""

        def forget(db: sqlite3.Connection) -> None:
            db.executemany("DELETE FROM sources WHERE kb=? AND location=?", [(kb, where) for where in locations])

        return self._losing(kb, locations, forget)

    def refuse(self, kb: int, document_id: str, reader: str, error: ParseError) -> None:
        """Remember why a reader could not read a content, so that it need not try again."""
        with self._transaction() as db:
            row = (kb, document_id, reader, error.message, error.hint)
            db.execute("INSERT OR REPLACE INTO refusals VALUES(?,?,?,?,?)", row)

    def refusals(self, kb: int, reader: str) -> dict[str, ParseError]:
        """What this reader could not read, by document id."""
        found = self._rows("SELECT document_id, message, hint FROM refusals WHERE kb=? AND reader=?", kb, reader)
        return {document_id: ParseError(message, hint=hint) for document_id, message, hint in found}

    def documents(self, kb: int) -> list[Document]:
        """All documents by source."""
        with self._snapshot():
            found = self._rows(f"SELECT {rows.DOCUMENT} FROM documents WHERE kb=?", kb)
            places = self.places_of(kb)
        return sorted((rows.document(row, places[row[0]]) for row in found), key=lambda document: document.source)

    def places(self, kb: int) -> dict[str, tuple[str, str]]:
        """Source and document id of every location."""
        found = self._rows("SELECT location, source, document_id FROM sources WHERE kb=? ORDER BY number", kb)
        return {location: (source, document) for location, source, document in found}

    def places_of(self, kb: int, documents: Sequence[str] | None = None) -> dict[str, list[Place]]:
        """Where each document lies, or each of those given: its oldest place first."""
        columns = "SELECT document_id, location, source FROM sources WHERE kb=?"
        if documents is None:
            found = self._rows(f"{columns} ORDER BY number", kb)
        else:
            found = self._rows(f"{columns} AND document_id IN ({_marks(documents)}) ORDER BY number", kb, *documents)
        places = defaultdict(list)
        for document, location, source in found:
            places[document].append(Place(location, source))
        return places

    def docling_json(self, kb: int, document_id: str) -> str:
        """The structure of a document as its parser found it."""
        return rows.unpack_json(self._rows("SELECT docling FROM documents WHERE kb=? AND id=?", kb, document_id)[0][0])

    def chunks(self, kb: int, document_id: str) -> list[Chunk]:
        """The chunks of a document in reading order."""
        where = "kb=? AND document_id=? ORDER BY position"
        found = self._rows(f"SELECT {rows.CHUNK} FROM chunks WHERE {where}", kb, document_id)
        return [rows.chunk(row) for row in found]

    def chunk_counts(self, kb: int) -> dict[str, int]:
        """Number of chunks per document id."""
        return dict(self._rows("SELECT document_id, count(*) FROM chunks WHERE kb=? GROUP BY document_id", kb))

    def size(self, kb: int) -> tuple[int, int]:
        """Numbers of documents and of chunks."""
        counts = "(SELECT count(*) FROM documents WHERE kb=?1), (SELECT count(*) FROM chunks WHERE kb=?1)"
        documents, chunks = self._rows(f"SELECT {counts}", kb)[0]
        return documents, chunks

    def revision(self, kb: int) -> int:
        """How often the visible documents have changed."""
        return int(self._rows("SELECT revision FROM knowledge_bases WHERE id=?", kb)[0][0])

    def chunk_ids(self, kb: int) -> set[str]:
        """Every visible chunk."""
        return {row[0] for row in self._rows("SELECT id FROM chunks WHERE kb=?", kb)}

    def fetch(self, kb: int, ids: Sequence[str]) -> dict[str, tuple[Chunk, Document]]:
        """Chunks with their documents, all as of one moment; ids that are not visible are left out."""
        found: dict[str, tuple[Chunk, Document]] = {}
        with self._snapshot():
            for part in _parts(ids):
                joined = self._rows(
                    f"SELECT {rows.CHUNK}, {rows.DOCUMENT} FROM chunks JOIN documents ON documents.kb=chunks.kb AND "
                    f"documents.id=document_id WHERE chunks.kb=? AND chunks.id IN ({_marks(part)})",
                    kb,
                    *part,
                )
                places = self.places_of(kb, sorted({row[1] for row in joined}))
                for row in joined:
                    chunk, document = row[: rows.CHUNK_COLUMNS], row[rows.CHUNK_COLUMNS :]
                    found[row[0]] = (rows.chunk(chunk), rows.document(document, places[row[1]]))
        return found

    def _knowledge_bases(self) -> list[KnowledgeBaseRow]:
        found = self._rows("SELECT id, name, uid, embedder, generation, dirty FROM knowledge_bases ORDER BY name")
        return [
            KnowledgeBaseRow(id=i, name=n, uid=u, embedder=e, generation=g, dirty=bool(d)) for i, n, u, e, g, d in found
        ]

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self._reading, _sqlite_errors():
            return self._reader.execute(sql, values).fetchall()

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """What is read in it is all of one moment."""
        with self._reading, _sqlite_errors():
            self._reader.execute("BEGIN")
            try:
                yield
            finally:
                self._reader.rollback()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._writing, _sqlite_errors(), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield self._db

    def _losing(
        self,
        kb: int,
        locations: Sequence[str],
        change: Callable[[sqlite3.Connection], None],
        *,
        ids: Sequence[str] = (),
    ) -> list[str]:
        """Make a change to places; documents that then lie nowhere vanish. Returns ids of chunks that were and are not.

        Chunks of the documents `ids` count too.
        """
        with self._transaction() as db:
            documents = {*ids, *_documents_at(db, kb, locations)}
            before = _chunk_ids(db, kb, documents)
            change(db)
            db.execute("UPDATE knowledge_bases SET revision=revision+1 WHERE id=?", (kb,))
            for document in documents:
                db.execute(
                    "DELETE FROM documents WHERE kb=?1 AND id=?2 AND NOT EXISTS "
                    "(SELECT 1 FROM sources WHERE kb=?1 AND document_id=?2)",
                    (kb, document),
                )
            return sorted(before - _chunk_ids(db, kb, documents))


def _put(db: sqlite3.Connection, kb: int, version: Version) -> None:
    """A document that is there already gets a new structure and new chunks, and keeps its places."""
    row = rows.document_row(kb, version.document, rows.pack_json(version.docling_json))
    fields = ("content_hash", "media_type", "parser", "pages", "title", "language", "problems", "docling")
    renewed = ", ".join(f"{name}=excluded.{name}" for name in fields)
    db.execute(f"INSERT INTO documents VALUES({_marks(row)}) ON CONFLICT(kb, id) DO UPDATE SET {renewed}", row)
    for table in ("chunks", "refusals"):
        db.execute(f"DELETE FROM {table} WHERE kb=? AND document_id=?", (kb, version.document.id))
    chunks = [rows.chunk_row(kb, chunk) for chunk in version.chunks]
    db.executemany("INSERT INTO chunks VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)", chunks)
    _link(db, kb, [(place, version.document.id) for place in version.places])


def _link(db: sqlite3.Connection, kb: int, found: Iterable[tuple[Place, str]]) -> None:
    db.executemany(
        "INSERT INTO sources(kb, location, source, document_id) VALUES(?,?,?,?) ON CONFLICT(kb, location) "
        "DO UPDATE SET source=excluded.source, document_id=excluded.document_id",
        [(kb, place.location, place.source, document) for place, document in found],
    )


def _documents_at(db: sqlite3.Connection, kb: int, locations: Iterable[str]) -> Iterator[str]:
    for location in locations:
        at = db.execute("SELECT document_id FROM sources WHERE kb=? AND location=?", (kb, location))
        yield from (row[0] for row in at)


def _chunk_ids(db: sqlite3.Connection, kb: int, documents: Iterable[str]) -> set[str]:
    of = "SELECT id FROM chunks WHERE kb=? AND document_id=?"
    return {row[0] for document in documents for row in db.execute(of, (kb, document))}


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[start : start + _PART] for start in range(0, len(values), _PART))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


@contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"The catalogue failed ({error}).", hint="Check free space and permissions.") from error
