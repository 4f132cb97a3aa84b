from __future__ import annotations

from typing import Any

import pytest

from tests.ui.web.computed import ran
from ui.web import execution
from ui.web.view import Ran
from ui.web.words import words_in

PICTURE = {"name": "plot-1.png", "media_type": "image/png", "bytes": 2_000_000, "path": "/home/artifacts/c/plot-1.png"}


def fold(code: str = "print(1)", *, answered: bool = False, **more: Any) -> str:
    return execution.ran(Ran(code=ran(code, **more), answered=answered), {}, words_in("en"))


def is_open(html: str) -> bool:
    return html.split(">")[0].endswith(" open")


def test_a_good_run_in_a_full_sandbox_is_one_quiet_line() -> None:
    html = fold(stdout="1\n")
    assert "ran Python" in html
    assert "ok · bubblewrap · 0.6 s" in html
    assert "solation" not in html
    assert not is_open(html)


@pytest.mark.parametrize(
    ("isolation", "badge", "sentence"),
    [
        ("reduced", "reduced isolation", "Reduced isolation: bubblewrap keeps less apart than a full sandbox does."),
        ("none", "NO ISOLATION", "NO ISOLATION: this ran as an ordinary process of this machine."),
        ("of a new kind", "NO ISOLATION", "NO ISOLATION: this ran as an ordinary process of this machine."),
    ],
)
def test_less_isolation_is_marked_in_the_line_and_told_below(isolation: str, badge: str, sentence: str) -> None:
    line, body = fold(isolation=isolation).split("</summary>")
    assert f">{badge}</span>" in line
    assert sentence in body


def test_what_was_refused_ran_nowhere() -> None:
    html = fold(isolation="none", status="refused", exit_code=None, stderr="No sandbox is usable.")
    assert "did not run Python" in html
    assert "ISOLATION" not in html
    assert "No sandbox is usable." in html
    assert is_open(html)


@pytest.mark.parametrize(
    ("status", "exit_code", "words"),
    [
        ("error", 3, "failed with exit code 3"),
        ("error", None, "failed · "),
        ("timeout", None, "took too long"),
        ("killed", None, "was ended"),
        ("<new>", None, "&lt;new&gt;"),
    ],
)
def test_how_it_failed_is_told_and_open(status: str, exit_code: int | None, words: str) -> None:
    html = fold(status=status, exit_code=exit_code)
    assert words in html
    assert is_open(html)


def test_shell_commands_are_named() -> None:
    assert "ran shell commands" in fold("ls", language="sh")


def test_a_lost_session_is_told() -> None:
    sentence = "The variables and files of earlier code are gone."
    assert sentence in fold(state_lost=True)
    assert sentence not in fold()


def test_what_it_made_is_open_until_an_answer_shows_it() -> None:
    assert is_open(fold(artifacts=(PICTURE,)))
    assert not is_open(fold(artifacts=(PICTURE,), answered=True))
    assert "1 file ·" in fold(artifacts=(PICTURE,))
