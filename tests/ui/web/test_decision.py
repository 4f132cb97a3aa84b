from __future__ import annotations

from typing import Any

import pytest

from ui.web.decision import MOST_CODE, MOST_REASON, Decision, read_decision

SENT: dict[str, Any] = {"approval_id": "a1", "approved": True, "code_sha256": "0", "code": "1", "reason": "fine"}


def test_a_decision_is_read_as_it_was_sent() -> None:
    assert read_decision(SENT) == Decision(approval_id="a1", approved=True, code_sha256="0", code="1", reason="fine")
    unedited = read_decision({**SENT, "code": None, "more": "ignored"})
    assert unedited
    assert unedited.code is None


@pytest.mark.parametrize(
    "change",
    [
        {"approved": "yes"},
        {"approved": 1},
        {"approved": None},
        {"approval_id": 1},
        {"approval_id": "a" * 201},
        {"code_sha256": ["0"]},
        {"code": 1},
        {"code": ["print(1)"]},
        {"code": ""},
        {"code": " \n"},
        {"code": "x" * (MOST_CODE + 1)},
        {"code": "\ud800"},
        {"reason": None},
        {"reason": "x" * (MOST_REASON + 1)},
        {"reason": {"a": 1}},
    ],
)
def test_anything_else_is_no_decision(change: dict[str, Any]) -> None:
    assert read_decision({**SENT, **change}) is None


@pytest.mark.parametrize("missing", ["approval_id", "approved", "code_sha256", "reason"])
def test_a_decision_with_a_part_missing_is_none(missing: str) -> None:
    assert read_decision({name: value for name, value in SENT.items() if name != missing}) is None


@pytest.mark.parametrize("sent", [None, [], "approve", 1, True])
def test_other_things_are_no_decision(sent: Any) -> None:
    assert read_decision(sent) is None
