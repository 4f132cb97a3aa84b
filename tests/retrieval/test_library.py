"""A knowledge base from real files: ingest, search, sync, verify, locks."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.settings import EmbeddingSettings, Settings, load_settings
from retrieval.errors import (
    DataDirectoryInUse,
    EmbedderMismatch,
    EmptyQuery,
    SourceError,
    UnknownDocument,
    UnknownKnowledgeBase,
)
from retrieval.indexes import Indexes
from retrieval.knowledge_base import KnowledgeBase
from retrieval.library import Library
from retrieval.stores.catalogue import Catalogue


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with three documents in it, and the documents, to be copied by each test."""
    root = tmp_path_factory.mktemp("built")
    folder = root / "documents"
    folder.mkdir()
    (folder / "lamp.md").write_text("# Lamp\n\n## Warranty\n\nThe lamp has a warranty of two years.\n")
    (folder / "lens.md").write_text("# Lens\n\nThe lens is ground by hand in Tromsø.\n")
    (folder / "假期.md").write_text("# 员工手册\n\n## 年假\n\n员工每年有十二天带薪年假。\n")
    library = Library(load_settings(data_dir=root / "data"), exclusive=True)
    library.create("default").ingest([folder])
    library.close()
    return root


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    library = Library(settings, exclusive=True, command="test")
    yield library
    library.close()


@pytest.fixture
def folder(built: Path) -> Iterator[Path]:
    """The three documents, put back after each test as they were."""
    folder = built / "documents"
    before = {path: (path.read_bytes(), path.stat()) for path in folder.iterdir()}
    yield folder
    for path in set(folder.iterdir()) - set(before):
        path.unlink()
    for path, (content, _) in before.items():
        path.write_bytes(content)


@pytest.fixture
def stocked(built: Path, settings: Settings) -> Iterator[Library]:
    """A library with the three documents in the knowledge base `default`."""
    shutil.copytree(built / "data", settings.home)
    library = Library(settings, exclusive=True, command="test")
    yield library
    library.close()


@pytest.fixture
def kb(stocked: Library) -> KnowledgeBase:
    return stocked.open("default")


def _indexes(kb: KnowledgeBase) -> Indexes:
    with kb.unchanging() as parts:
        return parts.indexes()


def _found(kb: KnowledgeBase, query: str, **options: object) -> list[str]:
    return [Path(hit.document.source).name for hit in kb.search(query, **options).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", ["dense", "lexical", "hybrid"])
def test_an_english_question_finds_its_passage(kb: KnowledgeBase, strategy: str) -> None:
    hit = kb.search("How long is the warranty of the lamp?", strategy=strategy, k=1).hits[0]
    assert Path(hit.document.source).name == "lamp.md"
    assert hit.chunk.headings == ("Lamp", "Warranty")
    assert "two years" in hit.chunk.text


@pytest.mark.parametrize("strategy", ["lexical", "hybrid"])
def test_a_chinese_question_is_not_dragged_down_by_an_english_embedder(kb: KnowledgeBase, strategy: str) -> None:
    result = kb.search("年假有几天？", strategy=strategy, k=1)
    assert Path(result.hits[0].document.source).name == "假期.md"
    assert "dense" not in result.hits[0].scores


def test_every_stage_leaves_a_step(kb: KnowledgeBase) -> None:
    names = [step.name for step in kb.search("warranty").steps]
    assert names == ["embed", "dense", "lexical", "vectors", "fusion", "feedback", "dense", "fusion", "fetch"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"source": "lens.md"}, ["lens.md"]),
        ({"source": "*/documents/l*.md"}, ["lamp.md", "lens.md"]),
        ({"language": "zh"}, ["假期.md"]),
        ({"language": "en", "title": "Lamp"}, ["lamp.md"]),
        ({"source": "nothing"}, []),
        ({"title": "Lens"}, ["lens.md"]),
    ],
)
def test_filters_limit_where_to_look(kb: KnowledgeBase, filters: dict[str, str], expected: list[str]) -> None:
    assert sorted(set(_found(kb, "the lamp warranty 年假", filters=filters))) == expected


def test_an_unknown_filter_or_strategy_lists_the_known_ones(kb: KnowledgeBase) -> None:
    with pytest.raises(ConfigError, match="source, media_type"):
        kb.search("x", filters={"colour": "red"})
    with pytest.raises(ConfigError, match="dense, hybrid"):
        kb.search("x", strategy="magic")


def test_odd_questions_are_searched_without_harm(kb: KnowledgeBase) -> None:
    for text in ("\x00", "\ud800", "<|endoftext|>", "?" * 5000, "灯 " * 3000):
        kb.search(text)


def test_a_blank_query_is_refused(kb: KnowledgeBase) -> None:
    with pytest.raises(EmptyQuery):
        kb.search(" \n")


def test_a_second_ingest_changes_nothing(kb: KnowledgeBase, folder: Path) -> None:
    report = kb.ingest([folder])
    assert {outcome.status for outcome in report.documents} == {"unchanged"}
    assert report.chunks_total == 3
    assert report.stage_seconds["embed"] == 0


def test_an_edited_document_replaces_its_chunks(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lamp.md").write_text("# Lamp\n\nThe lamp now has a warranty of five years.\n")
    report = kb.ingest([folder])
    assert [o.status for o in report.documents].count("indexed") == 1
    texts = [hit.chunk.text for hit in kb.search("warranty of the lamp").hits]
    assert any("five years" in text for text in texts)
    assert not any("two years" in text for text in texts)
    assert kb.verify().ok


def test_a_removed_file_is_no_longer_found(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lens.md").unlink()
    assert [o.status for o in kb.ingest([folder]).documents].count("removed") == 1
    assert "lens.md" not in _found(kb, "Who grinds the lens?")
    assert kb.verify().ok


def test_one_bad_file_never_stops_the_others(library: Library, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 garbage")
    (folder / "empty.md").write_text("")
    (folder / "picture.xyz").write_bytes(b"?")
    outcomes = {Path(o.source).name: o for o in library.create("default").ingest([folder]).documents}
    failed = {name for name, outcome in outcomes.items() if outcome.status == "failed"}
    assert failed == {"broken.pdf", "empty.md", "picture.xyz"}
    assert all(outcomes[name].error for name in failed)
    assert outcomes["lamp.md"].status == "indexed"


def test_an_edit_that_cannot_be_read_keeps_the_old_version(kb: KnowledgeBase, folder: Path) -> None:
    (folder / "lamp.md").write_text("")
    kb.ingest([folder])
    assert "lamp.md" in _found(kb, "warranty of the lamp")


def test_cancelling_keeps_what_was_done_and_stays_consistent(library: Library, tmp_path: Path) -> None:
    folder, cancel = tmp_path / "many", threading.Event()
    folder.mkdir()
    for i in range(300):
        (folder / f"{i:03}.md").write_text(f"# Note {i}\n\nThe number of this note is {i}.\n")
    kb = library.create("default")
    report = kb.ingest([folder], cancel=cancel, progress=lambda *_: cancel.set())
    assert 0 < len(report.documents) < 300
    assert len(kb.documents()) == len(report.documents)
    assert kb.verify().ok
    assert len(kb.ingest([folder]).documents) == 300


def test_a_missing_path_touches_nothing(kb: KnowledgeBase, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        kb.ingest([tmp_path / "nowhere"])
    assert len(kb.documents()) == 3


def test_removing_names_every_document_first(kb: KnowledgeBase) -> None:
    with pytest.raises(UnknownDocument, match=r"'nothing\.md'"):
        kb.remove(["lamp.md", "nothing.md"])
    assert len(kb.documents()) == 3
    assert kb.remove(["lamp.md"]) == 1
    assert kb.verify().ok


def test_verify_finds_and_repairs_what_an_index_lost_or_kept(kb: KnowledgeBase, stocked: Library) -> None:
    indexes = _indexes(kb)
    lost = sorted(indexes.words.ids())[0]
    indexes.vectors.delete([lost])
    indexes.words.add(["stray"], ["stray"], ["d"])
    report = kb.verify()
    assert not report.ok
    assert (report.vectors, report.lexical) == (2, 4)
    assert len(report.problems) == 2
    assert kb.verify(repair=True).ok


def test_what_a_failed_write_left_is_mended_by_the_next_one(
    kb: KnowledgeBase, folder: Path, settings: Settings
) -> None:
    catalogue = Catalogue(settings.home / "roundtable.sqlite")
    catalogue.mark(1, dirty=True)
    catalogue.close()
    _indexes(kb).words.add(["stray"], ["stray"], ["d"])
    (folder / "new.md").write_text("# New\n\nA new document.\n")
    kb.ingest([folder])
    assert kb.verify().ok
    assert "new.md" in _found(kb, "a new document")


def test_an_index_that_cannot_be_read_is_rebuilt_after_a_crash(
    stocked: Library, kb: KnowledgeBase, settings: Settings
) -> None:
    stocked.close()
    catalogue = Catalogue(settings.home / "roundtable.sqlite")
    catalogue.mark(1, dirty=True)
    catalogue.close()
    for file in (settings.home / "indexes").rglob("*"):
        if file.is_file():
            file.write_bytes(b"garbage")
    reopened = Library(settings, exclusive=True)
    assert reopened.open("default").verify().ok
    assert "lamp.md" in _found(reopened.open("default"), "warranty of the lamp")
    reopened.close()


def test_repairing_builds_an_index_anew_that_cannot_be_read(
    stocked: Library, kb: KnowledgeBase, settings: Settings
) -> None:
    stocked.close()
    for file in (settings.home / "indexes").rglob("chroma.sqlite3"):
        file.write_bytes(b"garbage")
    reopened = Library(settings, exclusive=True)
    assert reopened.repair("default").ok
    assert "lamp.md" in _found(reopened.open("default"), "warranty of the lamp")
    reopened.close()


def test_knowledge_bases_do_not_see_each_other(stocked: Library, kb: KnowledgeBase, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# Other\n\nThe lamp of another warranty.\n")
    other = stocked.create("other")
    other.ingest([tmp_path / "other.md"])
    assert _found(other, "warranty of the lamp") == ["other.md"]
    assert "other.md" not in _found(kb, "warranty of the lamp")
    stocked.delete("other")
    assert stocked.names() == ["default"]
    assert kb.verify().ok


def test_unknown_and_unusable_names_are_refused(library: Library) -> None:
    with pytest.raises(UnknownKnowledgeBase, match="'nobody'"):
        library.open("nobody")
    with pytest.raises(ConfigError, match="cannot name a knowledge base"):
        library.create("../escape")


def test_another_embedder_is_refused_with_the_remedy(kb: KnowledgeBase, stocked: Library, settings: Settings) -> None:
    stocked.close()
    other = settings.model_copy(update={"embedding": EmbeddingSettings(backend="torch-fp32")})
    library = Library(other, exclusive=True)
    with pytest.raises(EmbedderMismatch, match="kb reembed --kb default"):
        library.open("default")
    library.close()


def test_readers_share_a_data_directory_and_a_writer_is_alone(
    kb: KnowledgeBase, stocked: Library, settings: Settings
) -> None:
    with pytest.raises(DataDirectoryInUse, match=r"in use by process \d+ \(test\)"):
        Library(settings, exclusive=False)
    stocked.close()
    first, second = Library(settings, exclusive=False), Library(settings, exclusive=False)
    assert _found(first.open("default"), "lamp") == _found(second.open("default"), "lamp")
    first.close()
    second.close()


def test_searching_from_many_threads_gives_the_same_answers(kb: KnowledgeBase) -> None:
    queries = ["warranty of the lamp", "who grinds the lens", "年假有几天"]
    expected = [_found(kb, query) for query in queries]
    results: list[list[list[str]]] = []
    threads = [threading.Thread(target=lambda: results.append([_found(kb, q) for q in queries])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8
