"""Reads PDFs with Docling's layout and table models where they are installed, else by geometry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docling.datamodel.settings import settings
from docling_core.types.doc import DoclingDocument

from retrieval.parsing.backends import DOCLING
from retrieval.parsing.layout_models import layout_models
from retrieval.parsing.pdf.document import no_text_layer, read_by_geometry
from retrieval.parsing.pdf.extract import check_pdf


class PdfReader:
    """Tries the models once; the network is never asked for them."""

    def __init__(self) -> None:
        self._converter: Any = None
        self._notes: tuple[str, ...] = ()
        folder = layout_models()
        if folder:
            self._load(folder)
        elif settings.artifacts_path:
            self._notes = (
                f"Read by geometry: DOCLING_ARTIFACTS_PATH is {settings.artifacts_path}, which is no folder.",
            )
            settings.artifacts_path = None

    def read(self, path: Path) -> tuple[DoclingDocument, str, tuple[str, ...]]:
        """The document, which parser read it, and what could not be read. Raises ParseError when there is no text."""
        check_pdf(path)
        if self._converter is None:
            document, problems = read_by_geometry(path)
            return document, f"{DOCLING}/pdf-geometry", (*self._notes, *problems)
        result = self._converter.convert(path)
        if not any(item.text for item in result.document.texts) and not result.document.tables:
            raise no_text_layer(path)
        return result.document, DOCLING, tuple(error.error_message for error in result.errors)

    def _load(self, folder: Path) -> None:
        from docling.datamodel.base_models import InputFormat
        from docling.datamodel.pipeline_options import PdfPipelineOptions
        from docling.document_converter import DocumentConverter, PdfFormatOption

        options = PdfFormatOption(pipeline_options=PdfPipelineOptions(do_ocr=False))
        converter = DocumentConverter(allowed_formats=[InputFormat.PDF], format_options={InputFormat.PDF: options})
        try:
            converter.initialize_pipeline(InputFormat.PDF)
        except Exception as error:  # noqa: BLE001 - without its models docling raises whatever its libraries raise
            reason = str(error).strip().split("\n")[0]
            self._notes = (f"Read by geometry: the layout models in {folder} cannot be loaded ({reason}).",)
        else:
            self._converter = converter
