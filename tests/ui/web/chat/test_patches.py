"""A patch holds what differs and nothing else, and brings any browser to the present."""

from __future__ import annotations

import random
from typing import Any

from ui.web.chat.patches import patch


def patched(shown: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What the page's script makes of a patch."""
    told = dict(told)
    changed, count = told.pop("pieces", {}), told.pop("count", None)
    pieces = list(shown.get("pieces", ()))
    for index, piece in changed.items():
        pieces[index : index + 1] = [piece]
    return {**shown, **told, "pieces": pieces[:count]}


def test_what_is_the_same_is_not_told() -> None:
    state = {"pieces": ["a", "b"], "busy": True}

    assert patch(state, {"pieces": ["a", "b"], "busy": True}) == {}
    assert patch(state, {"pieces": ["a", "c"], "busy": True}) == {"pieces": {1: "c"}, "count": 2}
    assert patch(state, {"pieces": ["a"], "busy": False}) == {"pieces": {}, "count": 1, "busy": False}


def test_the_first_patch_holds_everything() -> None:
    state = {"pieces": ["a"], "busy": False, "head": ""}

    assert patch({}, state) == {"pieces": {0: "a"}, "count": 1, "busy": False, "head": ""}


def test_patches_lead_from_any_state_to_any_other() -> None:
    chance = random.Random(7)
    shown: dict[str, Any] = {}
    for _ in range(300):
        now = {"pieces": [chance.choice("abc") for _ in range(chance.randrange(6))], "busy": chance.random() < 0.5}
        shown = patched(shown, patch(shown, now))
        assert shown == now
