"""Refuses within a second what would keep a parser busy for hours or fill the memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from retrieval.errors import ParseError
from retrieval.parsing.formats import ODS, XLSX

MOST_CELLS = 2_000_000
"""Cells of one sheet between the first and the last with a value: Docling looks at each, 2 million take it 20 s."""
MOST_UNPACKED_MB = 512
MOST_RATIO = 200
"""Text packs 3 to 50 times; only padding packs better than this."""
RATIO_COUNTS_FROM_MB = 16
DEEPEST_HTML = 300
"""Docling's time grows with the square of the depth: 0.6 s at 200 levels, 2.3 s at 400."""
MOST_UNCLOSED = 2000
"""Paragraphs and list items without an end tag are nested in each other by Docling's HTML parser, at less cost."""
DEEPEST_QUOTE = 16
"""Docling's time doubles with every level of a Markdown quote from here."""

_VALUE = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*(?<!/)>\s*<(?:\w+:)?(?:v|f|is)\b')
_TAG = re.compile(r"<(/?)([a-zA-Z][\w:-]*)[^<>]*?(/?)>")
_SKIPPED = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.S | re.I)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_END_OPTIONAL = frozenset(("p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option"))
_FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.S | re.M)
_QUOTE = re.compile(r"^[ \t]*((?:>[ \t]*)+)", re.M)
_ODS_PARTS = re.compile(
    rb"<(/?)table:(table|table-row|table-cell|covered-table-cell)(?=[\s/>])([^>]*?)(/?)>",
)
_REPEATED = re.compile(rb'number-(?:rows|columns)-repeated="(\d{1,9})"')


def check_container(path: Path, media_type: str) -> None:
    """Raise ParseError when a ZIP-based document unpacks to too much, or a sheet in it spans too many cells."""
    with zipfile.ZipFile(path) as archive:
        _check_sizes(path, archive)
        if media_type == XLSX:
            spans = _xlsx_spans(archive)
        elif media_type == ODS:
            spans = _ods_spans(archive.read("content.xml"))
        else:
            return
        for rows, columns in spans:
            if rows * columns > MOST_CELLS:
                raise ParseError(
                    f"{path.name} has a sheet of {rows:,} rows and {columns:,} columns; at most {MOST_CELLS:,} "
                    "cells are read.",
                    hint="Delete stray cells far from the table, or split the sheet, and save it again.",
                )


def check_markup(path: Path, text: str) -> None:
    """Raise ParseError when HTML is nested too deeply."""
    tags = [
        (bool(closing), name.lower()) for closing, name, closed in _TAG.findall(_SKIPPED.sub("", text)) if not closed
    ]
    nested = _deepest(closing for closing, name in tags if name not in _VOID | _END_OPTIONAL)
    unclosed = _deepest(closing for closing, name in tags if name in _END_OPTIONAL)
    if nested > DEEPEST_HTML or unclosed > MOST_UNCLOSED:
        raise _too_deep(path)


def _deepest(closings: Iterable[bool]) -> int:
    depth = deepest = 0
    for closing in closings:
        depth = max(depth - 1, 0) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def check_markdown(path: Path, text: str) -> None:
    """Raise ParseError when quotes or the HTML in it are nested too deeply."""
    if any(match[1].count(">") > DEEPEST_QUOTE for match in _QUOTE.finditer(_FENCED.sub("", text))):
        raise _too_deep(path)
    check_markup(path, text)


def _check_sizes(path: Path, archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    total = sum(member.file_size for member in members) / 2**20
    padded = any(
        member.file_size > RATIO_COUNTS_FROM_MB * 2**20 and member.file_size > MOST_RATIO * member.compress_size
        for member in members
    )
    if padded or total > MOST_UNPACKED_MB:
        raise ParseError(
            f"{path.name} would unpack to {total:,.0f} MiB, far more than a document holds.",
            hint="Save it again in its own application.",
        )


def _xlsx_spans(archive: zipfile.ZipFile) -> Iterator[tuple[int, int]]:
    for name in archive.namelist():
        if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", name):
            continue
        cells = [(int(row), _column(letters)) for letters, row in _VALUE.findall(archive.read(name))]
        if cells:
            rows, columns = zip(*cells, strict=True)
            yield max(rows) - min(rows) + 1, max(columns) - min(columns) + 1


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _ods_spans(content: bytes) -> Iterator[tuple[int, int]]:
    """Rows and columns up to the last cell of each table; white below and right of it is not walked."""
    rows = width = columns = repeat = 0
    for closing, part, attributes, closed in _ODS_PARTS.findall(content):
        count = int(match[1]) if (match := _REPEATED.search(attributes)) else 1
        if part == b"table":
            if closing:
                yield rows, columns
            rows = columns = 0
        elif part == b"table-row":
            if not closing:
                repeat, width = count, 0
            if closing or closed:
                rows, columns = rows + repeat, max(columns, width)
        elif not closing:
            width += count


def _too_deep(path: Path) -> ParseError:
    return ParseError(f"{path.name} is nested too deeply to be read.", hint="Flatten its structure.")
