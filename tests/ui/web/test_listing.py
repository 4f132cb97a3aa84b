"""The document list shows what it is given as text, whatever it is."""

from __future__ import annotations

from ui.web.backend import DocumentRow
from ui.web.listing import documents
from ui.web.words import words_in

_MARKUP = "<img src=x onerror=alert(1)>"


def test_no_field_of_a_document_is_markup() -> None:
    row = DocumentRow(name=_MARKUP, pages=_MARKUP, chunks=_MARKUP, status=_MARKUP)  # type: ignore[arg-type]  # a column of the catalogue holds any type
    shown = documents([row], 1, words_in("en"))
    assert "<img" not in shown
    assert shown.count("&lt;img") == 5
