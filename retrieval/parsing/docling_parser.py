"""One file in, one parsed and chunked document out."""

from __future__ import annotations

import time
from pathlib import Path

from docling_core.types.doc import DoclingDocument, SectionHeaderItem

from retrieval.chunking import Chunker, document_title
from retrieval.errors import ParseError
from retrieval.language import detect_language
from retrieval.parsing.backends import DOCLING, read_structured
from retrieval.parsing.failures import as_parse_error
from retrieval.parsing.formats import check_file, media_type
from retrieval.parsing.pdf_reader import PdfReader
from retrieval.parsing.plain_text import read_text, text_document
from retrieval.parsing.tidy import drop_images, head_pages
from retrieval.types import ParsedDocument


class DoclingParser:
    """Reads every supported format; implements the `Parser` port."""

    def __init__(self, *, tokenizer: Path, max_tokens: int, max_file_mb: int) -> None:
        self._chunker = Chunker(tokenizer, max_tokens)
        self._pdf_reader = PdfReader()
        self._max_file_mb = max_file_mb

    def parse(self, path: Path) -> ParsedDocument:
        """Read and cut `path`. Raises ParseError when nothing readable is in it, MemoryError when it is too big."""
        kind = media_type(path)
        check_file(path, max_mb=self._max_file_mb)
        started = time.perf_counter()
        with as_parse_error(path):
            document, parser, problems = self._read(path, kind)
            title = document_title(document) or _first_heading(document) or path.stem
            drop_images(document)
            head_pages(document, title)
            read = time.perf_counter()
            chunks = self._chunker.chunks(document)
        if not chunks:
            raise ParseError(f"{path.name} contains no text.", hint="Only documents with text can be searched.")
        return ParsedDocument(
            media_type=kind,
            parser=parser,
            pages=len(document.pages),
            title=title,
            language=detect_language("\n".join(chunk.text for chunk in chunks)),
            docling_json=document.model_dump_json(by_alias=True, exclude_none=True),
            chunks=chunks,
            problems=problems,
            parse_s=read - started,
            chunk_s=time.perf_counter() - read,
        )

    def _read(self, path: Path, kind: str) -> tuple[DoclingDocument, str, tuple[str, ...]]:
        if kind == "text/plain":
            return text_document(read_text(path), name=path.stem), f"{DOCLING}/plain-text", ()
        if kind == "application/pdf":
            return self._pdf_reader.read(path)
        document, problems = read_structured(path, kind)
        return document, DOCLING, problems


def _first_heading(document: DoclingDocument) -> str | None:
    headings = (item.text.strip() for item in document.texts if isinstance(item, SectionHeaderItem))
    return next((heading for heading in headings if heading), None)
