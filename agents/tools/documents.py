"""Tools that read the documents; whatever they show is numbered, so that it can be cited."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from agents.tools.registry import ToolContext, tool
from retrieval.context import render_context
from retrieval.types import Chunk, Hit, Passage

LISTED = 200
"""How many documents a list names."""


@tool(timeout_s=None, effect="reads")
def search_documents(context: ToolContext, query: str) -> dict[str, Any]:
    """Search the documents again. Use other words than before; passages already shown are not repeated.

    query: what to look for, in the language of the documents
    """
    return _shown(context.run.look_up(query, agent=context.agent, works_for=context.caller))


@tool(timeout_s=None, effect="reads")
def list_documents(context: ToolContext) -> dict[str, Any]:
    """List the documents that can be searched and read, with their titles and numbers of pages."""
    documents = context.kb.documents()
    listed = [{"document": d.source, "title": d.title, "pages": d.pages} for d in documents[:LISTED]]
    return {"documents": listed, "total": len(documents)}


@tool(timeout_s=None, effect="reads")
def read_document(context: ToolContext, document: str) -> dict[str, Any]:
    """Read a document from where you last stopped reading it, as far as one reading goes.

    document: its path or file name as list_documents or a passage gives it
    """
    run = context.run
    found = context.kb.document(document)
    left = context.kb.chunks(found.id)[run.read.get(found.id, 0) :]
    now = _first(left, run.search.context_tokens)
    run.read[found.id] = run.read.get(found.id, 0) + len(now)
    hits = [Hit(chunk=chunk, document=found, rank=n, scores={}, query=document) for n, chunk in enumerate(now, 1)]
    passages = run.show(hits, agent=context.agent, query=document)
    return {**_shown(passages), "passages_left": len(left) - len(now)}


def _first(chunks: Sequence[Chunk], budget_tokens: int) -> Sequence[Chunk]:
    """The beginning that fits, and at least one chunk."""
    totals = accumulate(chunk.tokens for chunk in chunks)
    return chunks[: max(1, sum(total <= budget_tokens for total in totals))]


def _shown(passages: Sequence[Passage]) -> dict[str, Any]:
    if not passages:
        return {"new_passages": 0, "note": "Nothing that is not shown above already."}
    return {"new_passages": len(passages), "passages": render_context(passages)}
