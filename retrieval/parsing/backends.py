"""Formats that carry their own structure: one Docling backend each, no models."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from docling.datamodel.backend_options import HTMLBackendOptions
from docling.datamodel.base_models import InputFormat
from docling.datamodel.document import InputDocument, get_input_rejection_cause
from docling.datamodel.pipeline_options import ConvertPipelineOptions
from docling.pipeline.simple_pipeline import SimplePipeline
from docling_core.types.doc import DoclingDocument

from retrieval.errors import ParseError
from retrieval.parsing.plain_text import read_text

DOCLING = f"docling-{version('docling-slim')}"

_OFFICE = "application/vnd.openxmlformats-officedocument"
_BACKENDS = {
    f"{_OFFICE}.presentationml.presentation": (InputFormat.PPTX, "mspowerpoint_backend.MsPowerpointDocumentBackend"),
    f"{_OFFICE}.spreadsheetml.sheet": (InputFormat.XLSX, "msexcel_backend.MsExcelDocumentBackend"),
    f"{_OFFICE}.wordprocessingml.document": (InputFormat.DOCX, "msword_backend.MsWordDocumentBackend"),
    "application/epub+zip": (InputFormat.EPUB, "epub_backend.EpubDocumentBackend"),
    "application/jats+xml": (InputFormat.XML_JATS, "xml.jats_backend.JatsDocumentBackend"),
    "application/vnd.ms-outlook": (InputFormat.EMAIL, "email_backend.EmailDocumentBackend"),
    "application/x-latex": (InputFormat.LATEX, "latex_backend.LatexDocumentBackend"),
    "message/rfc822": (InputFormat.EMAIL, "email_backend.EmailDocumentBackend"),
    "text/asciidoc": (InputFormat.ASCIIDOC, "asciidoc_backend.AsciiDocBackend"),
    "text/csv": (InputFormat.CSV, "csv_backend.CsvDocumentBackend"),
    "text/html": (InputFormat.HTML, "html_backend.HTMLDocumentBackend"),
    "text/markdown": (InputFormat.MD, "md_backend.MarkdownDocumentBackend"),
    "text/vtt": (InputFormat.VTT, "webvtt_backend.WebVTTDocumentBackend"),
}
_WITHOUT_DECLARED_ENCODING = frozenset(
    {"application/x-latex", "text/asciidoc", "text/csv", "text/markdown", "text/vtt"}
)
_OPTIONS = {"text/html": HTMLBackendOptions(infer_furniture=False)}
"""Text above the first heading of a web page is text."""


def read_structured(path: Path, media_type: str) -> tuple[DoclingDocument, tuple[str, ...]]:
    """The document and what could not be read of it. Raises whatever Docling and its libraries raise."""
    input_format, backend = _BACKENDS[media_type]
    decoded = media_type in _WITHOUT_DECLARED_ENCODING
    source = InputDocument(
        path_or_stream=BytesIO(read_text(path).encode()) if decoded else path,
        filename=path.name,
        format=input_format,
        backend=_load(backend),
        backend_options=_OPTIONS.get(media_type),
    )
    if not source.valid:
        raise get_input_rejection_cause(source) or ParseError(
            f"{path.name} is damaged, or is not what its suffix says.",
            hint="Open it in its own application and save it again.",
        )
    result = _pipeline().execute(source, raises_on_error=True)
    return result.document, tuple(error.error_message for error in result.errors)


def _load(backend: str) -> Any:
    module, name = backend.rsplit(".", 1)
    return getattr(import_module(f"docling.backend.{module}"), name)


@cache
def _pipeline() -> SimplePipeline:
    return SimplePipeline(ConvertPipelineOptions())
