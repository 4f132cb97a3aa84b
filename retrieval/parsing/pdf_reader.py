"""Reads PDFs with Docling's layout and table models where they are installed, else by geometry and OCR."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
from docling_core.types.doc import DoclingDocument

from configs.settings import ParsingSettings, docling_models
from retrieval.errors import ParseError
from retrieval.parsing.layout_models import LayoutModels, layout_models
from retrieval.parsing.ocr import DOTS_PER_INCH, NO_TIME, TIME_SHARE, Ocr
from retrieval.parsing.parsers import GEOMETRY, LAYOUT, WITH_OCR, WITHOUT_OCR
from retrieval.parsing.pdf.document import OnPage, add_pages, pages_without_text, read_by_geometry
from retrieval.parsing.pdf.extract import page_count
from retrieval.parsing.pdf.page import Page, UnreadablePage

_POINTS_PER_INCH = 72
_MOST_PIXELS = 20_000_000
"""A4 at 200 dots per inch has 3.9 million; larger sheets are drawn more coarsely."""


class PdfReader:
    """Tries the models once; the network is never asked for them."""

    def __init__(self, settings: ParsingSettings, *, ocr: Ocr | None, password: str | None) -> None:
        self._ocr = ocr
        self._password = password
        self._max_pages = settings.max_pages
        self._ocr_s = TIME_SHARE * settings.timeout_s
        self._converter: Any = None
        self._notes: tuple[str, ...] = ()
        models = layout_models(settings.layout_models)
        named = docling_models()
        if models:
            self._load(models)
        elif settings.layout_models != "off" and named is not None:
            self._notes = (f"Read by geometry: DOCLING_ARTIFACTS_PATH is {named}, which is no folder.",)

    def read(self, path: Path, *, on_page: OnPage | None) -> tuple[DoclingDocument, str, tuple[str, ...]]:
        """The document, which parser read it, and what could not be read.

        Raises ParseError when the file is locked, damaged, too long or without text.
        """
        pages = page_count(path, self._password)
        if pages > self._max_pages:
            raise ParseError(
                f"{path.name} has {pages} pages; at most {self._max_pages} are read.",
                hint="Split it, or raise parsing.max_pages.",
            )
        until = time.monotonic() + self._ocr_s
        if self._converter is None:
            return self._read_by_geometry(path, until, on_page)
        return self._read_by_layout(path, until, on_page)

    def add_scans(self, document: DoclingDocument, path: Path, *, until: float) -> tuple[str, tuple[str, ...]]:
        """Write what OCR reads on the pages without text into `document`; which parser that makes, and what is left.

        `until` is the time, on the monotonic clock, after which no further page is begun.
        """
        missing = pages_without_text(document)
        if self._ocr is None or not missing:
            left = (f"Page {number} holds nothing that was read." for number in missing)
            return LAYOUT + WITHOUT_OCR if missing else LAYOUT, tuple(left)
        with closing(pypdfium2.PdfDocument(path, password=self._password)) as drawn:
            scans = _Scans(drawn, self._ocr, until)
            blank = (Page(number=number, width=0, height=0, words=(), is_scan=True) for number in missing)
            read = [scans.read(page) for page in blank]
        add_pages(document, [page for page in read if isinstance(page, Page) and page.words])
        return LAYOUT + WITH_OCR if scans.found else LAYOUT, tuple(_lacking(read))

    def _read_by_geometry(
        self, path: Path, until: float, on_page: OnPage | None
    ) -> tuple[DoclingDocument, str, tuple[str, ...]]:
        with closing(pypdfium2.PdfDocument(path, password=self._password)) as drawn:
            scans = _Scans(drawn, self._ocr, until) if self._ocr else None
            document, problems = read_by_geometry(
                path, password=self._password, read_scan=scans.read if scans else None, on_page=on_page
            )
        if scans:
            parser = GEOMETRY + WITH_OCR if scans.found else GEOMETRY
        else:
            parser = GEOMETRY + WITHOUT_OCR if problems else GEOMETRY
        return document, parser, (*self._notes, *problems)

    def _read_by_layout(
        self, path: Path, until: float, on_page: OnPage | None
    ) -> tuple[DoclingDocument, str, tuple[str, ...]]:
        """The models are not asked for the text of pictures: pages without any other text go to OCR."""
        result = self._converter.convert(path)
        document = result.document
        if not any(item.text for item in document.texts) and not document.tables:
            document, parser, problems = self._read_by_geometry(path, until, on_page)
            return document, parser.replace(GEOMETRY, LAYOUT), problems
        parser, problems = self.add_scans(document, path, until=until)
        return document, parser, (*(error.error_message for error in result.errors), *problems)

    def _load(self, models: LayoutModels) -> None:
        from docling.datamodel.backend_options import PdfBackendOptions
        from docling.datamodel.base_models import InputFormat
        from docling.datamodel.pipeline_options import PdfPipelineOptions
        from docling.document_converter import DocumentConverter, PdfFormatOption

        options = PdfFormatOption(
            pipeline_options=PdfPipelineOptions(do_ocr=False, artifacts_path=models.folder),
            backend_options=PdfBackendOptions(password=self._password),
        )
        converter = DocumentConverter(allowed_formats=[InputFormat.PDF], format_options={InputFormat.PDF: options})
        try:
            converter.initialize_pipeline(InputFormat.PDF)
        except Exception as error:  # noqa: BLE001 - without its models docling raises whatever its libraries raise
            reason = str(error).strip().split("\n")[0]
            place = models.folder or "the model hub's cache"
            self._notes = (f"Read by geometry: the layout models in {place} cannot be loaded ({reason}).",)
        else:
            self._converter = converter


def _lacking(pages: Iterable[Page | UnreadablePage]) -> Iterator[str]:
    for page in pages:
        if isinstance(page, UnreadablePage):
            yield f"Page {page.number} cannot be read ({page.reason})."
        elif not page.words:
            yield f"Page {page.number} holds nothing that was read."


class _Scans:
    """Draws the pages that have no words and has them read."""

    def __init__(self, document: pypdfium2.PdfDocument, ocr: Ocr, until: float) -> None:
        self._document = document
        self._ocr = ocr
        self._until = until
        self.found = False

    def read(self, page: Page) -> Page | UnreadablePage:
        """The page with the words that OCR finds on it, upright as a viewer shows it, as long as there is time."""
        if page.is_scan and time.monotonic() > self._until:
            return UnreadablePage(page.number, NO_TIME)
        try:
            return self._read(page)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - one page's failure, whatever it is, stays its own
            return UnreadablePage(page.number, str(error).strip().split("\n")[0] or type(error).__name__)

    def _read(self, page: Page) -> Page:
        drawn = self._document[page.number - 1]
        width, height = drawn.get_size()
        scale = min(DOTS_PER_INCH / _POINTS_PER_INCH, (_MOST_PIXELS / (width * height)) ** 0.5)
        picture = drawn.render(scale=scale).to_pil().convert("RGB")
        words = self._ocr.words(picture, x=width / picture.width, y=height / picture.height)
        self.found = self.found or bool(words)
        return replace(page, words=words, width=width, height=height)
