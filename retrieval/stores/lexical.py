"""The word index: BM25 by tantivy; the only home of tantivy."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tantivy

from retrieval.errors import StoreError
from retrieval.stores.analysis import terms

_ANALYZER = "words"
_HEAP_BYTES = 30_000_000


class TantivyIndex:
    """See `LexicalIndex`. English words are stemmed and stop words dropped; other words are kept as they are."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._lock, self._analyzer = threading.Lock(), _analyzer()
        with _tantivy_errors():
            self._index = tantivy.Index(_schema(), path=str(folder))
            self._index.register_tokenizer(_ANALYZER, self._analyzer)
        self._writer: Any = None

    def add(self, ids: Sequence[str], texts: Sequence[str], document_ids: Sequence[str]) -> None:
        """See `LexicalIndex.add`."""
        with self._writing() as writer:
            for chunk_id, text, document_id in zip(ids, texts, document_ids, strict=True):
                writer.delete_documents_by_term("id", chunk_id)
                body = " ".join(terms(text))
                writer.add_document(tantivy.Document(id=chunk_id, document_id=document_id, body=body))

    def delete(self, ids: Sequence[str]) -> None:
        """See `LexicalIndex.delete`."""
        with self._writing() as writer:
            for chunk_id in ids:
                writer.delete_documents_by_term("id", chunk_id)

    def search(self, text: str, k: int, document_ids: Sequence[str] | None = None) -> Mapping[str, float]:
        """See `LexicalIndex.search`."""
        words = self._analyzer.analyze(" ".join(terms(text)))
        if not words:
            return {}
        with _tantivy_errors():
            schema = self._index.schema
            either = [(tantivy.Occur.Should, tantivy.Query.term_query(schema, "body", w, "freq")) for w in words]
            query = tantivy.Query.boolean_query(either)
            if document_ids is not None:
                wanted = tantivy.Query.term_set_query(schema, "document_id", list(document_ids))
                query = query.and_must_match(tantivy.Query.const_score_query(wanted, 0.0))
            searcher = self._index.searcher()
            hits = searcher.search(query, limit=k).hits
            return {searcher.doc(address)["id"][0]: float(score) for score, address in hits}

    def ids(self) -> set[str]:
        """See `LexicalIndex.ids`."""
        with _tantivy_errors():
            searcher = self._index.searcher()
            hits = searcher.search(tantivy.Query.all_query(), limit=max(searcher.num_docs, 1), count=False).hits
            return {searcher.doc(address)["id"][0] for _, address in hits}

    def close(self) -> None:
        """Let go of the writer."""
        with self._lock:
            if self._writer is not None:
                self._writer.wait_merging_threads()
                self._writer = None

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        with self._lock, _tantivy_errors():
            if self._writer is None:
                self._writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
            yield self._writer
            self._writer.commit()
            self._index.reload()


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("document_id", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("body", tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


def _analyzer() -> Any:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
        .filter(tantivy.Filter.remove_long(80))
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


@contextmanager
def _tantivy_errors() -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        raise StoreError(f"The word index failed: {error}", hint="Run `kb verify --repair`.") from error
