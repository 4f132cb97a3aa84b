"""Another embedder, or another way of cutting: built beside, changed over in one step, or not at all."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from configs.settings import ChunkingSettings, EmbeddingSettings, Settings
from retrieval.embedding.weights import BUNDLED_NAMES, locate
from retrieval.errors import EmbeddingError, UnknownKnowledgeBase
from retrieval.library import Library
from retrieval.stores.catalogue import Catalogue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for i in range(12):
        paragraphs = "\n\n".join(f"Note {i} says in line {j} that the tide is at {i + j} o'clock." for j in range(9))
        (folder / f"{i:02}.md").write_text(f"# Note {i}\n\n{paragraphs}\n")
    return folder


@pytest.fixture
def library(settings: Settings, folder: Path) -> Iterator[Library]:
    library = Library(settings, exclusive=True)
    library.create("default").ingest([folder])
    yield library
    library.close()


@pytest.fixture
def other_model(tmp_path: Path) -> Path:
    """The bundled model under another name, as a folder of the user's."""
    folder = tmp_path / "other-model"
    shutil.copytree(locate(BUNDLED_NAMES[0]).folder, folder)
    return folder


def test_an_index_is_rebuilt_with_another_model_and_read_with_it_from_then_on(
    library: Library, settings: Settings, other_model: Path
) -> None:
    before = library.open("default")
    told: list[int] = []
    after = library.reembed("default", str(other_model), tell=lambda _, done, __: told.append(done))
    assert after is before
    assert after.embedder.fingerprint.startswith(str(other_model))
    assert told[-1] == 12
    assert "o'clock" in after.search("When is the tide of note 3?", strategy="dense").hits[0].chunk.text
    assert len(list((settings.home / "indexes").iterdir())) == 1
    library.close()
    reopened = Library(settings, exclusive=True)
    kb = reopened.open("default")
    assert kb.embedder.fingerprint.startswith(str(other_model))
    assert kb.verify().ok
    reopened.close()


def test_an_index_of_another_configured_model_can_still_be_rebuilt(
    library: Library, settings: Settings, other_model: Path
) -> None:
    library.close()
    configured = settings.model_copy(update={"embedding": EmbeddingSettings(model=str(other_model))})
    reopened = Library(configured, exclusive=True)
    reopened.reembed("default")
    assert reopened.open("default").embedder.fingerprint.startswith(str(other_model))
    reopened.close()


def test_new_settings_of_chunking_cut_the_kept_structure(library: Library, settings: Settings, folder: Path) -> None:
    before = library.open("default").chunk_counts()
    documents = library.open("default").documents()
    shutil.rmtree(folder)
    library.close()
    smaller = settings.model_copy(update={"chunking": ChunkingSettings(max_tokens=48)})
    reopened = Library(smaller, exclusive=True)
    kb = reopened.reembed("default")
    assert sum(kb.chunk_counts().values()) > sum(before.values())
    assert kb.documents() == documents
    assert kb.verify().ok
    reopened.close()


def test_a_failure_leaves_the_old_index_serving(library: Library, settings: Settings) -> None:
    kb = library.open("default")
    before = [hit.chunk.id for hit in kb.search("the tide of note 3").hits]
    with pytest.raises(EmbeddingError):
        library.reembed("default", "no/such-model")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.reembed("default", tell=stop)
    assert [hit.chunk.id for hit in kb.search("the tide of note 3").hits] == before
    assert library.names() == ["default"]
    assert len(list((settings.home / "indexes").iterdir())) == 1
    with pytest.raises(UnknownKnowledgeBase):
        library.reembed("nobody")


def test_searches_go_on_while_an_index_is_rebuilt(library: Library) -> None:
    kb = library.open("default")
    done, found = threading.Event(), []

    def search() -> None:
        while not done.is_set():
            found.append(len(kb.search("the tide of note 3", k=5).hits))

    searching = threading.Thread(target=search)
    searching.start()
    library.reembed("default")
    done.set()
    searching.join()
    assert set(found) == {5}


def test_what_a_killed_rebuild_left_is_swept_away(library: Library, settings: Settings) -> None:
    library._catalogue.begin("all-MiniLM-L6-v2@x/torch-fp32/384/unit")
    (settings.home / "indexes" / "leftover-0" / "chroma").mkdir(parents=True)
    library.close()
    reopened = Library(settings, exclusive=True)
    assert reopened.names() == ["default"]
    assert len(list((settings.home / "indexes").iterdir())) == 1
    assert reopened.open("default").verify().ok
    reopened.close()


def test_a_model_that_reads_less_gets_shorter_chunks(library: Library, other_model: Path) -> None:
    config = other_model / "sentence_bert_config.json"
    values = json.loads(config.read_text()) | {"max_seq_length": 40}
    config.write_text(json.dumps(values))
    kb = library.reembed("default", str(other_model))
    tokens = [chunk.tokens for document in kb.documents() for chunk in kb.chunks(document.id)]
    assert max(tokens) <= 40


class _Interrupted(Catalogue):
    """A catalogue whose user presses Ctrl-C in the moment of the change-over."""

    def put_in_place(self, built: int, name: str) -> None:
        super().put_in_place(built, name)
        raise KeyboardInterrupt


def test_an_interrupt_after_the_change_over_keeps_the_new_index(library: Library, settings: Settings) -> None:
    library._catalogue.close()
    library._catalogue = _Interrupted(settings.home / "roundtable.sqlite")
    library._opened.clear()
    with pytest.raises(KeyboardInterrupt):
        library.reembed("default")
    library.close()
    reopened = Library(settings, exclusive=True)
    kb = reopened.open("default")
    assert len(kb.documents()) == 12
    assert kb.verify().ok
    assert kb.search("the tide of note 3").hits
    reopened.close()


def test_an_index_whose_model_is_gone_can_still_be_seen_and_rebuilt(
    library: Library, settings: Settings, other_model: Path
) -> None:
    library.reembed("default", str(other_model))
    library.close()
    shutil.rmtree(other_model)
    reopened = Library(settings, exclusive=True)
    kb = reopened.open("default")
    assert len(kb.documents()) == 12
    with pytest.raises(EmbeddingError, match="neither a folder nor bundled"):
        kb.search("the tide")
    reopened.reembed("default", BUNDLED_NAMES[0])
    assert kb.search("the tide of note 3").hits
    reopened.close()
