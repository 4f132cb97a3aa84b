"""Markdown written by a model, as HTML that can neither run, load nor lead anywhere."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

Labels = tuple[tuple[int, str], ...]
"""Marker and description of every source that may be cited."""

_MARKER = re.compile(r"\[(\d{1,6})\]")
_BLOCKS = {"p", "br", "hr", "pre", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
_TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
_TAGS = _BLOCKS | _TABLES | {"strong", "em", "s", "code", "span", "button"}
_ATTRIBUTES = {
    "button": {"class", "type", "data-marker", "aria-label", "title"},
    "span": {"class", "title"},
    "ol": {"start"},
}


@functools.lru_cache(maxsize=512)
def to_html(text: str, labels: Labels) -> str:
    """Safe HTML of `text`; the marker of a known source becomes a button, links and images become plain text."""
    rendered = _parser().render(text, {"labels": dict(labels)})
    return nh3.clean(rendered, tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None)


def citation(marker: int, label: str) -> str:
    """The button that opens a source."""
    words = html.escape(label)
    return (
        f'<button type="button" class="cite" data-marker="{marker}" title="{words}"'
        f' aria-label="Open source {marker}: {words}">{marker}</button>'
    )


@functools.cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.inline.ruler.before("link", "citation", _read_citation)
    parser.add_render_rule("citation", _write_citation)
    parser.add_render_rule("link_open", _write_link)
    parser.add_render_rule("link_close", _write_link_end)
    parser.add_render_rule("image", _write_image)
    return parser


def _read_citation(state: StateInline, silent: bool) -> bool:
    match = _MARKER.match(state.src, state.pos)
    if match is None or int(match[1]) not in state.env["labels"]:
        return False
    if not silent:
        state.push("citation", "", 0).meta = {"marker": int(match[1])}
    state.pos = match.end()
    return True


def _write_citation(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    marker = tokens[index].meta["marker"]
    return citation(marker, env["labels"][marker])


def _write_link(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    return f'<span class="link" title="{html.escape(str(tokens[index].attrGet("href")))}">'


def _write_link_end(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    return "</span>"


def _write_image(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    token = tokens[index]
    source = html.escape(str(token.attrGet("src")))
    return f'<span class="link" title="{source}">[image: {html.escape(token.content) or source}]</span>'
