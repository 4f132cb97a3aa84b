"""What can go wrong with documents and their indexes.

RetrievalError
├── SourceError               a path does not exist, is empty, unreadable or unsupported
├── ParseError                a document is corrupt, encrypted, empty, too large or took too long
│   └── ReaderBroken          the reader itself cannot start, whatever the document
├── EmbeddingError            a model cannot be loaded, or its weights are not the ones expected
├── StoreError                an index or the catalogue cannot be opened, or failed
│   ├── DataDirectoryInUse    another process owns the data directory
│   ├── EmbedderMismatch      the index was made with another embedder
│   └── TransferError         a file is no exported knowledge base, or is damaged
├── UnknownKnowledgeBase      no knowledge base of that name
├── UnknownDocument           no such document in the knowledge base
├── EmptyQuery                nothing to look for
└── DatasetError              an evaluation dataset is incomplete or malformed
"""

from __future__ import annotations

from configs.errors import AppError


class RetrievalError(AppError):
    """Any failure of the document side."""


class SourceError(RetrievalError):
    """A path does not exist, or holds nothing that can be read."""


class ParseError(RetrievalError):
    """One document could not be turned into text; the others go on."""


class ReaderBroken(ParseError):
    """Nothing can be read at all; the document may be fine."""


class EmbeddingError(RetrievalError):
    """An embedding model cannot be loaded or trusted."""


class StoreError(RetrievalError):
    """An index or the catalogue cannot be opened, or refused an operation."""


class DataDirectoryInUse(StoreError):
    """Another process owns the data directory."""


class EmbedderMismatch(StoreError):
    """The index was made with another embedder than the one configured."""


class TransferError(StoreError):
    """A file is not an exported knowledge base, or not a whole one."""


class UnknownKnowledgeBase(RetrievalError):
    """No knowledge base has that name."""


class UnknownDocument(RetrievalError):
    """The knowledge base holds no such document."""


class EmptyQuery(RetrievalError):
    """There is nothing to look for."""


class DatasetError(RetrievalError):
    """An evaluation dataset is incomplete or malformed."""
