"""What an agent's words must not carry: markers that were never given, and links to places no document names."""

from __future__ import annotations

from agents.answers.evidence import Evidence
from agents.answers.links import known_links_only
from retrieval.citations import LIKE_A_YEAR, cite, markers
from retrieval.locations import is_address


def cleaned_text(text: str, evidence: Evidence) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """`text` without them; the markers that were taken out, and the links."""
    used = markers(text)
    passages = evidence.numbered(used)
    given = {passage.marker for passage in passages}
    unknown = tuple(marker for marker in used if marker not in given and marker < LIKE_A_YEAR)
    shown = (passage.hit.document.source for passage in (*evidence.shown, *passages))
    linked, removed = known_links_only(text, {source for source in shown if is_address(source)})
    return (cite(linked, passages)[0] if unknown else linked), unknown, removed
