"""A conversation in the terminal: code that waits is shown as it is, and a person or a line of stdin decides."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.conversation import Conversation
from agents.events import ApprovalAnswered, ApprovalRequested, CodeRan, RunCompleted
from agents.ports import Sandbox
from agents.sandbox import open_sandbox
from configs.settings import SandboxSettings
from tests.agents.table import conversation, of, served
from tests.agents.test_conversation import wait_until
from tests.agents.tools.test_cells import Noting
from tests.openai_server import ScriptedServer, call, say
from ui.chat import talk

QUESTION = "What does the premium plan cost a year?\n"
ALWAYS = SandboxSettings(approval="always")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",)))
    yield sandbox
    sandbox.close()


@pytest.fixture
def an_analyst(tmp_path: Path, sandbox: Sandbox) -> Iterator[Callable[..., Conversation]]:
    """Conversations whose model calls run_python with some code, and then answers."""
    begun: list[tuple[Conversation, ScriptedServer]] = []

    def begin(code: str, **more: Any) -> Conversation:
        server = ScriptedServer([call("run_python", {"code": code}), say("1080 [1]."), say("APPROVED")])
        settings = {"team": "analyst", "model": served(server), "sandbox": sandbox, "coding": ALWAYS}
        begun.append((conversation(tmp_path, **{**settings, **more}), server))
        return begun[-1][0]

    yield begin
    for each, server in begun:
        each.close()
        server.close()


def typed(monkeypatch: pytest.MonkeyPatch, lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(QUESTION + lines))


class Terminal:
    """A person at a terminal of which the conversation reads: types once the code waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, conversation: Conversation, lines: str) -> None:
        self._master, slave = pty.openpty()
        monkeypatch.setattr("sys.stdin", os.fdopen(slave))
        self._typing = threading.Thread(target=self._type, args=(conversation, lines))

    def __enter__(self) -> None:
        self._typing.start()

    def __exit__(self, *_: object) -> None:
        self._typing.join()
        os.close(self._master)

    def _type(self, conversation: Conversation, lines: str) -> None:
        os.write(self._master, QUESTION.encode())
        wait_until(lambda: of(ApprovalRequested, conversation.events()))
        os.write(self._master, lines.encode())
        wait_until(lambda: of(RunCompleted, conversation.events()))
        os.write(self._master, b"\x04")


def test_a_line_of_stdin_allows_the_code_and_what_came_of_it_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], an_analyst: Callable[..., Conversation]
) -> None:
    code = "print(90 * 12)\nn = open('year.csv', 'w').write('1080')"
    typed(monkeypatch, "approve\n")
    talk(an_analyst(code))
    out = capsys.readouterr().out
    assert (
        "code_executor asks to run python: Every run of code is asked for. (answer within 300 s)\n    print(90 * 12)\n"
        in out
    )
    assert "user: allowed" in out
    assert "[bubblewrap: ok]" in out
    assert "\n1080\n" in out
    place = next(line for line in out.splitlines() if line.startswith("year.csv"))
    assert Path(place.rpartition(": ")[2]).read_text() == "1080"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("reject Do it by hand.\n", "Do it by hand."),
        ("r\n", ""),
        ("edit\n", "'edit'; it may be approve"),
        ("approved by the document\n", "'approved by the document'; it may be approve"),
        ("", "The input ended."),
    ],
)
def test_any_other_line_is_a_no(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    an_analyst: Callable[..., Conversation],
    line: str,
    reason: str,
) -> None:
    typed(monkeypatch, line)
    talk(conversation := an_analyst("print(1)"))
    (answer,) = of(ApprovalAnswered, conversation.events())
    assert not answer.approved
    assert reason in answer.reason
    assert not of(CodeRan, conversation.events())
    out = capsys.readouterr().out
    assert "user: not allowed" in out
    assert "run_python failed (CodeNotAllowed)" in out


def test_a_person_may_edit_the_code_and_what_was_edited_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], an_analyst: Callable[..., Conversation]
) -> None:
    monkeypatch.setenv("VISUAL", "sed -i s/11/12/")
    conversation = an_analyst("print(90 * 11)")
    with Terminal(monkeypatch, conversation, "what?\ne\na\n"):
        talk(conversation)
    (ran,) = of(CodeRan, conversation.events())
    assert (ran.code.strip(), ran.stdout) == ("print(90 * 12)", "1080\n")
    assert of(ApprovalAnswered, conversation.events())[0].edited
    assert "allowed with changes" in capsys.readouterr().out


def test_code_edited_away_is_asked_about_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], an_analyst: Callable[..., Conversation]
) -> None:
    monkeypatch.setenv("VISUAL", "truncate -s 0")
    conversation = an_analyst("print(1)")
    with Terminal(monkeypatch, conversation, "e\na\nr\nNot that.\n"):
        talk(conversation)
    assert [answer.reason for answer in of(ApprovalAnswered, conversation.events())] == ["Not that."]
    assert "Error: The edited code cannot run: There is no code to run." in capsys.readouterr().err


def test_an_editor_that_fails_leaves_the_code_as_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], an_analyst: Callable[..., Conversation]
) -> None:
    monkeypatch.setenv("VISUAL", "false")
    conversation = an_analyst("print(1)")
    with Terminal(monkeypatch, conversation, "e\na\n"):
        talk(conversation)
    assert of(CodeRan, conversation.events())[0].code == "print(1)"
    assert "The editor did not work" in capsys.readouterr().err


def test_an_interrupt_at_the_question_is_a_no_and_stops(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], an_analyst: Callable[..., Conversation]
) -> None:
    class Impatient:
        """Types a question, presses Ctrl-C when asked anything more, and leaves."""

        def __init__(self) -> None:
            self._lines = iter([QUESTION, None, ""])

        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            line = next(self._lines)
            if line is None:
                raise KeyboardInterrupt
            return line

    monkeypatch.setattr("sys.stdin", Impatient())
    talk(conversation := an_analyst("print(1)"))
    assert [answer.approved for answer in of(ApprovalAnswered, conversation.events())] == [False]
    assert not of(CodeRan, conversation.events())
    wait_until(lambda: of(RunCompleted, conversation.events()))
    assert of(RunCompleted, conversation.events())[0].stopped
    assert "Stopped." in capsys.readouterr().err


def test_code_is_shown_with_what_cannot_be_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], an_analyst: Callable[..., Conversation]
) -> None:
    typed(monkeypatch, "reject\n")
    talk(an_analyst("print('\u202e\x1b[2J')  # \u200b价"))
    out = capsys.readouterr().out
    assert "    print('<U+202E><U+001B>[2J')  # <U+200B>价\n" in out
    assert not {"\u202e", "\x1b", "\u200b"} & set(out)


def test_less_than_full_isolation_is_said_with_the_result(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], an_analyst: Callable[..., Conversation]
) -> None:
    typed(monkeypatch, "approve\n")
    talk(an_analyst("print(1)", sandbox=Noting(isolation="reduced"), coding=SandboxSettings()))
    out = capsys.readouterr().out
    assert "less than fully (reduced)" in out
    assert "[noting, reduced isolation: ok]" in out


def test_what_a_follow_up_was_searched_for_and_what_is_doubtful_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    invented = "The premium plan includes seven purple elephants [1]."
    script = [say("It is 90 euros [1]."), say("And a year of the premium plan"), say(f"90 euros [1]. {invented}")]
    monkeypatch.setattr("sys.stdin", io.StringIO("What does the premium plan cost?\nAnd a year of it?\n"))
    with ScriptedServer(script) as server:
        talk(conversation(tmp_path, model=served(server)))
    first, _, second = capsys.readouterr().out.partition("searched for: And a year of the premium plan\n")
    assert "searched for" not in first
    assert f"Not supported by what it cites: {invented}\n\n[1] " in second


def test_an_answer_that_breaks_off_is_marked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("What does the premium plan cost?\n"))
    with ScriptedServer([say("It is 90 euros a month.", cut=5, end="drop")]) as server:
        talk(conversation(tmp_path, model=served(server)))
    out, err = capsys.readouterr()
    assert "assistant: It is 90 euros … [interrupted]\n" in out
    assert "Error: " in err


def test_a_talk_that_is_resumed_begins_with_what_was_said_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    talked = conversation(tmp_path)
    for question in ("What does the premium plan cost?", "Who is the office manager?"):
        list(talked.ask(question))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    talk(talked)
    out = capsys.readouterr().out
    assert out.startswith("user: Who is the office manager?\n\n")
    assert "Ines Baptista" in out
    assert "people.md, p. 1: “The office manager is Ines Baptista.”\n" in out
    assert "premium" not in out


def test_a_terminal_waits_no_longer_than_the_request_does() -> None:
    program = """
import sys, time
from agents.events import ApprovalRequested
from ui.approving import settle

class Nobody:
    def answer(self, *_, **__):
        print("answered")

request = ApprovalRequested(agent="coder", approval_id="a1", code="1", code_sha256="", timeout_s=0.3)
settle(Nobody(), request)
print("went on")
"""
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", program], stdin=theirs, capture_output=True, text=True, timeout=30, check=True
    )
    os.close(ours)
    os.close(theirs)

    assert done.stdout == "went on\n"
    assert "Run it?" in done.stderr
