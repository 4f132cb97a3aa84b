"""One file in, one parsed and chunked document out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from docling_core.types.doc import DoclingDocument, SectionHeaderItem

from configs.settings import ParsingSettings
from retrieval.chunking import Chunker, document_title
from retrieval.errors import ParseError
from retrieval.language import detect_language
from retrieval.locations import file_name
from retrieval.parsing.failures import as_parse_error
from retrieval.parsing.formats import PDF, TEXT, check_file, identify
from retrieval.parsing.names import shown
from retrieval.parsing.parsers import DOCLING, LEGACY, LIBREOFFICE, OCR, PLAIN_TEXT
from retrieval.parsing.tidy import drop_images, head_pages
from retrieval.types import ChunkDraft, ParsedDocument

if TYPE_CHECKING:
    from retrieval.parsing.ocr import Ocr
    from retrieval.parsing.pdf.document import OnPage
    from retrieval.parsing.pdf_reader import PdfReader

_LIBREOFFICE_SHARE = 0.8
"""How much of the time for a document its conversion may take."""


class DoclingParser:
    """Reads every supported format; implements the `Parser` port. What a format needs is loaded when it first comes."""

    def __init__(self, settings: ParsingSettings, *, chunker: Chunker, password: str | None = None) -> None:
        self._settings = settings
        self._chunker = chunker
        self._password = password

    def parse(self, path: Path, *, on_page: OnPage | None = None) -> ParsedDocument:
        """Read and cut `path`. Raises ParseError when nothing readable is in it, MemoryError when it is too big."""
        check_file(path, max_mb=self._settings.max_file_mb)
        with _printable(path) as named, as_parse_error(named):
            return self._parse(named, on_page)

    def cut(self, docling_json: str) -> tuple[ChunkDraft, ...]:
        """The chunks of a document kept as JSON. Raises ParseError when it is not a Docling document."""
        try:
            document = DoclingDocument.model_validate_json(docling_json)
        except ValueError as error:
            raise ParseError("The kept structure of a document is damaged.", hint="Ingest it again.") from error
        return self._chunker.chunks(document)

    def _parse(self, path: Path, on_page: OnPage | None) -> ParsedDocument:
        started = time.perf_counter()
        kind = identify(path)
        document, parser, problems = self._read(path, kind, on_page)
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

    def _read(self, path: Path, kind: str, on_page: OnPage | None) -> tuple[DoclingDocument, str, tuple[str, ...]]:
        if kind == PDF:
            return self._pdf_reader.read(path, on_page=on_page)
        if kind == TEXT:
            from retrieval.parsing.plain_text import read_text, text_document

            return text_document(read_text(path), name=path.stem), PLAIN_TEXT, ()
        if kind.startswith("image/"):
            return self._read_picture(path, on_page)
        if kind in LEGACY:
            return self._read_legacy(path, kind), LIBREOFFICE, ()
        from retrieval.parsing.backends import read_structured

        return read_structured(path, kind), DOCLING, ()

    def _read_picture(self, path: Path, on_page: OnPage | None) -> tuple[DoclingDocument, str, tuple[str, ...]]:
        if self._ocr is None:
            raise ParseError(f"{path.name} is a picture, and reading those is off.", hint="Set parsing.ocr to true.")
        from retrieval.parsing.pictures import read_picture

        document, problems = read_picture(path, self._ocr, self._settings, on_page=on_page)
        return document, OCR, problems

    def _read_legacy(self, path: Path, kind: str) -> DoclingDocument:
        from retrieval.parsing.backends import read_structured
        from retrieval.parsing.formats import SUFFIXES
        from retrieval.parsing.office import converted

        with converted(path, LEGACY[kind], timeout_s=_LIBREOFFICE_SHARE * self._settings.timeout_s) as modern:
            document = read_structured(modern, SUFFIXES[f".{LEGACY[kind]}"])
        document.name = path.stem
        return document

    @cached_property
    def _ocr(self) -> Ocr | None:
        if not self._settings.ocr:
            return None
        from retrieval.parsing.ocr import Ocr

        return Ocr()

    @cached_property
    def _pdf_reader(self) -> PdfReader:
        from retrieval.parsing.pdf_reader import PdfReader

        return PdfReader(self._settings, ocr=self._ocr, password=self._password)


@contextmanager
def _printable(path: Path) -> Iterator[Path]:
    """`path`, or a link to it with a name that can be printed: libraries and JSON take no other."""
    if shown(str(path)) == str(path):
        yield path
        return
    with TemporaryDirectory(prefix="roundtable-name-") as folder:
        link = Path(folder) / file_name(shown(path.name))
        link.symlink_to(path.absolute())
        yield link


def _first_heading(document: DoclingDocument) -> str | None:
    headings = (item.text.strip() for item in document.texts if isinstance(item, SectionHeaderItem))
    return next((heading for heading in headings if heading), None)
