"""A knowledge base moves as one file, and a file that is not whole leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.settings import load_settings
from retrieval.errors import EmbedderMismatch, TransferError
from retrieval.library import DATABASE, Library
from retrieval.transfer import open_archive, write_archive
from retrieval.transfer.manifest import Limits


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "lamp.md").write_text("# Lamp\n\nThe lamp burns whale oil.\n")
    (folder / "copy.md").write_text("# Lamp\n\nThe lamp burns whale oil.\n")
    (folder / "假期.md").write_text("# 员工手册\n\n员工每年有十二天带薪年假。\n")
    return folder


@pytest.fixture(scope="module")
def library(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    library = Library(load_settings(data_dir=tmp_path_factory.mktemp("home") / "data"), exclusive=True)
    library.create("default").ingest([folder])
    yield library
    library.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Library]:
    library = Library(load_settings(data_dir=tmp_path / "elsewhere"), exclusive=True)
    yield library
    library.close()


@pytest.fixture
def file(library: Library, tmp_path: Path) -> Path:
    file = tmp_path / "lighthouse.roundtable"
    assert library.export("default", file) == file.stat().st_size
    return file


def _nothing_came(tmp_path: Path) -> bool:
    """Neither a knowledge base, visible or not, nor an index."""
    home = tmp_path / "elsewhere"
    with closing(sqlite3.connect(home / DATABASE)) as db:
        return not db.execute("SELECT * FROM knowledge_bases").fetchall() and not list(home.glob("indexes/*"))


def test_it_arrives_as_it_was(library: Library, elsewhere: Library, file: Path, folder: Path, tmp_path: Path) -> None:
    sent, arrived = library.open("default"), elsewhere.import_from(file)
    assert arrived.name == "default"
    assert arrived.documents() == sent.documents()
    for query in ("What does the lamp burn?", "年假有几天？"):
        hits = [[hit.chunk for hit in kb.search(query).hits] for kb in (sent, arrived)]
        assert hits[0] == hits[1]
    assert arrived.verify().ok
    moved = tmp_path / "elsewhere-documents"
    shutil.copytree(folder, moved)
    report = arrived.ingest([moved])
    assert report.stage_seconds["embed"] == 0
    assert len(arrived.documents()) == 2


def test_a_name_that_is_taken_is_refused_before_anything_is_done(library: Library, file: Path) -> None:
    with pytest.raises(ConfigError, match="'default' already"):
        library.import_from(file)
    assert library.import_from(file, "second").verify().ok
    assert library.names() == ["default", "second"]
    library.delete("second")


def _flip(data: bytes) -> bytes:
    return data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :]


def _other_version(data: bytes) -> bytes:
    manifest: dict[str, Any] = json.loads(data) | {"version": 99}
    return json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("member", "damage", "message"),
    [
        ("vectors.f32", _flip, "damaged: vectors"),
        ("documents.jsonl", _flip, "damaged: documents"),
        ("manifest.json", _other_version, "of format"),
        ("manifest.json", lambda _: b"{}", "not a whole export"),
        ("manifest.json", lambda _: b"nonsense", "not a whole export"),
    ],
)
def test_a_changed_file_is_refused(
    elsewhere: Library, file: Path, tmp_path: Path, member: str, damage: Callable[[bytes], bytes], message: str
) -> None:
    changed = tmp_path / "changed"
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, damage(old.read(name)) if name == member else old.read(name))
    with pytest.raises(TransferError, match=message):
        elsewhere.import_from(changed)
    assert _nothing_came(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"something else entirely"])
def test_what_is_no_export_is_refused(elsewhere: Library, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(TransferError, match="not an exported knowledge base"):
        elsewhere.import_from(tmp_path / "file")


def test_a_cut_file_is_refused(elsewhere: Library, file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(TransferError):
        elsewhere.import_from(file)
    assert elsewhere.names() == []


def test_an_export_appears_whole_or_not_at_all(library: Library, tmp_path: Path) -> None:
    with pytest.raises(TransferError, match="cannot be written"):
        library.export("default", tmp_path / "no" / "such" / "folder.zip")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.export("default", tmp_path / "half", tell=stop)
    assert [path.name for path in tmp_path.iterdir() if "half" in path.name] == []


def test_an_import_that_is_interrupted_leaves_nothing(elsewhere: Library, file: Path, tmp_path: Path) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        elsewhere.import_from(file, tell=stop)
    assert _nothing_came(tmp_path)


Change = Callable[[Any], None]


def _forge(file: Path, *, manifest: Change | None = None, record: Change | None = None, **members: bytes) -> Path:
    """The export with changes to its manifest and first document, or other members; every hash is right."""
    with zipfile.ZipFile(file) as old:
        content = {name: old.read(name) for name in old.namelist()} | {
            f"{name}.{ending}": members[name]
            for name, ending in (("vectors", "f32"), ("documents", "jsonl"))
            if name in members
        }
    if record:
        first, *rest = (json.loads(line) for line in content["documents.jsonl"].splitlines())
        record(first)
        content["documents.jsonl"] = b"".join(json.dumps(one).encode() + b"\n" for one in (first, *rest))
    says = json.loads(content["manifest.json"])
    says["sha256"] = {name: hashlib.sha256(content[name]).hexdigest() for name in says["sha256"]}
    if manifest:
        manifest(says)
    content["manifest.json"] = json.dumps(says).encode()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in content.items():
            new.writestr(name, data)
    return file


def test_a_forged_file_without_a_change_is_whole(elsewhere: Library, file: Path) -> None:
    assert elsewhere.import_from(_forge(file)).verify().ok


_MARKUP = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        ("document", "pages", _MARKUP),
        ("document", "pages", -1),
        ("document", "pages", True),
        ("document", "pages", 1 << 70),
        ("document", "id", 7),
        ("document", "title", None),
        ("document", "content_hash", "not hex"),
        ("document", "problems", "a text"),
        ("document", "unknown", "field"),
        ("chunk", "id", _MARKUP),
        ("chunk", "document_id", "0" * 64),
        ("chunk", "position", 1),
        ("chunk", "text", 5),
        ("chunk", "tokens", "5"),
        ("chunk", "kind", _MARKUP),
        ("chunk", "page", "1"),
        ("chunk", "page_last", 1.5),
        ("chunk", "headings", [_MARKUP, 1]),
        ("chunk", "boxes", {"1": [[0, 0, 1]]}),
        ("chunk", "boxes", {"1": [[0, 0, 1, float("nan")]]}),
        ("chunk", "boxes", {_MARKUP: []}),
        ("chunk", "parent_id", ["a"]),
        ("record", "places", []),
        ("record", "places", [["only a location"]]),
        ("record", "docling", {}),
        ("record", "unknown", 1),
    ],
)
def test_a_value_of_another_type_is_damage(
    elsewhere: Library, file: Path, tmp_path: Path, part: str, field: str, value: object
) -> None:
    def change(record: Any) -> None:
        found = {"record": record, "document": record["document"], "chunk": record["chunks"][0]}
        found[part][field] = value

    with pytest.raises(TransferError, match="not a whole export") as caught:
        elsewhere.import_from(_forge(file, record=change))
    assert "\n" not in caught.value.message
    assert _nothing_came(tmp_path)


def test_ids_are_given_once(elsewhere: Library, file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as whole:
        first = whole.read("documents.jsonl").splitlines(keepends=True)[0]
    with pytest.raises(TransferError, match="the same id"):
        elsewhere.import_from(_forge(file, documents=first * 2))
    assert _nothing_came(tmp_path)


def _unit_vectors(count: int, dimension: int) -> bytes:
    return np.tile(np.eye(1, dimension, dtype="<f4"), (count, 1)).tobytes()


@pytest.mark.parametrize(
    "vectors",
    [
        _unit_vectors(1, 384),
        _unit_vectors(3, 384),
        _unit_vectors(2, 384)[:-1],
        b"",
        np.full((2, 384), np.nan, dtype="<f4").tobytes(),
        np.full((2, 384), np.inf, dtype="<f4").tobytes(),
        np.ones((2, 384), dtype="<f4").tobytes(),
    ],
    ids=["few", "many", "cut", "none", "nan", "infinite", "long"],
)
def test_vectors_are_as_many_as_chunks_and_of_unit_length(
    elsewhere: Library, file: Path, tmp_path: Path, vectors: bytes
) -> None:
    with pytest.raises(TransferError, match=r"not a whole export .*vector"):
        elsewhere.import_from(_forge(file, vectors=vectors))
    assert _nothing_came(tmp_path)


def test_vectors_are_of_the_dimension_of_their_embedder(elsewhere: Library, file: Path, tmp_path: Path) -> None:
    def three(manifest: Any) -> None:
        manifest["dimension"] = 3

    def three_everywhere(manifest: Any) -> None:
        three(manifest)
        manifest["embedder"] = manifest["embedder"].replace("/384/", "/3/")

    with pytest.raises(TransferError, match="3 dimensions"):
        elsewhere.import_from(_forge(file, vectors=_unit_vectors(2, 3), manifest=three))
    with pytest.raises(EmbedderMismatch):
        elsewhere.import_from(_forge(file, vectors=_unit_vectors(2, 3), manifest=three_everywhere))
    assert _nothing_came(tmp_path)


@pytest.mark.parametrize("embedder", ["nonsense", 5, None, "m@0123456789ab/auto/384/unit", "m@x/torch-fp32/384/unit"])
def test_what_names_no_embedder_is_damage(elsewhere: Library, file: Path, tmp_path: Path, embedder: object) -> None:
    with pytest.raises(TransferError, match="embedder"):
        elsewhere.import_from(_forge(file, manifest=lambda manifest: manifest.update(embedder=embedder)))
    assert _nothing_came(tmp_path)


@pytest.mark.parametrize("model", ["someone/model", "~nobody-here/model"])
def test_a_file_cannot_have_a_model_fetched(elsewhere: Library, file: Path, tmp_path: Path, model: str) -> None:
    forged = _forge(file, manifest=lambda m: m.update(embedder=f"{model}@0123456789ab/torch-fp32/384/unit"))
    with pytest.raises(EmbedderMismatch, match=f"'{model}', which is not here") as caught:
        elsewhere.import_from(forged)
    assert f"ROUNDTABLE_EMBEDDING__MODEL={model}" in caught.value.hint
    assert _nothing_came(tmp_path)


def test_an_import_under_another_embedder_leaves_nothing(file: Path, tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "elsewhere")
    other = settings.model_copy(update={"embedding": settings.embedding.model_copy(update={"model": str(tmp_path)})})
    with closing(Library(other, exclusive=True)) as library, pytest.raises(EmbedderMismatch):
        library.import_from(file)
    assert _nothing_came(tmp_path)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(manifest_bytes=100), "manifest.json is larger than 100 bytes"),
        (Limits(ratio=1, free_bytes=0), "more than 1 times its size"),
    ],
)
def test_a_file_over_a_limit_is_refused_unread(file: Path, limits: Limits, message: str) -> None:
    with pytest.raises(TransferError, match=message), open_archive(file, limits):
        pass


def test_a_file_that_unpacks_to_far_more_is_refused(elsewhere: Library, file: Path) -> None:
    with pytest.raises(TransferError, match="more than 200 times its size"):
        elsewhere.import_from(_forge(file, documents=b" " * (64 << 20)))


def test_a_document_is_neither_written_nor_read_over_the_limit(
    library: Library, elsewhere: Library, file: Path, tmp_path: Path
) -> None:
    small, tell = Limits(line_bytes=100), lambda *_: None
    with library.open("default").unchanging() as parts:
        with pytest.raises(TransferError, match="too large to export"):
            write_archive(parts, tmp_path / "large", tell, small)
        with open_archive(file, small) as archive, pytest.raises(TransferError, match="larger than 100 bytes"):
            archive.unpack(parts, tell)
    assert not (tmp_path / "large").exists()


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_what_unpacks_piece_by_piece_is_read(elsewhere: Library, file: Path, packing: int) -> None:
    with zipfile.ZipFile(file) as old:
        content = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(file, "w", packing) as new:
        for name, data in content.items():
            new.writestr(name, data)
    with pytest.raises(TransferError, match="packed as no export"):
        elsewhere.import_from(file)


def test_damage_in_a_packed_member_is_damage(elsewhere: Library, file: Path) -> None:
    with zipfile.ZipFile(file) as whole:
        start = whole.getinfo("documents.jsonl").header_offset + 60
    data = bytearray(file.read_bytes())
    data[start : start + 40] = b"\xff" * 40
    file.write_bytes(data)
    with pytest.raises(TransferError, match="not a whole export"):
        elsewhere.import_from(file)


def test_an_export_is_written_over_nothing_but_an_export(library: Library, file: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada")
    zipped = tmp_path / "letter.zip"
    with zipfile.ZipFile(zipped, "w") as other:
        other.write(letter, "letter.txt")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for taken in (letter, zipped, pipe):
        with pytest.raises(TransferError, match="is there already"):
            library.export("default", taken)
    assert letter.read_text() == "Dear Ada"
    assert library.export("default", file) == file.stat().st_size


@pytest.mark.parametrize("target", ["", ".", "/", ".."])
def test_an_export_is_a_file_and_no_folder(library: Library, target: str) -> None:
    with pytest.raises(TransferError, match="is a folder"):
        library.export("default", Path(target))


def test_an_empty_knowledge_base_is_not_exported(elsewhere: Library, tmp_path: Path) -> None:
    elsewhere.create("empty")
    with pytest.raises(TransferError, match="is empty"):
        elsewhere.export("empty", tmp_path / "file")
