"""Command results as text for people; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents.log.asked import unsupported
from ui import log
from ui.one_line import flat, short

Result = dict[str, Any]


def search(document: Result) -> str:
    """Hits with their place and the beginning of their text."""
    if not document["hits"]:
        return "Nothing found."
    return "\n\n".join(f"{hit['rank']}. {place(hit)}\n   {short(hit['text'])}" for hit in document["hits"])


def ask(document: Result) -> str:
    """The answer and what in it is not supported, then the files that belong to it and the sources it cites."""
    made = ["", *log.files(document["artifacts"])] if document["artifacts"] else []
    doubts = not_supported(document["support"])
    return "\n".join([document["answer"], *doubts, *made, *sources(document["citations"])])


def not_supported(support: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line a sentence that what it cites does not support, after an empty line; nothing when there is none."""
    lines = [f"Not supported by what it cites: {flat(sentence)}" for sentence in unsupported(support)]
    return ["", *lines] if lines else []


def sources(citations: list[Result]) -> list[str]:
    """One line a citation, after an empty line; nothing when there is none."""
    return ["", *(f"[{c['marker']}] {place(c)}: “{short(c['quote'])}”" for c in citations)] if citations else []


def place(item: Result) -> str:
    """Source, page and headings of a hit or citation."""
    page = f", p. {item['page']}" if item["page"] else ""
    headings = " > ".join(item.get("headings") or [])
    return f"{item['source']}{page}" + (f" ({headings})" if headings else "")


def ingest(document: Result) -> str:
    """A line per failure, then the totals."""
    count = dict.fromkeys(("indexed", "unchanged", "removed", "failed"), 0)
    for outcome in document["documents"]:
        count[outcome["status"]] += 1
    failures = [f"{o['source']}: {o['error']}" for o in document["documents"] if o["error"]]
    totals = ", ".join(f"{n} {status}" for status, n in count.items() if n) or "nothing to do"
    summary = f"{document['kb']}: {totals}; {document['chunks_total']} chunks in all, {document['seconds']:.1f} s."
    return "\n".join([*failures, summary])


def watched(document: Result) -> str:
    """One line for what a sync of a watched folder did."""
    return ingest(document).replace("\n", "; ")


def reembedded(document: Result) -> str:
    """What the new index holds."""
    return (
        f"{document['kb']}: {document['documents']} documents, {document['chunks']} chunks, by {document['embedder']}."
    )


def exported(document: Result) -> str:
    """Where the export is."""
    return f"{document['kb']} is in {document['file']} ({document['bytes'] / 2**20:.1f} MiB)."


def imported(document: Result) -> str:
    """What came in."""
    return f"{document['kb']}: {document['documents']} documents, {document['chunks']} chunks."


def kb_list(document: Result) -> str:
    """A line per knowledge base."""
    rows = [f"{kb['kb']}: {kb['documents']} documents, {kb['chunks']} chunks" for kb in document["knowledge_bases"]]
    return "\n".join(rows) or "No knowledge base yet. `python main.py ingest PATH` makes one."


def kb_show(document: Result) -> str:
    """A line per document."""
    rows = [line for d in document["documents"] for line in _document(d)]
    count = len(document["documents"])
    return "\n".join([*rows, f"{count} documents, {document['chunks_total']} chunks"])


def kb_verify(document: Result) -> str:
    """Whether the stores agree, and every problem."""
    counts = ", ".join(f"{document[name]} {name}" for name in ("documents", "chunks", "vectors", "lexical"))
    return "\n".join([f"{document['kb']}: {'ok' if document['ok'] else 'NOT ok'} ({counts})", *document["problems"]])


def evaluation(document: Result) -> str:
    """A table, a line per strategy."""
    names = [name for name in document["runs"][0] if name != "strategy"]
    head = f"{document['dataset']}: {document['queries']} queries, {document['documents']} documents"
    rows = [" ".join(f"{run[name]:>10.4g}" for name in names) + f"  {run['strategy']}" for run in document["runs"]]
    return "\n".join([head, " ".join(f"{name:>10}" for name in names), *rows])


def sandbox(document: Result) -> str:
    """Which backend would run code, and why the others would not."""
    rows = [f"{b['name']}: {'usable' if b['usable'] else b['reason']}" for b in document["backends"]]
    return "\n".join([f"backend {document['backend']}, isolation {document['isolation']}", *rows])


def sandbox_sessions(document: Result) -> str:
    """A line per session."""
    rows = [_session(session) for session in document["sessions"]]
    return "\n".join(rows) or "No session lives on. `python main.py sandbox run FILE --session ID` begins one."


def doctor(document: Result) -> str:
    """A line per check: what is there, and what a missing piece costs."""
    return "\n".join(f"{'ok' if c['ok'] else '--'}  {c['name']}: {c['detail']}" for c in document["checks"])


def _document(document: Result) -> list[str]:
    """A line for the document, one for each file with the same content, one for each part that was not read."""
    figures = f"{document['chunks']} chunks, {document['pages'] or '-'} pages"
    line = f"{document['source']}: {figures}, {document['language']}, {document['parser']}"
    copies = [f"  also {copy}" for copy in document["copies"]]
    return [line, *copies, *(f"  {problem}" for problem in document["problems"])]


def _session(session: Result) -> str:
    use = "busy" if session["busy"] else f"idle for {session['idle_s']:.0f} s"
    return f"{session['id']}: {use}, {session['backend']} ({session['isolation']}), process {session['pid']}"
