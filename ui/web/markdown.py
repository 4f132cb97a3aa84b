"""Markdown written by a model, as HTML that can neither run, load nor lead anywhere."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ui.web.words import Words

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
def to_html(text: str, labels: Labels, words: Words) -> str:
    """Safe HTML of `text`; the marker of a known source becomes a button, links and images become plain text."""
    rendered = _parser().render(text, {"labels": dict(labels), "words": words})
    return nh3.clean(rendered, tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None)


def citation(marker: int, label: str, words: Words) -> str:
    """The button that opens a source."""
    place = html.escape(label)
    name = words("transcript.open", marker=marker, place=place)
    return (
        f'<button type="button" class="cite" data-marker="{marker}" title="{place}"'
        f' aria-label="{name}">{marker}</button>'
    )


def citations(markers: Iterable[int], labels: Labels, words: Words) -> str:
    """List entries for the markers that stand for a source: the button, and what it opens."""
    places = dict(labels)
    there = [marker for marker in markers if marker in places]
    return "".join(f"<li>{citation(m, places[m], words)} {html.escape(places[m])}</li>" for m in there)


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
    return citation(marker, env["labels"][marker], env["words"])


def _write_link(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    return f'<span class="link" title="{html.escape(str(tokens[index].attrGet("href")))}">'


def _write_link_end(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    return "</span>"


def _write_image(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:  # noqa: ARG001
    token = tokens[index]
    source = html.escape(str(token.attrGet("src")))
    name = env["words"]("transcript.image", name=html.escape(token.content) or source)
    return f'<span class="link" title="{source}">{name}</span>'
