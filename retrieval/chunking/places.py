"""Where text stands on pages: the boxes of a piece, narrowed to the part of an item that it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt

from docling_core.types.doc import DocItem, DoclingDocument, ProvenanceItem

from retrieval.types import Box

_SLIDES, _SHEETS = ".presentationml.", ".spreadsheetml."
_EMU_PER_POINT = 12_700
_EDGE = 40
"""Characters at either end of an item that show it stands, in part, in a piece."""

_LEADING = 1.2
"""Height of a line in sizes of its type."""
_LETTER = 0.5
"""Mean width of a letter in sizes of its type, blanks included; too small a value leaves the boxes larger."""


def has_leaves(document: DoclingDocument) -> bool:
    """Whether its pages are slides or sheets, which keep to themselves."""
    return _is(document, _SLIDES) or _is(document, _SHEETS)


def narrowed(items: Sequence[DocItem], piece: str, near: int = 0) -> tuple[DocItem, ...]:
    """`items` with only those places on the pages where `piece`, a part of their text, stands."""
    placed = [item for item in items if item.prov]
    held = [item.model_copy(update={"prov": found}) for item in placed if (found := _places(item, piece, near))]
    return tuple(held or items)


def boxes(items: Iterable[DocItem], document: DoclingDocument) -> dict[int, tuple[Box, ...]]:
    """The boxes of `items` per page; none on sheets, which have no measure."""
    if _is(document, _SHEETS):
        return {}
    scale = 1 / _EMU_PER_POINT if _is(document, _SLIDES) else 1
    found: dict[int, dict[Box, None]] = {}
    for place in (place for item in items for place in item.prov):
        box = place.bbox.to_top_left_origin(document.pages[place.page_no].size.height)
        edges = (round(scale * edge, 1) for edge in (box.l, box.t, box.r, box.b))
        found.setdefault(place.page_no, {})[tuple(edges)] = None
    return {page: tuple(on_page) for page, on_page in sorted(found.items())}


def _places(item: DocItem, piece: str, near: int) -> list[ProvenanceItem]:
    text = getattr(item, "text", "")
    start = text.find(piece, near)
    start = start if start >= 0 else text.find(piece)
    if start < 0:
        return item.prov if text[:_EDGE] in piece or text[-_EDGE:] in piece else []
    end = start + len(piece)
    return [_lines(place, start, end) for place in item.prov if place.charspan[0] < end and start < place.charspan[1]]


def _lines(place: ProvenanceItem, start: int, end: int) -> ProvenanceItem:
    """`place` without what stands more than a line above the character `start` or below `end`.

    How many lines there are is judged from how many letters stand in the box, and all are taken to be equally full.
    """
    first, last = place.charspan
    box, letters = place.bbox, last - first
    if not box.width * box.height:
        return place
    em = sqrt(box.width * box.height / (letters * _LETTER * _LEADING))
    line = _LEADING * em / box.height
    above = max((start - first) / letters * (1 - line) - line, 0)
    below = min((end - first) / letters + line, 1)
    height = box.b - box.t
    part = box.model_copy(update={"t": box.t + above * height, "b": box.t + below * height})
    return place.model_copy(update={"bbox": part})


def _is(document: DoclingDocument, kind: str) -> bool:
    return document.origin is not None and kind in document.origin.mimetype
