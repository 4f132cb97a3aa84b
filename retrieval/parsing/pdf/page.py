"""What a page shows: words, ruling lines and their places, in points from the top left corner."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Horizontal extent."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Vertical extent."""
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        """Vertical centre."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Horizontal centre."""
        return (self.left + self.right) / 2

    def holds(self, other: Area) -> bool:
        """Whether the centre of `other` lies inside."""
        return self.left <= other.centre <= self.right and self.top <= other.middle <= self.bottom


def around(areas: Iterable[Area]) -> Area:
    """The smallest rectangle around all `areas`, of which there is at least one."""
    found = list(areas)
    return Area(
        min(area.left for area in found),
        min(area.top for area in found),
        max(area.right for area in found),
        max(area.bottom for area in found),
    )


@dataclass(frozen=True, slots=True)
class Word(Area):
    """A word as the page shows it: in bold or italics, in one letter width, right to left, in which family of type.

    `turn` is 0 for a word that lies level, 1 for one that is read upwards, -1 for one that is read downwards.
    """

    text: str
    emphasis: bool = False
    mono: bool = False
    rtl: bool = False
    family: str = ""
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `rules` are the horizontal and vertical lines drawn on it, `is_scan` says it is one picture."""

    number: int
    width: float
    height: float
    words: Sequence[Word]
    rules: Sequence[Area] = ()
    is_scan: bool = False

    @property
    def level_words(self) -> list[Word]:
        """The words that do not stand on their side."""
        return [word for word in self.words if not word.turn]


@dataclass(frozen=True)
class UnreadablePage:
    """A page that could not be read, and why."""

    number: int
    reason: str
