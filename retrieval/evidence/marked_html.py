"""Text as safe HTML with quotes marked: paragraphs, Markdown tables and code."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterator, Sequence

Span = tuple[int, int]

_RULE = re.compile(r"[\s|:-]+")
_FENCE = "```"


def marked_html(text: str, quotes: Sequence[str], *, code: bool = False) -> str:
    """Every word of the text, escaped; only `p`, `pre`, `mark`, `div` and the elements of a table are made."""
    spans = _spans(text, quotes)
    if code:
        return _code(text, list(re.finditer(r"[^\n]+", text)), spans)
    return "".join(_MAKERS[kind](text, lines, spans) for kind, lines in _blocks(text))


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


def _blocks(text: str) -> Iterator[tuple[str, list[re.Match[str]]]]:
    """Runs of lines of one kind, in order; a fence belongs to its code."""
    fenced = False
    kinds: list[tuple[str, re.Match[str]]] = []
    for line in re.finditer(r"[^\n]+", text):
        start = line[0].strip()
        fence = start.startswith(_FENCE)
        kinds.append(("code" if fenced or fence else "table" if start.startswith("|") else "prose", line))
        fenced ^= fence
    for kind, lines in itertools.groupby(kinds, key=lambda pair: pair[0]):
        yield kind, [line for _, line in lines]


def _paragraph(text: str, lines: Sequence[re.Match[str]], spans: Sequence[Span]) -> str:
    return f"<p>{_marked(text, (lines[0].start(), lines[-1].end()), spans)}</p>"


def _code(text: str, lines: Sequence[re.Match[str]], spans: Sequence[Span]) -> str:
    shown = [line for line in lines if not line[0].strip().startswith(_FENCE)]
    body = _marked(text, (shown[0].start(), shown[-1].end()), spans) if shown else ""
    return f'<pre tabindex="0">{body}</pre>'


def _table(text: str, lines: Sequence[re.Match[str]], spans: Sequence[Span]) -> str:
    titled = len(lines) > 1 and "-" in lines[1][0] and _RULE.fullmatch(lines[1][0])
    rows = [
        _row(text, line, spans, "th" if titled and line is lines[0] else "td")
        for line in lines
        if not _RULE.fullmatch(line[0])
    ]
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def _row(text: str, line: re.Match[str], spans: Sequence[Span], cell: str) -> str:
    bars = [line.start() + bar.start() for bar in re.finditer(r"\|", line[0].rstrip())]
    if not line[0].rstrip().endswith("|"):
        bars.append(line.end())
    cells = (_marked(text, (left + 1, right), spans) for left, right in itertools.pairwise(bars))
    return f"<tr>{''.join(f'<{cell}>{words}</{cell}>' for words in cells)}</tr>"


def _marked(text: str, part: Span, spans: Sequence[Span]) -> str:
    """The part of the text, escaped, with every span that reaches into it marked."""
    out, at = [], part[0]
    for start, end in spans:
        start, end = max(start, at), min(end, part[1])
        if start < end:
            out += [html.escape(text[at:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
            at = end
    return "".join(out) + html.escape(text[at : part[1]])


_MAKERS = {"prose": _paragraph, "code": _code, "table": _table}
