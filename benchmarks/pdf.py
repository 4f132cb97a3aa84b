"""How well and how fast PDFs are read without layout models, beside Docling's native pipeline.

    python -m benchmarks.pdf FOLDER

Every X.pdf with an X.json beside it, a DoclingDocument as the full pipeline writes it, gives a row of a Markdown table;
`pdf_scores` defines the figures. Seconds are processor seconds of one process, the best of three readings after a first
one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from docling_core.types.doc import DoclingDocument

from benchmarks.pdf_scores import F1, cell_f1, heading_f1, mean, text_order

PASSES = 6
"""Readings of all files in one turn: enough that who waits at the end for the other hardly counts."""

ROUNDS = 3
HEAD = "| PDF | pages | text order | headings F1 | cells F1 | cell texts F1 | s/page |\n|---|--:|--:|--:|--:|--:|--:|"
Read = Callable[[Path], DoclingDocument]


@dataclass(frozen=True)
class Row:
    """The figures of one reader on one file."""

    pages: int
    order: float
    headings: F1
    cells: F1
    texts: F1
    seconds: float

    @property
    def figures(self) -> list[float | None]:
        """The columns of the table; none where the reference has no heading or no table."""
        scores = [score.value if score.wanted else None for score in (self.headings, self.cells, self.texts)]
        return [self.order, *scores, self.seconds / self.pages]


def geometry(path: Path) -> DoclingDocument:
    """Read by geometry."""
    from retrieval.parsing.pdf.document import read_by_geometry

    return read_by_geometry(path)[0]


def native(path: Path) -> DoclingDocument:
    """Read by Docling's native pipeline: the lines as the file holds them."""
    document: DoclingDocument = _native_converter().convert(path).document
    return document


@cache
def _native_converter() -> Any:
    from docling.datamodel.base_models import InputFormat
    from docling.document_converter import DocumentConverter, NativePdfFormatOption

    options = NativePdfFormatOption()
    return DocumentConverter(allowed_formats=[InputFormat.PDF], format_options={InputFormat.PDF: options})


def measure(read: Read, path: Path) -> Row:
    """Read `path` and compare with the reference beside it."""
    wanted = DoclingDocument.load_from_json(path.with_suffix(".json"))
    found, seconds = read(path), []
    for _ in range(ROUNDS):
        started = time.process_time()
        read(path)
        seconds.append(time.process_time() - started)
    cells, texts = cell_f1(found, wanted), cell_f1(found, wanted, placed=False)
    return Row(len(wanted.pages), text_order(found, wanted), heading_f1(found, wanted), cells, texts, min(seconds))


def speedup(paths: Sequence[Path]) -> tuple[float, float]:
    """How many times as fast two worker processes are as one, by the wall clock and by their processor seconds.

    Both read all `paths` several times, in turns, and the best turn of each counts. By the processor, two workers are
    twice as fast when together they need no more seconds than one.
    """
    context = get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as one, ProcessPoolExecutor(2, mp_context=context) as two:
        turns = [(*_turn(one, paths), *_turn(two, paths)) for _ in range(ROUNDS + 1)]
    one_wall, one_cpu, two_wall, two_cpu = (min(figures) for figures in zip(*turns, strict=True))
    return one_wall / two_wall, 2 * one_cpu / two_cpu


def _turn(pool: ProcessPoolExecutor, paths: Sequence[Path]) -> tuple[float, float]:
    started = time.perf_counter()
    processor = sum(pool.map(_seconds, [*paths] * PASSES))
    return time.perf_counter() - started, processor


def _seconds(path: Path) -> float:
    started = time.process_time()
    geometry(path)
    return time.process_time() - started


def table(rows: dict[str, tuple[Row, Row]]) -> str:
    """The figures as Markdown, each cell `by geometry / native`, with their means below."""
    lines = [HEAD, *(_line(name, one.pages, one.figures, two.figures) for name, (one, two) in rows.items())]
    ours, theirs = zip(*rows.values(), strict=True)
    lines.append(_line("**mean**", sum(row.pages for row in ours), _means(ours), _means(theirs)))
    return "\n".join(lines)


def _line(name: str, pages: int, ours: Iterable[float | None], theirs: Iterable[float | None]) -> str:
    pairs = zip(ours, theirs, strict=True)
    cells = ("–" if one is None or two is None else f"{one:.3f} / {two:.3f}" for one, two in pairs)
    return f"| {name} | {pages} | {' | '.join(cells)} |"


def _means(rows: Sequence[Row]) -> list[float | None]:
    columns = zip(*(row.figures for row in rows), strict=True)
    means: list[float | None] = [mean(value for value in column if value is not None) for column in columns]
    return [*means[:-1], sum(row.seconds for row in rows) / sum(row.pages for row in rows)]


if __name__ == "__main__":
    pdfs = [path for path in sorted(Path(sys.argv[1]).glob("*.pdf")) if path.with_suffix(".json").exists()]
    print(table({path.stem: (measure(geometry, path), measure(native, path)) for path in pdfs}))
    wall, processor = speedup(pdfs)
    print(
        f"\nTwo workers are {wall:.2f} times as fast as one by the clock, {processor:.2f} by their processor seconds."
    )
