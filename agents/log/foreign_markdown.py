"""What people, documents, models and tools wrote, as a part of a Markdown text of ours that it cannot leave; pure.

The rules are those of CommonMark, https://spec.commonmark.org/0.31.2/, with GitHub's tables.
"""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from agents.answers.verbatim import Shelf, without_code
from agents.sandbox.output import plain

LOWERED = 3
"""Levels that a foreign heading goes down, so that none stands beside ours."""

_HASHES = re.compile(r"#{1,6}")
_UNDERLINE = re.compile(r"(=+|-+)[ \t]*$")
_ACTIVE = re.compile(r"\\.|<(?=[A-Za-z/!?])|!(?=\[)|\](?=:)", re.DOTALL)
"""What begins a tag, an image or the definition of a link, and what is escaped already."""
_MARKUP = re.compile(r"[\\`*\[\]<#~]|&(?=[A-Za-z#])|(?<!\w)_|_(?!\w)")


def contained(text: str) -> str:
    """Markdown that stays Markdown, without tags, images, definitions of links, headings of our levels and open fences.

    Code stays as it is.
    """
    lines = plain(text).strip("\n").rstrip().lstrip(" \t").split("\n")
    tokens = _parser().parse("\n".join(lines))
    for token in tokens:
        if token.type == "heading_open":
            _lower(lines, token)
        elif token.type == "fence":
            opening = _lines_of(token)[0]
            lines[opening] = lines[opening].replace("|", " ")  # with one it is to some the head of a table
    code = {number for token in tokens if token.type in ("fence", "code_block") for number in _lines_of(token)}
    return "\n".join([*_parts(lines, code), *_closing(lines, tokens)])


def words(text: str) -> str:
    """One line in which nothing is Markdown."""
    return _MARKUP.sub(lambda found: f"\\{found[0]}", " ".join(plain(text).split()))


def fenced(text: str, language: str = "") -> str:
    """A block of code, behind a fence longer than any in it."""
    code = plain(text).rstrip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
    return f"{fence}{language}\n{code}\n{fence}"


def quoted(markdown: str) -> str:
    """A block quote; tabs become spaces, for behind a mark they are not as wide as before."""
    return "\n".join(f"> {line}".rstrip() for line in markdown.expandtabs(4).split("\n"))


@cache
def _parser() -> MarkdownIt:
    """Reads a text as it will be once tags and definitions are escaped."""
    return MarkdownIt("commonmark", {"html": False}).disable("reference")


def _lines_of(token: Token) -> range:
    first, end = token.map or (0, 0)
    return range(first, end)


def _lower(lines: list[str], heading: Token) -> None:
    """An underlined heading becomes a paragraph above a rule."""
    rows = _lines_of(heading)
    first, last = rows[0], rows[-1]
    if heading.markup.startswith("#"):
        level = min(6, len(heading.markup) + LOWERED)
        lines[first] = _HASHES.sub("#" * level, lines[first], count=1)
    else:
        lines[last] = _UNDERLINE.sub("***", lines[last])


def _parts(lines: list[str], code: set[int]) -> list[str]:
    """The lines with what is active escaped where it is no code."""
    parts: list[str] = []
    held: list[str] = []
    for number, line in enumerate(lines):
        if number in code:
            parts += [*_escaped(held), line]
            held = []
        else:
            held.append(line)
    return [*parts, *_escaped(held)]


def _escaped(lines: list[str]) -> list[str]:
    if not lines:
        return []
    shelf = Shelf()
    bare = without_code("\n".join(lines), shelf)
    return [shelf.restored(_ACTIVE.sub(lambda found: found[0] if found[0][0] == "\\" else f"\\{found[0]}", bare))]


def _closing(lines: list[str], tokens: list[Token]) -> list[str]:
    """The end of a fence that the text leaves open."""
    last = tokens[-1] if tokens else None
    if last is None or last.type != "fence" or last.level:
        return []
    rows = _lines_of(last)
    end = re.compile(rf" {{0,3}}{re.escape(last.markup[0])}{{{len(last.markup)},}}[ \t]*")
    return [] if len(rows) > 1 and end.fullmatch(lines[rows[-1]]) else [last.markup]
