"""When a person is asked, and what reason is shown."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from agents.safety.approval_policy import LONG_S, code_hash, why_ask


def why(policy: Any = "risky", **how: Any) -> str:
    return why_ask(policy, **{"language": "python", "code": "print(1)", "timeout_s": None, "isolation": "full", **how})


def test_never_asks_for_nothing_where_isolation_is_full() -> None:
    assert why("never", code="open('x', 'w')", timeout_s=500.0, language="sh") == ""


@pytest.mark.parametrize("isolation", ["reduced", "none"])
@pytest.mark.parametrize("policy", ["always", "never", "risky"])
def test_every_run_is_asked_for_where_isolation_is_less(policy: str, isolation: str) -> None:
    assert isolation in why(policy, isolation=isolation)


def test_always_asks() -> None:
    assert why("always") == "Every run of code is asked for."


def test_risky_asks_for_what_may_write_or_run_long_and_says_why() -> None:
    assert why() == ""
    assert why(timeout_s=LONG_S) == ""
    assert "it uses open" in why(code="open('x', 'w')")
    assert "shell script" in why(language="sh", code="ls")
    assert f"{LONG_S + 1:g} s" in why(timeout_s=LONG_S + 1)


@pytest.mark.parametrize(
    "reason",
    [
        why("always", timeout_s=99.0),
        why(isolation="none", timeout_s=99.0),
        why(code="open('x')", timeout_s=99.0),
        why(language="sh", timeout_s=99.0),
        why(timeout_s=99.0),
    ],
)
def test_a_reason_is_one_sentence_that_names_a_long_time(reason: str) -> None:
    assert "99 s" in reason
    assert reason.endswith(".")
    assert reason.count(". ") == 0


def test_the_hash_is_of_the_bytes_that_run() -> None:
    assert code_hash("print('价')") == hashlib.sha256("print('价')".encode()).hexdigest()
