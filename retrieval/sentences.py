"""Cuts a passage into the pieces worth quoting: sentences, list items, table rows and lines of code."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_ABBREVIATIONS = (
    "al approx ca cf co col dept dr ed eq est fig figs gen hon inc jr lt ltd mr mrs ms mt no nos nr op pp prof "
    "resp rev sec sen sr st vol vs"
)
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
WRAP_WIDTH = 60
"""A line at least this wide (in Latin letters) that ends without punctuation goes on in the next line."""
LIST_LENGTH = 400
"""A list no longer than this stays in one piece with the sentence that introduces it."""

_FENCE = re.compile(r"\s*(```|~~~)")
_ROW = re.compile(r"\s*\|.*\|\s*")
_RULE = re.compile(r"\s*\|[\s:|-]*\|\s*")
_NEXT = re.compile(r"\s*(\S?)")
_ITEM = re.compile(r"\s*(?:[-*+•·▪◦‣]|\d{1,3}[.)、]|[(（]\d{1,3}[)）])\s+|\s*[•·▪◦‣]\s*|\s*\d{1,3}、")
_HEADING = re.compile(r"\s*#{1,6}\s+")
_CLOSED = re.compile(r"[.!?:;。！？：；…][\"'”’)\]」』）]*$")
_REFERENCES = r"(?:\[\d{1,5}(?:[,–-]\d{1,5})*\])*"
_END = re.compile(rf"(?:[。！？；]+[”’」』）]*|[.!?]+[\"'”’)\]]*(?={_REFERENCES}(?:\s|$))){_REFERENCES}")
_LAST_WORD = re.compile(r"(?:^|[\s(\[“\"'])([^\s(\[“\"']*)$")
_LONGEST_WORD = 40
"""Letters before a full stop that are looked at; no abbreviation is longer."""
_LEAD = re.compile(r"[:：][^\S\n]*\n")
_JOINT = re.compile(r"\s*\n\s*(?:(?:[-*+•·▪◦‣]|\d{1,3}[.)、])\s*)?")


@dataclass(frozen=True)
class Sentence:
    """A piece of a text: `text == source[start:end]`. A table row carries its cells as (column name, value)."""

    start: int
    end: int
    text: str
    cells: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The piece as one line for reading: a table row names its columns, a list is joined."""
        if self.cells:
            return " · ".join(f"{name}: {value}" if name else value for name, value in self.cells if value)
        first, *rest = _JOINT.split(self.text)
        separator = " " if first.endswith((":", "：")) else " · " if _ITEM.search(self.text) else " "
        return separator.join([first, " · ".join(rest)]) if rest else first


@dataclass(frozen=True)
class _Line:
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def split(text: str) -> tuple[Sentence, ...]:
    """The pieces of `text` in order, without overlap; blank lines, table headers and rules are left out."""
    lines = [_Line(match.start(), match[0]) for match in re.finditer(r"[^\n]+", text) if match[0].strip()]
    return tuple(_pieces(text, lines))


def _pieces(text: str, lines: list[_Line]) -> Iterator[Sentence]:
    header: tuple[str, ...] = ()
    at, code = 0, False
    while at < len(lines):
        line, following = lines[at], lines[at + 1] if at + 1 < len(lines) else None
        at += 1
        if _FENCE.match(line.text):
            code = not code
        elif code:
            yield _sentence(text, line.start, line.end)
        elif _ROW.fullmatch(line.text):
            if following and _is_rule(following.text):
                header = _cells(line.text)
            elif not _is_rule(line.text):
                yield _row(line, header)
        else:
            header = ()
            last = _last_line(lines, at - 1)
            at = last + 1
            yield from _prose(text, _content_start(line), lines[last].end)


def _last_line(lines: list[_Line], first: int) -> int:
    """Where the block that begins at `first` ends: a wrapped paragraph, or a short list with its lead."""
    last = first
    while last + 1 < len(lines) and _goes_on(lines[last].text, lines[last + 1].text):
        last += 1
    if lines[last].text.rstrip().endswith((":", "：")):
        end = last
        while end + 1 < len(lines) and _ITEM.match(lines[end + 1].text):
            end += 1
        if lines[end].end - lines[first].start <= LIST_LENGTH:
            return end
    return last


def _goes_on(line: str, following: str) -> bool:
    if _starts_block(following) or _HEADING.match(line) or _CLOSED.search(line.rstrip()):
        return False
    return following.lstrip()[:1].islower() or _width(line) >= WRAP_WIDTH


def _is_rule(line: str) -> bool:
    return "-" in line and _RULE.fullmatch(line) is not None


def _starts_block(line: str) -> bool:
    return any(pattern.match(line) for pattern in (_FENCE, _ROW, _ITEM, _HEADING))


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def _content_start(line: _Line) -> int:
    mark = _ITEM.match(line.text) or _HEADING.match(line.text)
    return line.start + (mark.end() if mark else 0)


def _prose(text: str, start: int, end: int) -> Iterator[Sentence]:
    lead = _LEAD.search(text, start, end)
    stop = lead.start() if lead else end
    begin = start
    for match in _END.finditer(text, start, stop):
        if _is_boundary(text, begin, match):
            yield _sentence(text, begin, match.end())
            begin = match.end()
    if text[begin:end].strip():
        yield _sentence(text, begin, end)


def _is_boundary(text: str, begin: int, match: re.Match[str]) -> bool:
    if match[0][0] in "。！？；":
        return True
    following = _NEXT.match(text, match.end())
    if following and following[1].islower():
        return False
    if not match[0].startswith(".") or match[0].startswith(".."):
        return True
    word = _LAST_WORD.search(text[max(begin, match.start() - _LONGEST_WORD) : match.start()])
    return word is None or not _is_abbreviation(word[1])


def _is_abbreviation(word: str) -> bool:
    """Whether a full stop after `word` belongs to it: `Dr`, `e.g`, `J`, `IV`."""
    return word.lower() in ABBREVIATIONS or bool(re.fullmatch(r"[A-Za-z](\.[A-Za-z])*|[IVX]+", word))


def _sentence(text: str, start: int, end: int) -> Sentence:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return Sentence(start, start + len(piece.strip()), piece.strip())


def _row(line: _Line, header: tuple[str, ...]) -> Sentence:
    cells = _cells(line.text)
    names = header if len(header) == len(cells) else ("",) * len(cells)
    start = line.start + len(line.text) - len(line.text.lstrip())
    stripped = line.text.strip()
    return Sentence(start, start + len(stripped), stripped, tuple(zip(names, cells, strict=True)))


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip()[1:-1]))
