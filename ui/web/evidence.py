"""The sources behind an answer, and one passage opened for reading, as HTML."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ui.web.markdown import Labels
from ui.web.view import View

_SNIPPET = 180
_RULE = re.compile(r"[\s|:-]+")

Span = tuple[int, int]


def labels(view: View) -> Labels:
    """Marker and `file · page` of every passage the conversation holds."""
    return tuple((marker, _place(passage)) for marker, passage in sorted(view.passages.items()))


def sources(view: View) -> str:
    """What the newest answer cites, and in a fold the other passages found."""
    if not view.passages:
        return '<p class="empty">Passages that support an answer appear here.</p>'
    cited = [marker for marker in view.cited if marker in view.passages]
    others = [marker for marker in sorted(view.passages) if marker not in cited]
    parts = [f'<h2>Sources</h2><ol class="sources">{_entries(view, cited)}</ol>'] if cited else []
    if others:
        start = "<details><summary>Also found" if cited else "<details open><summary>Found"
        parts.append(f'{start} ({len(others)})</summary><ol class="sources">{_entries(view, others)}</ol></details>')
    return "".join(parts)


def passage(view: View, marker: int) -> str:
    """The passage of a marker with the cited words marked; empty when the conversation has no such passage."""
    if marker not in view.passages:
        return ""
    found = view.passages[marker]
    text = str(found["text"])
    path = html.escape(" › ".join(map(str, found.get("headings") or ())))
    title = (
        f'<h2 id="passage-title" tabindex="-1"><span class="marker">{marker}</span> {html.escape(_name(found))}</h2>'
    )
    close = '<button type="button" class="close" aria-label="Close the passage">×</button>'
    return (
        f'<section class="passage" data-marker="{marker}" aria-labelledby="passage-title">'
        f'<header>{title}{close}<p class="where">{_page(found)}<span class="headings">{path}</span></p></header>'
        f'<div class="text">{_marked_text(text, _spans(text, view.quotes.get(marker, ())))}</div></section>'
    )


def _entries(view: View, markers: Iterable[int]) -> str:
    return "".join(_entry(view, marker) for marker in markers)


def _entry(view: View, marker: int) -> str:
    found = view.passages[marker]
    quote = next(iter(view.quotes.get(marker, ())), str(found["text"]))
    return (
        f'<li><button type="button" class="source" data-marker="{marker}"><span class="marker">{marker}</span>'
        f'<span class="file">{html.escape(_name(found))}</span>{_page(found)}'
        f'<span class="snippet">{html.escape(_shortened(quote))}</span></button></li>'
    )


def _place(found: Mapping[str, Any]) -> str:
    page = found.get("page")
    return f"{_name(found)} · page {page}" if page else _name(found)


def _page(found: Mapping[str, Any]) -> str:
    return f'<span class="page">page {int(found["page"])}</span>' if found.get("page") else ""


def _name(found: Mapping[str, Any]) -> str:
    return re.split(r"[\\/]", str(found["source"]))[-1] or str(found["source"])


def _shortened(text: str) -> str:
    text = " ".join(re.sub(r"\s*\|[\s|:-]*", " ", text).split())
    return text if len(text) <= _SNIPPET else text[: _SNIPPET - 1].rstrip() + "…"


def _spans(text: str, quotes: Sequence[str]) -> list[Span]:
    """Where the quotes stand in the text, in order and without overlap; line breaks count as spaces."""
    patterns = (r"\s+".join(map(re.escape, quote.split())) for quote in quotes if quote.strip())
    found = sorted(match.span() for pattern in patterns for match in [re.search(pattern, text)] if match)
    merged: list[Span] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _marked_text(text: str, spans: Sequence[Span]) -> str:
    """Paragraphs as they stand; lines of a Markdown table as a table."""
    lines = re.finditer(r"[^\n]+", text)
    blocks = itertools.groupby(lines, key=lambda line: line[0].strip().startswith("|"))
    return "".join(
        _table(text, list(block), spans) if is_table else _paragraphs(text, list(block), spans)
        for is_table, block in blocks
    )


def _paragraphs(text: str, lines: Sequence[re.Match[str]], spans: Sequence[Span]) -> str:
    return f"<p>{_marked(text, (lines[0].start(), lines[-1].end()), spans)}</p>"


def _table(text: str, lines: Sequence[re.Match[str]], spans: Sequence[Span]) -> str:
    rows = [_row(text, line, spans) for line in lines if not _RULE.fullmatch(line[0])]
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def _row(text: str, line: re.Match[str], spans: Sequence[Span]) -> str:
    bars = [line.start() + bar.start() for bar in re.finditer(r"\|", line[0].rstrip())]
    if not line[0].rstrip().endswith("|"):
        bars.append(line.end())
    cells = (_marked(text, (left + 1, right), spans) for left, right in itertools.pairwise(bars))
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _marked(text: str, part: Span, spans: Sequence[Span]) -> str:
    """The part of the text, escaped, with every span that reaches into it marked."""
    out, at = [], part[0]
    for start, end in spans:
        start, end = max(start, at), min(end, part[1])
        if start < end:
            out += [html.escape(text[at:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
            at = end
    return "".join(out) + html.escape(text[at : part[1]])
