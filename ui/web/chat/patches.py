"""What a browser must be told to show what is shown now, given what it shows already; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

State = Mapping[str, Any]
"""Parts of the page by name; `pieces` is a list of HTML, the others are drawn whole."""


def patch(shown: State, now: State) -> dict[str, Any]:
    """The parts of `now` that differ from those shown.

    Of `pieces` only the changed ones are told, as `{index: html}`, with `count`, their number.
    """
    told = {name: part for name, part in now.items() if name != "pieces" and shown.get(name) != part}
    before, pieces = shown.get("pieces", ()), now.get("pieces", ())
    changed = _changed(before, pieces)
    if changed or len(before) != len(pieces):
        told |= {"pieces": changed, "count": len(pieces)}
    return told


def _changed(before: Sequence[str], pieces: Sequence[str]) -> dict[int, str]:
    return {
        index: piece
        for index, piece in enumerate(pieces)
        if index >= len(before) or not (piece is before[index] or piece == before[index])
    }
