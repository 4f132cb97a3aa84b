"""Chroma, embedded and as a server, and tantivy keep the contracts of the ports."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrieval.errors import StoreError
from retrieval.ports import LexicalIndex, VectorIndex
from retrieval.stores.chroma import ChromaIndex, open_client
from retrieval.stores.lexical import TantivyIndex
from tests.retrieval.stores.contract import AXES, LexicalIndexContract, VectorIndexContract


class TestEmbeddedChroma(VectorIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[VectorIndex]:
        client = open_client(tmp_path, None)
        yield ChromaIndex(client, "kb-test")
        client.close()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--host", "127.0.0.1", "--port", str(port)]
    folder = str(tmp_path_factory.mktemp("chroma"))
    process = subprocess.Popen([*command, "--path", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


class TestChromaServer(VectorIndexContract):
    @pytest.fixture
    def index(self, url: str, tmp_path: Path) -> Iterator[VectorIndex]:
        client = open_client(tmp_path, url)
        index = ChromaIndex(client, "kb-test")
        yield index
        index.drop()
        client.close()


def test_a_chroma_server_that_is_down_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="vector index failed"):
        open_client(tmp_path, "http://127.0.0.1:9")


class TestTantivy(LexicalIndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[LexicalIndex]:
        index = TantivyIndex(tmp_path)
        yield index
        index.close()


def test_both_indexes_survive_closing(tmp_path: Path) -> None:
    client = open_client(tmp_path / "chroma", None)
    ChromaIndex(client, "kb-test").add(["x"], AXES[:1], ["d"])
    client.close()
    words = TantivyIndex(tmp_path / "words")
    words.add(["x"], ["kept"], ["d"])
    words.close()
    client = open_client(tmp_path / "chroma", None)
    assert ChromaIndex(client, "kb-test").ids() == {"x"}
    client.close()
    assert list(TantivyIndex(tmp_path / "words").search("kept", 1)) == ["x"]
