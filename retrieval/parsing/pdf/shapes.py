"""What the shapes drawn on a page stand for: ruling lines, and the bullets of a list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from retrieval.parsing.pdf.page import Area, Word

Outline = Sequence[tuple[float, float]]
"""The corners of a shape, in points from the top left corner of the page."""

_THIN = 2.0
"""A shape at most this thick (points) is a line."""
_SHORTEST_RULE = 4.0
_MOST_RULES = 1_500
"""Drawings have more; their strokes are not the rules of a table."""
_BULLET_SIZE = (0.15, 0.8)
"""Least and greatest extent of a bullet, as a share of the height of the words behind it."""
_BULLET_GAP = 2.5
"""Most white between a bullet and the first word, in heights of that word."""
_MOST_BULLETS = 200


def rules(outlines: Sequence[Outline]) -> tuple[Area, ...]:
    """The level and upright lines among the shapes; none where there are so many that they make a drawing."""
    found = tuple(rule for outline in outlines for rule in _rules(outline))
    return found if len(found) <= _MOST_RULES else ()


def bullets(outlines: Sequence[Outline], words: Sequence[Word]) -> list[Word]:
    """A bullet for each small shape, as wide as tall, before the first word of a line, if another stands above it."""
    if len(outlines) > _MOST_RULES:
        return []
    dots = [area for area in map(_around, outlines) if 0.8 * area.height <= area.width <= 1.25 * area.height]
    if len(dots) > _MOST_BULLETS:
        return []
    heads = ((dot, [word for word in words if _leads(dot, word)]) for dot in dots)
    found = [(dot, min(led, key=lambda word: word.left)) for dot, led in heads if led]
    lefts = Counter(round(dot.left) for dot, _ in found)
    return [
        replace(word, left=dot.left, right=dot.right, text="•", emphasis=False)
        for dot, word in found
        if lefts[round(dot.left)] > 1
    ]


def _leads(dot: Area, word: Word) -> bool:
    smallest, largest = _BULLET_SIZE
    return (
        smallest * word.height <= dot.height <= largest * word.height
        and 0 < word.left - dot.right <= _BULLET_GAP * word.height
        and word.top <= dot.middle <= word.bottom
    )


def _around(outline: Outline) -> Area:
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    return Area(min(xs), min(ys), max(xs), max(ys))


def _rules(outline: Outline) -> Iterator[Area]:
    """The straight lines of a shape: a stroke, a thin filled box, or the edges of a box."""
    whole = _around(outline)
    if min(whole.width, whole.height) <= _THIN:
        edges = [whole]
    elif len(outline) in (4, 5) and _is_box(outline):
        edges = [
            Area(whole.left, whole.top, whole.right, whole.top),
            Area(whole.left, whole.bottom, whole.right, whole.bottom),
            Area(whole.left, whole.top, whole.left, whole.bottom),
            Area(whole.right, whole.top, whole.right, whole.bottom),
        ]
    else:
        edges = []
    yield from (edge for edge in edges if max(edge.width, edge.height) >= _SHORTEST_RULE)


def _is_box(outline: Outline) -> bool:
    (left, top), _, (right, bottom) = outline[:3]
    return all(x in (left, right) and y in (top, bottom) for x, y in outline)
