"""Formats that carry their own structure: one Docling backend each, no models."""

from __future__ import annotations

import re
import zipfile
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from docling.datamodel.backend_options import HTMLBackendOptions
from docling.datamodel.base_models import InputFormat
from docling.datamodel.document import InputDocument, get_input_rejection_cause
from docling_core.types.doc import DoclingDocument

from retrieval.errors import ParseError
from retrieval.parsing.formats import DOCX, JATS, ODP, ODS, ODT, PPTX, USPTO, XLSX
from retrieval.parsing.hazards import check_container, check_markdown, check_markup
from retrieval.parsing.plain_text import decode, read_text

_BACKENDS = {
    PPTX: (InputFormat.PPTX, "mspowerpoint_backend.MsPowerpointDocumentBackend"),
    XLSX: (InputFormat.XLSX, "msexcel_backend.MsExcelDocumentBackend"),
    DOCX: (InputFormat.DOCX, "msword_backend.MsWordDocumentBackend"),
    "application/epub+zip": (InputFormat.EPUB, "epub_backend.EpubDocumentBackend"),
    JATS: (InputFormat.XML_JATS, "xml.jats_backend.JatsDocumentBackend"),
    "application/vnd.box.boxnote": (InputFormat.BOXNOTE, "boxnote_backend.BoxNoteDocumentBackend"),
    "application/vnd.ms-outlook": (InputFormat.EMAIL, "email_backend.EmailDocumentBackend"),
    "application/x-latex": (InputFormat.LATEX, "latex_backend.LatexDocumentBackend"),
    "message/rfc822": (InputFormat.EMAIL, "email_backend.EmailDocumentBackend"),
    "multipart/related": (InputFormat.MHTML, "html_backend.HTMLDocumentBackend"),
    "text/asciidoc": (InputFormat.ASCIIDOC, "asciidoc_backend.AsciiDocBackend"),
    "text/csv": (InputFormat.CSV, "csv_backend.CsvDocumentBackend"),
    "text/html": (InputFormat.HTML, "html_backend.HTMLDocumentBackend"),
    "text/markdown": (InputFormat.MD, "md_backend.MarkdownDocumentBackend"),
    "text/vtt": (InputFormat.VTT, "webvtt_backend.WebVTTDocumentBackend"),
    ODP: (InputFormat.ODP, "opendocument_backend.OdpDocumentBackend"),
    ODS: (InputFormat.ODS, "opendocument_backend.OdsDocumentBackend"),
    ODT: (InputFormat.ODT, "opendocument_backend.OdtDocumentBackend"),
    USPTO: (InputFormat.XML_USPTO, "xml.uspto_backend.PatentUsptoDocumentBackend"),
}
_WITHOUT_DECLARED_ENCODING = frozenset(
    {"application/x-latex", "text/asciidoc", "text/csv", "text/markdown", "text/vtt"}
)
_HEAD = 8192
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.S)
_KNOWN_JATS = (b"JATS-journalpublishing", b"JATS-archive")
_JATS_DOCTYPE = b'<!DOCTYPE article SYSTEM "JATS-archivearticle1.dtd">\n'
_OPTIONS = {"text/html": HTMLBackendOptions(infer_furniture=False)}
"""Text above the first heading of a web page is text."""


def read_structured(path: Path, media_type: str) -> DoclingDocument:
    """The document. Raises whatever Docling and its libraries raise.

    Docling's pipeline for these formats does no more than this, and loads what only its models need.
    """
    input_format, name = _BACKENDS[media_type]
    source = InputDocument(
        path_or_stream=_harmless(path, media_type),
        filename=path.name,
        format=input_format,
        backend=_load(name),
        backend_options=_OPTIONS.get(media_type),
    )
    if not source.valid:
        raise get_input_rejection_cause(source) or ParseError(
            f"{path.name} is damaged, or is not what its suffix says.",
            hint="Open it in its own application and save it again.",
        )
    backend = source._backend
    try:
        return backend.convert()
    finally:
        backend.unload()


def _harmless(path: Path, media_type: str) -> Path | BytesIO:
    """The file, checked, or its text where the format does not say how it is encoded."""
    if zipfile.is_zipfile(path):
        check_container(path, media_type)
    elif media_type == "text/html":
        check_markup(path, decode(path.read_bytes()))
    if media_type == JATS:
        return BytesIO(_declared_jats(path.read_bytes()))
    if media_type not in _WITHOUT_DECLARED_ENCODING:
        return path
    text = read_text(path)
    if media_type == "text/markdown":
        check_markdown(path, text)
    return BytesIO(text.encode())


def _declared_jats(data: bytes) -> bytes:
    """The article with a document type that Docling knows, which older and shorter declarations lack."""
    found = _DOCTYPE.search(data[:_HEAD])
    if found and any(known in found[0] for known in _KNOWN_JATS):
        return data
    bare = data.replace(found[0], b"", 1) if found else data
    return bare.replace(b"<article", _JATS_DOCTYPE + b"<article", 1)


def _load(backend: str) -> Any:
    module, name = backend.rsplit(".", 1)
    return getattr(import_module(f"docling.backend.{module}"), name)
