"""A knowledge base as one file: a ZIP of a manifest, the documents with their chunks, and the vectors."""

from retrieval.transfer.reading import Archive, open_archive
from retrieval.transfer.writing import write_archive

__all__ = ["Archive", "open_archive", "write_archive"]
