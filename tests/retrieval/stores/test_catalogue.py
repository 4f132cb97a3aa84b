"""The catalogue: places of documents, and data of an earlier version."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from retrieval import identity
from retrieval.errors import StoreError
from retrieval.stores.catalogue import Catalogue, Place, Version
from retrieval.types import ChunkDraft, Document

VERSION_0 = """
CREATE TABLE knowledge_bases (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, uid TEXT NOT NULL DEFAULT (lower(hex(randomblob(8)))),
  embedder TEXT, generation INTEGER NOT NULL DEFAULT 0, dirty INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE documents (
  kb INTEGER NOT NULL REFERENCES knowledge_bases ON DELETE CASCADE, id TEXT NOT NULL, location TEXT NOT NULL,
  source TEXT NOT NULL, content_hash TEXT NOT NULL, media_type TEXT NOT NULL, parser TEXT NOT NULL,
  pages INTEGER NOT NULL, title TEXT NOT NULL, language TEXT NOT NULL, docling BLOB NOT NULL,
  PRIMARY KEY (kb, id), UNIQUE (kb, location)
);
CREATE TABLE chunks (
  kb INTEGER NOT NULL, id TEXT NOT NULL, document_id TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL,
  embedded_text TEXT NOT NULL, headings TEXT NOT NULL, page INTEGER, page_last INTEGER, boxes TEXT NOT NULL,
  tokens INTEGER NOT NULL, kind TEXT NOT NULL, parent_id TEXT, PRIMARY KEY (kb, id),
  FOREIGN KEY (kb, document_id) REFERENCES documents (kb, id) ON DELETE CASCADE
);
CREATE INDEX chunks_of_document ON chunks (kb, document_id, position);
INSERT INTO knowledge_bases(name, embedder) VALUES('default', 'm@x/torch-fp32/384/unit');
"""


def _version(content: str, *locations: str, text: str = "") -> Version:
    document = identity.document_id(content, "text/plain")
    place, *_ = places = [Place(location, location.strip("/")) for location in locations]
    draft = ChunkDraft(text=text or content, embedded_text=text or content, tokens=3)
    return Version(
        document=Document(
            id=document,
            location=place.location,
            source=place.source,
            content_hash=content,
            media_type="text/plain",
            parser="p",
            pages=0,
            title=content,
            language="en",
            problems=("Page 2 cannot be read.",),
        ),
        docling_json="{}",
        chunks=[identity.chunk(draft, document=document, position=0)],
        places=places,
    )


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite")
    catalogue.create("default")
    return catalogue


def test_a_document_lives_as_long_as_it_has_a_place(catalogue: Catalogue) -> None:
    version = _version("one", "/a", "/b")
    assert catalogue.replace(1, [version]) == []
    (document,) = catalogue.documents(1)
    assert (document.source, document.copies, document.problems) == ("a", ("b",), ("Page 2 cannot be read.",))
    assert catalogue.unlink(1, ["/a"]) == []
    assert catalogue.documents(1)[0].source == "b"
    assert catalogue.unlink(1, ["/b"]) == [version.chunks[0].id]
    assert catalogue.size(1) == (0, 0)


def test_replacing_tells_which_chunks_vanish(catalogue: Catalogue) -> None:
    old, new = _version("old", "/a"), _version("new", "/a")
    catalogue.replace(1, [old])
    before = catalogue.revision(1)
    assert catalogue.replace(1, [new]) == [old.chunks[0].id]
    assert catalogue.revision(1) > before
    assert catalogue.chunk_ids(1) == {new.chunks[0].id}


def test_reading_a_document_again_keeps_its_places(catalogue: Catalogue) -> None:
    catalogue.replace(1, [_version("one", "/a", "/b")])
    again = _version("one", "/a", text="better read")
    assert len(catalogue.replace(1, [again])) == 1
    assert catalogue.documents(1)[0].copies == ("b",)
    assert catalogue.chunk_ids(1) == {again.chunks[0].id}
    assert catalogue.replace(1, [again]) == []


def test_linking_moves_a_place(catalogue: Catalogue) -> None:
    one, two = _version("one", "/a"), _version("two", "/b")
    catalogue.replace(1, [one, two])
    assert catalogue.link(1, [(Place("/a", "a"), two.document.id)]) == [one.chunks[0].id]
    assert [(d.source, d.copies) for d in catalogue.documents(1)] == [("a", ("b",))]


def test_what_is_being_built_is_seen_by_nobody_until_it_is_in_place(catalogue: Catalogue) -> None:
    catalogue.replace(1, [_version("old", "/a")])
    built = catalogue.begin("m@x/torch-fp32/384/unit")
    catalogue.replace(built.id, [_version("new", "/a")])
    assert [row.name for row in catalogue.knowledge_bases()] == ["default"]
    catalogue.put_in_place(built.id, "default")
    (row,) = catalogue.knowledge_bases()
    assert (row.id, row.uid) == (built.id, built.uid)
    assert [d.title for d in catalogue.documents(row.id)] == ["new"]
    assert catalogue.size(1) == (0, 0)
    assert catalogue.unfinished() == []


def test_data_of_the_first_version_stays(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    db = sqlite3.connect(path)
    db.executescript(VERSION_0)
    for name in ("a", "b"):
        row = (1, name, f"/{name}", name, "hash", "text/plain", "p", 0, name, "en", zlib.compress(b'{"name": "x"}'))
        db.execute(f"INSERT INTO documents VALUES({','.join('?' * 11)})", row)
        db.execute(
            "INSERT INTO chunks VALUES(1,?,?,0,'text','text','[]',NULL,NULL,'{}',3,'text',NULL)", (f"c{name}", name)
        )
    db.commit()
    db.close()
    for _ in range(2):
        catalogue = Catalogue(path)
        assert [(d.id, d.source, d.location) for d in catalogue.documents(1)] == [("a", "a", "/a"), ("b", "b", "/b")]
        assert catalogue.docling_json(1, "a") == '{"name": "x"}'
        assert set(catalogue.fetch(1, ["ca", "cb", "never"])) == {"ca", "cb"}
        assert catalogue.revision(1) == 0
        catalogue.close()
    catalogue = Catalogue(path)
    assert catalogue.unlink(1, ["/a"]) == ["ca"]
    assert catalogue.size(1) == (1, 1)
    catalogue.close()


def test_processes_that_open_old_data_at_once_bring_it_up_to_date_once(tmp_path: Path) -> None:
    for attempt in range(5):
        path = tmp_path / f"{attempt}.sqlite"
        db = sqlite3.connect(path)
        db.executescript(VERSION_0)
        db.close()
        code = "import sys; from pathlib import Path; from retrieval.stores.catalogue import Catalogue; "
        code += "sys.stdin.read(1); Catalogue(Path(sys.argv[1])).close()"
        command = [sys.executable, "-c", code, str(path)]
        opening = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(3)]
        for process in opening:
            assert process.stdin
            process.stdin.close()
        assert [process.wait(60) for process in opening] == [0, 0, 0]


def test_data_of_a_later_version_is_refused(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "catalogue.sqlite")
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(StoreError, match="version 99"):
        Catalogue(tmp_path / "catalogue.sqlite")
