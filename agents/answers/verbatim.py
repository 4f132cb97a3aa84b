"""Code in Markdown, set aside while the rest is changed; pure.

Only what every reader of Markdown takes for code: a fence that begins a line, and backticks that pair within their
line in a paragraph where all do. What is doubtful is text, so that nothing hides in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_FENCE = re.compile(r"[\s>*+\-\d.)]*(`{3,}|~{3,})(.*)")
_BACKTICKS = re.compile(r"`+")
_PLACE = re.compile("\0(\\d+)\0")


@dataclass
class Shelf:
    """Pieces of a text, each with a place in it where it will stand again."""

    pieces: list[str] = field(default_factory=list)

    def put(self, piece: str) -> str:
        """Keep a piece; returns what stands for it: two NUL characters around a number."""
        self.pieces.append(piece)
        return f"\0{len(self.pieces) - 1}\0"

    def restored(self, text: str) -> str:
        """The text with every piece back in its place."""
        while "\0" in text:
            text = _PLACE.sub(lambda place: self.pieces[int(place[1])], text)
        return text


def without_code(text: str, shelf: Shelf) -> str:
    """`text`, which holds no NUL character, with its code on the shelf."""
    parts = []
    for is_code, lines in _fences(text.split("\n")):
        whole = "\n".join(lines)
        parts.append(shelf.put(whole) if is_code else _without_spans(whole, shelf))
    return "\n".join(parts)


def _fences(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines, each with whether it is a fenced block; none after a fence that does not begin its line."""
    held: list[str] = []
    fence, doubtful = "", False
    for line in lines:
        found = _FENCE.match(line)
        if fence:
            held.append(line)
            if _closes(line, fence):
                yield True, held
                held, fence = [], ""
        elif found and not doubtful and found.start(1) == 0 and not (found[1][0] == "`" and "`" in found[2]):
            if held:
                yield False, held
            held, fence = [line], found[1]
        else:
            doubtful = doubtful or found is not None
            held.append(line)
    if held:
        yield bool(fence), held


def _without_spans(text: str, shelf: Shelf) -> str:
    paragraphs = re.split(r"(\n[^\S\n]*\n)", text)
    return "".join(_spans_put_away(paragraph, shelf) for paragraph in paragraphs)


def _spans_put_away(paragraph: str, shelf: Shelf) -> str:
    lines = [_pairs(line) for line in paragraph.split("\n")]
    if "\\`" in paragraph or None in lines:
        return paragraph
    return "\n".join("".join(shelf.put(piece) if is_code else piece for is_code, piece in line or ()) for line in lines)


def _pairs(line: str) -> list[tuple[bool, str]] | None:
    """The line cut at its spans of code; None when a run of backticks stands alone or a span holds a cell's end."""
    pieces: list[tuple[bool, str]] = []
    at, runs = 0, list(_BACKTICKS.finditer(line))
    while runs:
        opening = runs.pop(0)
        while runs and len(runs[0][0]) != len(opening[0]):
            runs.pop(0)
        if not runs:
            return None
        span = line[opening.start() : runs[0].end()]
        if "|" in span:
            return None
        pieces += [(False, line[at : opening.start()]), (True, span)]
        at = runs.pop(0).end()
    return [*pieces, (False, line[at:])]


def _closes(line: str, fence: str) -> bool:
    """Whether this line ends the block: as many signs as began it, or more, at most three spaces in."""
    signs = line.strip()
    return len(line) - len(line.lstrip(" ")) <= 3 and signs.startswith(fence) and not signs.strip(fence[0])
