"""Found by one sentence, read with its neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrieval.chunking.pieces import Piece, Run, runs
from retrieval.chunking.ruler import Ruler
from retrieval.chunking.tables import table_parts
from retrieval.sentences import split

NEIGHBOURS = 2
"""Sentences or rows on either side that are read with the one that is found."""


def sentence_window(passages: Sequence[Piece], ruler: Ruler) -> Iterator[Piece]:
    """A piece per sentence and per table row, which is embedded with its column names; code as it fits."""
    for found in runs(passages):
        if isinstance(found, Run):
            yield from _sentences(found, ruler)
        elif table_parts(found.text)[1]:
            yield from _rows(found, ruler)
        else:
            yield from ruler.fitting(found)


def _sentences(run: Run, ruler: Ruler) -> Iterator[Piece]:
    text = run.text
    sentences = split(text)
    for number, sentence in enumerate(sentences):
        around = sentences[max(number - NEIGHBOURS, 0) : number + NEIGHBOURS + 1]
        yield from _found_by(sentence.shown, run.part(around[0].start, around[-1].end), ruler)


def _rows(table: Piece, ruler: Ruler) -> Iterator[Piece]:
    caption, header, rows = table_parts(table.text)
    for number in range(len(rows)):
        around = "".join(rows[max(number - NEIGHBOURS, 0) : number + NEIGHBOURS + 1])
        shown = "\n".join(row.shown for row in split(header + rows[number]))
        if shown:
            yield from _found_by(caption + shown, replace(table, text=(caption + header + around).strip()), ruler)


def _found_by(sentence: str, window: Piece, ruler: Ruler) -> Iterator[Piece]:
    """`window` once for each piece of `sentence` that the embedder can read."""
    for part in ruler.fitting(replace(window, text=sentence)):
        yield replace(window, searched=part.text)
