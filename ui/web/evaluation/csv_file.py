"""The comparison of two rankings as a CSV file that spreadsheets open; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ui.web.evaluation.comparison import Row

_COLUMNS = (
    "question", "expected", "first_score", "second_score", "difference", "first_rank", "second_rank", "first_top",
    "second_top",
)  # fmt: skip
_TOP = 10
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_file(rows: Sequence[Row]) -> str:
    """One line per question, with a mark that tells spreadsheets it is UTF-8; a rank is empty where nothing was found.

    Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for row in rows:
        expected = [name for name, grade in row.first.asked.grades.items() if grade > 0]
        writer.writerow([
            _text(row.first.asked.text),
            _text(" | ".join(expected)),
            f"{row.first.score:.6f}",
            f"{row.second.score:.6f}",
            f"{row.difference:.6f}",
            row.first.rank or "",
            row.second.rank or "",
            *(_text(" | ".join(seen.found.ranking[:_TOP])) for seen in (row.first, row.second)),
        ])  # fmt: skip
    return "\ufeff" + out.getvalue()


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
