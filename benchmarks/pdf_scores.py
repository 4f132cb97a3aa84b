"""How alike two structured documents are: the order of their words, their headings, and the cells of their tables."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from docling_core.types.doc import DocItemLabel, DoclingDocument, TableItem

Cells = Counter[tuple[str, int, int]]

_MARKUP = re.compile(r"<!--.*?-->|&(?:lt|gt|amp|nbsp|quot);|[\\#|*`]")
_HEADINGS = {DocItemLabel.SECTION_HEADER, DocItemLabel.TITLE}


@dataclass(frozen=True)
class F1:
    """What was found, what should have been, and how much of both is the same."""

    same: int
    found: int
    wanted: int

    @property
    def value(self) -> float:
        """Harmonic mean of precision and recall; 1 when nothing was wanted and nothing found."""
        return 2 * self.same / (self.found + self.wanted) if self.found + self.wanted else 1.0


def words(markdown: str) -> list[str]:
    """Words of a Markdown text in lower case, without its markup and the marks before and behind them."""
    text = unicodedata.normalize("NFKC", _MARKUP.sub(" ", markdown.replace("\\_", "_"))).casefold()
    cleaned = (word.strip("-‐‑–—._·…•◦,;:'\"“”‘’") for word in text.split())
    return [word for word in cleaned if any(character.isalnum() for character in word)]


def text_order(found: DoclingDocument, wanted: DoclingDocument) -> float:
    """Share of words in the same sequence: `difflib`'s ratio over all words of both, from 0 to 1."""
    one, other = (words(document.export_to_markdown(image_placeholder="")) for document in (found, wanted))
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def heading_f1(found: DoclingDocument, wanted: DoclingDocument) -> F1:
    """Titles and section headings with exactly the same text but for case and blanks; levels are not compared."""
    one, other = _headings(found), _headings(wanted)
    return F1((one & other).total(), one.total(), other.total())


def cell_f1(found: DoclingDocument, wanted: DoclingDocument, *, placed: bool = True) -> F1:
    """Cells with the same text, row and column (first ones, if spanned), over the tables of the wanted document.

    A wanted table is compared with the one found table that shares most cells with it, the best pairs first. The cells
    of wanted tables without a partner are missed, those of found tables without one are wrong, empty ones do not
    count. Texts are compared as their `words`. Without `placed` the row and column do not matter.
    """
    ours, theirs = ([_cells(table, placed) for table in document.tables] for document in (found, wanted))
    pairs = sorted(((one & other).total(), i, j) for i, one in enumerate(ours) for j, other in enumerate(theirs))
    same, taken_ours, taken_theirs = 0, set[int](), set[int]()
    for shared, i, j in reversed(pairs):
        if shared and i not in taken_ours and j not in taken_theirs:
            same += shared
            taken_ours.add(i)
            taken_theirs.add(j)
    return F1(same, sum(cells.total() for cells in ours), sum(cells.total() for cells in theirs))


def mean(values: Iterable[float]) -> float:
    """Arithmetic mean; 0 of nothing."""
    found: Sequence[float] = list(values)
    return sum(found) / len(found) if found else 0.0


def _headings(document: DoclingDocument) -> Counter[str]:
    return Counter(_normal(item.text) for item in document.texts if item.label in _HEADINGS)


def _cells(table: TableItem, placed: bool) -> Cells:
    return Counter(
        (text, cell.start_row_offset_idx if placed else 0, cell.start_col_offset_idx if placed else 0)
        for cell in table.data.table_cells
        if (text := " ".join(words(cell.text)))
    )


def _normal(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
