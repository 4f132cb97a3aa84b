"""Documents to chunks fit for citing; it loads docling_core, so only parsing workers import it."""

from retrieval.chunking.chunker import Chunker, open_chunker
from retrieval.chunking.passages import document_title

__all__ = ["Chunker", "document_title", "open_chunker"]
