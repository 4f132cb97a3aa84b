"""Scores every way to cut documents on chunking_evaluation, by the measures of its authors.

    python -m benchmarks.chunking FOLDER [NAME...]

FOLDER holds `raw/*.md` and `queries.jsonl` (https://github.com/brandonstarxel/chunking_evaluation). The chunks of all
documents are searched together, five per question: by the vectors alone, as the authors do, and by the hybrid search.
The measures are defined in https://research.trychroma.com/evaluating-chunking; `recursive` is the splitter
that their table begins with.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.locating import Range, Source
from benchmarks.splitting import recursive
from configs.settings import ChunkingSettings, EmbeddingSettings, ParsingSettings
from retrieval import identity
from retrieval.chunking import open_chunker
from retrieval.chunking.embedder_tokens import EmbedderTokens
from retrieval.embedding.open import open_embedder
from retrieval.embedding.weights import BUNDLED_NAMES, locate
from retrieval.parsing.docling_parser import DoclingParser
from retrieval.pipeline import Pipeline
from retrieval.ports import Embedder, Vectors
from retrieval.stores.lexical import TantivyIndex
from retrieval.strategy import load_strategy
from retrieval.types import Chunk, ChunkDraft, Document, Query

TOP = 5


@dataclass(frozen=True)
class Question:
    """What is asked, the document that answers it, and where."""

    text: str
    document: str
    references: tuple[Range, ...]


@dataclass(frozen=True)
class Placed:
    """A chunk and where its text stands in its document."""

    chunk: Chunk
    ranges: tuple[Range, ...]


class Nearest:
    """A `VectorIndex` without approximation, of one corpus."""

    def __init__(self, ids: Sequence[str], vectors: Vectors) -> None:
        self._ids, self._vectors = list(ids), vectors
        self._rows = {chunk_id: row for row, chunk_id in enumerate(ids)}

    def search(self, vector: Vectors, k: int, document_ids: Sequence[str] | None = None) -> Mapping[str, float]:
        """See `VectorIndex.search`; there is nothing to filter by."""
        assert document_ids is None
        scores = self._vectors @ vector
        return {self._ids[row]: float(scores[row]) for row in np.argsort(-scores, kind="stable")[:k]}

    def fetch(self, ids: Sequence[str]) -> Vectors:
        """See `VectorIndex.fetch`."""
        found: Vectors = self._vectors[[self._rows[chunk_id] for chunk_id in ids]]
        return found


def characters(ranges: Sequence[Range]) -> set[int]:
    """Every character position in the ranges."""
    return {position for start, end in ranges for position in range(start, end)}


def length(ranges: Sequence[Range]) -> int:
    """Characters in the ranges, those in several counted as often."""
    return sum(end - start for start, end in ranges)


def scores(question: Question, found: Sequence[Placed]) -> tuple[float, float, float]:
    """Recall, precision and intersection over union of what was found."""
    wanted = characters(question.references)
    hit = wanted & characters([r for p in found if p.chunk.document_id == question.document for r in p.ranges])
    retrieved = sum(length(placed.ranges) for placed in found) or 1
    return len(hit) / length(question.references), len(hit) / retrieved, len(hit) / (retrieved + len(wanted - hit))


def holding(question: Question, corpus: Sequence[Placed]) -> set[int]:
    """The characters of all chunks of the document that hold something of the references."""
    held: set[int] = set()
    for placed in corpus:
        inside = (start < stop and begin < end for start, end in placed.ranges for begin, stop in question.references)
        if placed.chunk.document_id == question.document and any(inside):
            held |= characters(placed.ranges)
    return held


def omega(question: Question, held: set[int]) -> tuple[float, float]:
    """Precision if exactly the chunks that hold something of the references were found, and their recall."""
    wanted = characters(question.references)
    return len(wanted & held) / len(wanted | held), len(wanted & held) / len(wanted)


class Bench:
    """The dataset, read once, and the embedder that all ways of cutting share."""

    def __init__(self, folder: Path) -> None:
        self.questions = [_question(json.loads(line)) for line in (folder / "queries.jsonl").open(encoding="utf-8")]
        paths = sorted((folder / "raw").glob("*.md"))
        self.texts = {path.stem: path.read_text(encoding="utf-8") for path in paths}
        settings = EmbeddingSettings()
        self.embedder: Embedder = open_embedder(settings)
        self.tokenizer = locate(settings.model or BUNDLED_NAMES[0]).tokenizer
        self._count = EmbedderTokens(self.tokenizer).count
        parser = self._parser(ChunkingSettings())
        self._parsed = {path.stem: parser.parse(path).docling_json for path in paths}

    def cut(self, settings: ChunkingSettings) -> dict[str, tuple[ChunkDraft, ...]]:
        """The chunks of every document, as the application makes them."""
        parser = self._parser(settings)
        return {name: parser.cut(parsed) for name, parsed in self._parsed.items()}

    def split(self, size: int, overlap: int) -> dict[str, tuple[ChunkDraft, ...]]:
        """The chunks of every document by a recursive splitter."""
        return {
            name: tuple(
                ChunkDraft(text=part, embedded_text=part, tokens=0)
                for part in recursive(text, size, overlap, self._count)
                if part
            )
            for name, text in self.texts.items()
        }

    def run(self, drafts: Mapping[str, Sequence[ChunkDraft]]) -> dict[str, Any]:
        """All measures of one way of cutting, in per cent."""
        started = time.perf_counter()
        corpus = [placed for name, text in self.texts.items() for placed in _place(name, text, drafts[name])]
        vectors = self.embedder.embed([placed.chunk.embedded_text for placed in corpus])
        by_id = {placed.chunk.id: placed for placed in corpus}
        with tempfile.TemporaryDirectory() as folder:
            words = TantivyIndex(Path(folder))
            chunks = [placed.chunk for placed in corpus]
            words.add([c.id for c in chunks], [c.embedded_text for c in chunks], [c.document_id for c in chunks])
            search = self._searching(Nearest(list(by_id), vectors), words, by_id)
            found = {name: [search(question.text, name) for question in self.questions] for name in ("dense", "hybrid")}
        bounds = [omega(question, holding(question, corpus)) for question in self.questions]
        perfect, reachable = zip(*bounds, strict=True)
        return {
            "chunks": len(corpus),
            "characters": round(float(np.mean([len(placed.chunk.text) for placed in corpus]))),
            "omega": _percent(perfect),
            "reachable": _percent(reachable),
            **{name: self._means(results) for name, results in found.items()},
            "seconds": round(time.perf_counter() - started),
        }

    def _parser(self, settings: ChunkingSettings) -> DoclingParser:
        chunker = open_chunker(settings, tokenizer=self.tokenizer, max_tokens=self.embedder.max_tokens)
        return DoclingParser(ParsingSettings(), chunker=chunker)

    def _searching(
        self, vectors: Nearest, words: TantivyIndex, by_id: Mapping[str, Placed]
    ) -> Callable[[str, str], list[Placed]]:
        def fetch(ids: Sequence[str]) -> dict[str, tuple[Chunk, Document]]:
            return {chunk_id: (by_id[chunk_id].chunk, _document(by_id[chunk_id].chunk.document_id)) for chunk_id in ids}

        pipeline = Pipeline(embedder=self.embedder, vectors=vectors, words=words, fetch=fetch)  # type: ignore[arg-type]  # search needs no more of an index

        def search(text: str, name: str) -> list[Placed]:
            query = Query(text=text, search_text=text, language="en")
            hits = pipeline.search(query, strategy=load_strategy(name), name=name, k=TOP).hits
            return [by_id[hit.chunk.id] for hit in hits]

        return search

    def _means(self, found: Sequence[Sequence[Placed]]) -> dict[str, float]:
        measured = [scores(question, results) for question, results in zip(self.questions, found, strict=True)]
        recall, precision, iou = zip(*measured, strict=True)
        return {"recall": _percent(recall), "precision": _percent(precision), "iou": _percent(iou)}


def _question(record: Mapping[str, Any]) -> Question:
    return Question(record["text"], record["doc"], tuple((start, end) for start, end in record["references"]))


def _place(name: str, text: str, drafts: Sequence[ChunkDraft]) -> list[Placed]:
    source = Source(text)
    chunks = [identity.chunk(draft, document=name, position=at) for at, draft in enumerate(drafts)]
    return [Placed(chunk, tuple(source.find(chunk.text))) for chunk in chunks]


def _document(name: str) -> Document:
    return Document(
        id=name,
        location=name,
        source=name,
        content_hash="",
        media_type="text/markdown",
        parser="",
        pages=0,
        title=name,
        language="en",
    )


def _percent(values: Sequence[float]) -> float:
    return round(100 * float(np.mean(values)), 1)


WAYS = [
    ("recursive", 250, 125),
    *(("hybrid", size, overlap) for size, overlap in ((256, 0), (192, 0), (128, 0), (256, 32))),
    *(("fixed", size, overlap) for size, overlap in ((256, 0), (256, 64))),
    ("hierarchical", 256, 0),
    ("sentence-window", 256, 0),
    ("page", 256, 0),
]
"""Name, tokens of a chunk, tokens of overlap."""


def _chunks(bench: Bench, name: str, size: int, overlap: int) -> dict[str, tuple[ChunkDraft, ...]]:
    if name == "recursive":
        return bench.split(size, overlap)
    return bench.cut(ChunkingSettings.model_validate({"strategy": name, "max_tokens": size, "overlap": overlap}))


if __name__ == "__main__":
    _bench = Bench(Path(sys.argv[1]))
    for _way in [way for way in WAYS if not sys.argv[2:] or way[0] in sys.argv[2:]]:
        print(json.dumps({"way": _way, **_bench.run(_chunks(_bench, *_way))}), flush=True)
