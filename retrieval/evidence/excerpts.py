"""A cited passage in its surroundings, for documents that have no page to show."""

from __future__ import annotations

import html
from collections.abc import Sequence

from retrieval.errors import UnknownDocument
from retrieval.evidence.marked_html import marked_html
from retrieval.types import Chunk

_NEIGHBOURS = 2
"""Chunks shown on either side."""


def excerpt(chunks: Sequence[Chunk], chunk_id: str, quotes: Sequence[str]) -> str:
    """Safe HTML of one chunk of a document and its neighbours, the quotes in `mark`; headings where they change.

    `chunks` are a document's, in reading order. Raises UnknownDocument when the chunk is not among them.
    """
    cited = next((number for number, chunk in enumerate(chunks) if chunk.id == chunk_id), None)
    if cited is None:
        hint = "It was read anew since; ask again to cite it as it is now."
        raise UnknownDocument("The document no longer holds this passage.", hint=hint)
    parts, headings = [], chunks[cited].headings
    for chunk in chunks[max(0, cited - _NEIGHBOURS) : cited + _NEIGHBOURS + 1]:
        if chunk.headings != headings:
            parts.append(f'<p class="headings">{html.escape(" › ".join(chunk.headings))}</p>')
            headings = chunk.headings
        parts.append(_part(chunk, quotes if chunk.id == chunk_id else None))
    return "".join(parts)


def _part(chunk: Chunk, quotes: Sequence[str] | None) -> str:
    kind = "near" if quotes is None else "cited"
    return f'<div class="{kind}">{marked_html(chunk.text, quotes or (), code=chunk.kind == "code")}</div>'
