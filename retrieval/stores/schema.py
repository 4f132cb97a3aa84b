"""The tables of the catalogue, and how those of an earlier version become them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from retrieval.errors import StoreError

VERSION = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS knowledge_bases (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uid TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
  embedder TEXT, generation INTEGER NOT NULL DEFAULT 0, dirty INTEGER NOT NULL DEFAULT 0,
  revision INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS documents (
  kb INTEGER NOT NULL REFERENCES knowledge_bases ON DELETE CASCADE, id TEXT NOT NULL, content_hash TEXT NOT NULL,
  media_type TEXT NOT NULL, parser TEXT NOT NULL, pages INTEGER NOT NULL, title TEXT NOT NULL, language TEXT NOT NULL,
  problems TEXT NOT NULL, docling BLOB NOT NULL, PRIMARY KEY (kb, id)
);
CREATE TABLE IF NOT EXISTS sources (
  number INTEGER PRIMARY KEY, kb INTEGER NOT NULL, location TEXT NOT NULL, source TEXT NOT NULL,
  document_id TEXT NOT NULL, UNIQUE (kb, location),
  FOREIGN KEY (kb, document_id) REFERENCES documents (kb, id) ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS sources_of_document ON sources (kb, document_id);
CREATE TABLE IF NOT EXISTS chunks (
  kb INTEGER NOT NULL, id TEXT NOT NULL, document_id TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
  embedded_text TEXT NOT NULL, headings TEXT NOT NULL, page INTEGER, page_last INTEGER, boxes TEXT NOT NULL,
  tokens INTEGER NOT NULL, kind TEXT NOT NULL, parent_id TEXT, PRIMARY KEY (kb, id),
  FOREIGN KEY (kb, document_id) REFERENCES documents (kb, id) ON DELETE CASCADE
);
CREATE TABLE IF NOT EXISTS refusals (
  kb INTEGER NOT NULL REFERENCES knowledge_bases ON DELETE CASCADE, document_id TEXT NOT NULL, reader TEXT NOT NULL,
  message TEXT NOT NULL, hint TEXT NOT NULL, PRIMARY KEY (kb, document_id)
);
CREATE INDEX IF NOT EXISTS chunks_of_document ON chunks (kb, document_id, position);
"""

_FROM_0 = """
ALTER TABLE knowledge_bases ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
ALTER TABLE documents RENAME TO documents_0;
{tables}
INSERT INTO documents SELECT kb, id, content_hash, media_type, parser, pages, title, language, '[]', docling
  FROM documents_0;
INSERT INTO sources(kb, location, source, document_id) SELECT kb, location, source, id FROM documents_0;
DROP TABLE documents_0;
"""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables, or bring those of version 0 (where a document had one source) up to date, in one step.

    Raises StoreError for tables of a later version.
    """
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA legacy_alter_table=ON")  # what refers to `documents` shall go on doing so when it is renamed
    with db:
        db.execute("BEGIN IMMEDIATE")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise StoreError(
                f"The catalogue is of version {version}; this program knows {VERSION}.",
                hint="Use the newer program that wrote it, or choose another --data-dir.",
            )
        if version < VERSION:
            for statement in _statements(db):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={VERSION}")
    db.execute("PRAGMA legacy_alter_table=OFF")
    db.execute("PRAGMA foreign_keys=ON")


def _statements(db: sqlite3.Connection) -> Iterator[str]:
    old = db.execute("SELECT 1 FROM sqlite_master WHERE name='documents'").fetchone()
    script = _FROM_0.format(tables=_TABLES) if old else _TABLES
    yield from filter(None, map(str.strip, script.split(";")))
