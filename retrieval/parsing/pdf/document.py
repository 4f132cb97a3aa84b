"""Reads a PDF into a document: pages to elements in reading order, elements to document items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from docling_core.types.doc import (
    BoundingBox,
    ContentLayer,
    CoordOrigin,
    DocItem,
    DocItemLabel,
    DoclingDocument,
    NodeItem,
    ProvenanceItem,
    Size,
    TableCell,
    TableData,
    TableItem,
    TextItem,
)

from retrieval.errors import ParseError
from retrieval.parsing.pdf.blocks import Block, blocks
from retrieval.parsing.pdf.columns import in_reading_order
from retrieval.parsing.pdf.contents import contents_table
from retrieval.parsing.pdf.extract import page_count, read_pages
from retrieval.parsing.pdf.furniture import without_furniture
from retrieval.parsing.pdf.grids import ruled_tables
from retrieval.parsing.pdf.headings import Outline
from retrieval.parsing.pdf.lines import Line, join, phrases, rows
from retrieval.parsing.pdf.page import Page, UnreadablePage, Word
from retrieval.parsing.pdf.style import Style
from retrieval.parsing.pdf.tables import Table, aligned_table
from retrieval.parsing.pdf.turned import turned_paragraphs

Element = Block | Table

_LABELS = {"text": DocItemLabel.TEXT, "caption": DocItemLabel.CAPTION}


OnPage = Callable[[int, int], None]
"""Told how many pages are read, and how many there are."""


def read_by_geometry(
    path: Path,
    *,
    password: str | None = None,
    read_scan: Callable[[Page], Page | UnreadablePage] | None = None,
    on_page: OnPage | None = None,
) -> tuple[DoclingDocument, tuple[str, ...]]:
    """The document and which pages could not be read; `read_scan` reads a page without a text layer.

    Raises ParseError when no page has text.
    """
    pages, problems = [], []
    total = page_count(path, password)
    for page in read_pages(path, password):
        known = read_scan(page) if read_scan and isinstance(page, Page) and not page.words else page
        if isinstance(known, Page):
            pages.append(known)
        else:
            problems.append(f"Page {known.number} cannot be read ({known.reason}).")
        if on_page:
            on_page(page.number, total)
    if not any(page.words for page in pages):
        raise ParseError(f"{path.name}: {problems[0]}") if problems else no_text(path, ocr=read_scan is not None)
    lacks = "in which no text was found" if read_scan else "without a text layer"
    problems += [f"Page {page.number} is a picture {lacks}." for page in pages if page.is_scan and not page.words]
    return geometry_document(path.stem, pages), tuple(problems)


def geometry_document(name: str, pages: Sequence[Page]) -> DoclingDocument:
    """A document from the words and rules of its pages."""
    document = DoclingDocument(name=name)
    _write(document, pages)
    return document


def pages_without_text(document: DoclingDocument) -> list[int]:
    """The numbers of the pages on which nothing stands but pictures."""
    items = (item for item, _ in document.iterate_items(included_content_layers=set(ContentLayer)))
    texts = (item for item in items if isinstance(item, TableItem) or (isinstance(item, TextItem) and item.text))
    told = {place.page_no for item in texts for place in item.prov}
    return [number for number in document.pages if number not in told]


def add_pages(document: DoclingDocument, pages: Sequence[Page]) -> None:
    """Write what stands on `pages`, which have no text in `document` yet, in its place among the other pages."""
    _write(document, pages)
    number, placed = 0, []
    for child in document.body.children:
        number = _first_page(document, child.resolve(document)) or number
        placed.append((number, child))
    document.body.children = [child for _, child in sorted(placed, key=lambda pair: pair[0])]


def _first_page(document: DoclingDocument, item: NodeItem) -> int | None:
    if isinstance(item, DocItem) and item.prov:
        return int(item.prov[0].page_no)
    children = (_first_page(document, child.resolve(document)) for child in item.children)
    return next((number for number in children if number), None)


def _write(document: DoclingDocument, pages: Sequence[Page]) -> None:
    for page in pages:
        document.add_page(page_no=page.number, size=Size(width=page.width, height=page.height))
    elements = _in_order(pages) if any(page.words for page in pages) else []
    writer = _Writer(document, Outline.of(element for element in elements if isinstance(element, Block)))
    for passage in _passages(elements):
        writer.add(passage)


def _in_order(pages: Sequence[Page]) -> list[Element]:
    """The blocks and tables of all pages in reading order, without what repeats in the margins."""
    lines = [rows(page.level_words) for page in pages]
    style = Style.of(lines)
    elements: list[Element] = []
    for page, own, words in zip(pages, lines, without_furniture(pages, style.size), strict=True):
        elements += _elements(page, words, style.on_page(own))
    return elements


def no_text(path: Path, *, ocr: bool) -> ParseError:
    """The error for a PDF of pictures without text, or with text that was not looked for."""
    if ocr:
        return ParseError(f"{path.name} contains no text.", hint="Only documents with text can be searched.")
    return ParseError(
        f"{path.name} has no text layer (scanned, or drawn as pictures).", hint="Set parsing.ocr to true to read it."
    )


def _elements(page: Page, words: Sequence[Word], style: Style) -> Iterator[Element]:
    """The blocks and tables of a page in reading order."""
    ruled = ruled_tables(page.number, words, page.rules)
    in_tables = {word for _, taken in ruled for word in taken}
    loose = phrases(word for word in words if word not in in_tables and not word.turn)
    for paragraph in turned_paragraphs(word for word in words if word.turn and word not in in_tables):
        yield Block("text", page.number, tuple(paragraph))
    rtl = 2 * sum(word.rtl for word in words) > len(words)
    for column in in_reading_order([*loose, *(table for table, _ in ruled)], right_to_left=rtl):
        yield from _column_elements(page.number, column, style)


def _column_elements(page: int, column: Sequence[Line | Table], style: Style) -> Iterator[Element]:
    lines = rows(word for item in column if isinstance(item, Line) for word in item.words)
    tables = [item for item in column if isinstance(item, Table)]
    above: list[Line] = []
    placed: list[Line | Table] = [*lines, *tables]
    for item in sorted(placed, key=lambda item: item.area.top):
        if isinstance(item, Line):
            above.append(item)
        else:
            yield from _line_elements(page, above, style)
            yield item
            above = []
    yield from _line_elements(page, above, style)


def _line_elements(page: int, lines: Sequence[Line], style: Style) -> Iterator[Element]:
    start = at = 0
    while at < len(lines):
        table, taken = contents_table(page, lines[at:])
        if not table:
            table, taken = aligned_table(page, lines[at:])
        if table:
            yield from blocks(lines[start:at], page, style)
            yield table
            start = at + taken
        at += max(taken, 1)
    yield from blocks(lines[start:], page, style)


def _passages(elements: Iterable[Element]) -> Iterator[list[Element]]:
    """Elements one by one, but a paragraph together with its continuations, and a table with its caption."""
    passage: list[Element] = []
    for element in elements:
        if passage and not _goes_on(passage, element):
            yield passage
            passage = []
        passage.append(element)
    if passage:
        yield passage


def _goes_on(passage: Sequence[Element], element: Element) -> bool:
    last = passage[-1]
    if isinstance(last, Block):
        return last.continues_in(element) if isinstance(element, Block) else last.is_table_caption
    return isinstance(element, Block) and element.is_table_caption and len(passage) == 1


class _Writer:
    """Adds passages to a document."""

    def __init__(self, document: DoclingDocument, outline: Outline) -> None:
        self._document, self._outline = document, outline
        self._list: Any = None

    def add(self, passage: Sequence[Element]) -> None:
        """Add a table with its caption, or the parts of one block; list items that follow each other make a list."""
        blocks = [element for element in passage if isinstance(element, Block)]
        tables = [element for element in passage if isinstance(element, Table)]
        if tables or blocks[0].kind != "list_item":
            self._list = None
        if tables:
            self._add_table(tables[0], blocks)
        else:
            self._add_blocks(blocks)

    def _add_table(self, table: Table, captions: Sequence[Block]) -> None:
        data = TableData(table_cells=_cells(table), num_rows=table.rows, num_cols=table.columns)
        caption = self._add_blocks(captions) if captions else None
        label = DocItemLabel.DOCUMENT_INDEX if table.is_contents else DocItemLabel.TABLE
        self._document.add_table(data=data, caption=caption, prov=self._place(table, (0, 0)), label=label)

    def _add_blocks(self, blocks: Sequence[Block]) -> Any:
        first, document = blocks[0], self._document
        text, places = self._run(blocks)
        level = self._outline.level(first) if first.kind == "heading" else None
        if level == 0:
            item = document.add_title(text=text)
        elif level:
            item = document.add_heading(text=text, level=level)
        elif first.kind == "code":
            item = document.add_code(text=text)
        elif first.kind == "list_item":
            self._list = self._list or document.add_list_group()
            item = document.add_list_item(
                text=text, enumerated=first.is_numbered, marker=first.marker, parent=self._list
            )
        else:
            item = document.add_text(label=_LABELS[first.kind], text=text)
        item.prov = places
        return item

    def _run(self, blocks: Sequence[Block]) -> tuple[str, list[ProvenanceItem]]:
        """The text of blocks that make one passage, and which part of it stands where."""
        text, places = "", []
        for block in blocks:
            text = join((text, block.body))
            places.append(self._place(block, (len(text) - len(block.body), len(text))))
        return text, places

    def _place(self, element: Element, span: tuple[int, int]) -> ProvenanceItem:
        area, page = element.area, self._document.pages[element.page]
        box = BoundingBox(l=area.left, t=area.top, r=area.right, b=area.bottom, coord_origin=CoordOrigin.TOPLEFT)
        return ProvenanceItem(page_no=element.page, bbox=box.to_bottom_left_origin(page.size.height), charspan=span)


def _cells(table: Table) -> list[TableCell]:
    return [
        TableCell(
            text=cell.text,
            row_span=cell.row_end - cell.row,
            col_span=cell.column_end - cell.column,
            start_row_offset_idx=cell.row,
            end_row_offset_idx=cell.row_end,
            start_col_offset_idx=cell.column,
            end_col_offset_idx=cell.column_end,
            column_header=cell.row < table.header_rows,
        )
        for cell in table.cells
    ]
