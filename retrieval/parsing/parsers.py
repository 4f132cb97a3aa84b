"""The names of the parsers, as documents record them, and which one would read a document now."""

from __future__ import annotations

import shutil
from importlib.metadata import version

from configs.settings import ParsingSettings
from retrieval.parsing.layout_models import layout_models

DOCLING = f"docling-{version('docling-slim')}"
PLAIN_TEXT = f"{DOCLING}/plain-text"
GEOMETRY = f"{DOCLING}/pdf-geometry"
LAYOUT = f"{DOCLING}/layout"
OCR = f"{DOCLING}/ocr"
LIBREOFFICE = f"{DOCLING}/libreoffice"
WITH_OCR = "+ocr"
"""Added to the name when pages were read by OCR: all of them where the layout models have found no text at all."""
WITHOUT_OCR = "+scans-skipped"
"""Added to the name when pages would have needed OCR, and it was switched off."""

LEGACY = {
    "application/msword": "docx",
    "application/rtf": "docx",
    "application/vnd.ms-excel": "xlsx",
    "application/vnd.ms-powerpoint": "pptx",
}
"""Formats only LibreOffice reads, and what it makes of them."""


def current_parser(media_type: str, settings: ParsingSettings) -> str:
    """The parser that would read a document of this type now, without what is added for OCR; loads no library."""
    if media_type == "application/pdf":
        return LAYOUT if layout_models(settings.layout_models) else GEOMETRY
    if media_type.startswith("image/"):
        return OCR
    if media_type in LEGACY:
        return LIBREOFFICE
    return PLAIN_TEXT if media_type == "text/plain" else DOCLING


def reader_version(settings: ParsingSettings) -> str:
    """What decides whether a document can be read: another value, and what was refused is worth another try."""
    models, office = layout_models(settings.layout_models), shutil.which("soffice")
    return f"{DOCLING} {settings.model_dump_json()} {models} {office}"


def is_current(parser: str, media_type: str, settings: ParsingSettings) -> bool:
    """Whether the recorded `parser` is still the best for this type; if not, reading the document again helps."""
    if settings.ocr and parser.endswith(WITHOUT_OCR):
        return False
    return parser.removesuffix(WITH_OCR).removesuffix(WITHOUT_OCR) == current_parser(media_type, settings)
