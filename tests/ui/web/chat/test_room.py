from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from agents.errors import ConversationError, ModelUnreachable
from agents.events import Event, RunStarted
from tests.ui.web.computed import CODE, computing
from tests.ui.web.scripted import ANSWER, ScriptedBackend, ScriptedChat, answering, discussion, sha256
from tests.ui.web.waiting import until
from ui.web.backend import Wish
from ui.web.chat.room import Room
from ui.web.decision import Decision
from ui.web.reducer import replay
from ui.web.view import Asked, Problem, Ran, Said, Stopped


def room_of(backend: ScriptedBackend, kb: str = "handbook", team: str | None = None) -> Room:
    def begin() -> ScriptedChat:
        backend.prepare()
        return backend.new_conversation(Wish(kb=kb, team=team), owner="", conversation_id="c")

    return Room("c", "", begin)


def is_over(room: Room) -> bool:
    return not room.view.busy


def answers(room: Room) -> list[str]:
    return [item.text for item in room.view.items if isinstance(item, Said)]


def test_a_run_goes_on_without_anyone_watching() -> None:
    room = room_of(ScriptedBackend(discussion))
    room.ask("How much?")
    until(lambda: not room.view.busy)
    assert room.chat
    assert room.view == replay(room.chat.events())
    assert len(room.view.items) > 4


def test_a_second_question_continues_the_same_conversation() -> None:
    backend = ScriptedBackend(answering("One."))
    room = room_of(backend)
    for _ in range(2):
        room.ask("And?")
        until(lambda: not room.view.busy)
    assert answers(room) == ["One.", "One."]


def test_a_question_while_another_is_answered_is_refused() -> None:
    room = room_of(ScriptedBackend(discussion, pause_s=0.05))
    room.ask("How much?")
    with pytest.raises(ConversationError, match="still being answered"):
        room.ask("And how long?")
    room.stop()


def test_stop_ends_the_run_within_a_second_and_keeps_what_was_said() -> None:
    room = room_of(ScriptedBackend(answering(ANSWER * 50), pause_s=0.02))
    room.ask("How much?")
    until(lambda: any(answers(room)))
    started = time.monotonic()
    room.stop()
    until(lambda: not room.view.busy)
    assert time.monotonic() - started < 1
    assert room.view.phase == "stopped"
    assert ANSWER.startswith(answers(room)[0])


def test_code_is_decided_about_where_it_waits(tmp_path: Path) -> None:
    backend = ScriptedBackend(discussion)
    waiting, done, empty = (room_of(backend) for _ in range(3))
    done.ask("How much?")
    until(lambda: not done.view.busy)
    backend.script = computing(backend, tmp_path)
    waiting.ask("Plot it.")
    until(lambda: waiting.view.waiting is not None)
    yes = Decision(approval_id="a1", approved=True, code_sha256=sha256(CODE), code="print(2)", reason="")
    for other in (done, empty):
        with pytest.raises(ConversationError):
            other.decide(yes)
    with pytest.raises(ConversationError, match="not the code"):
        waiting.decide(replace(yes, code_sha256=sha256("print(2)")))
    waiting.decide(yes)
    with pytest.raises(ConversationError, match="no longer waits"):
        waiting.decide(yes)
    until(lambda: not waiting.view.busy)
    assert [item.code.code for item in waiting.view.items if isinstance(item, Ran)] == ["print(2)"]


def test_a_room_asks_its_own_team() -> None:
    backend = ScriptedBackend(discussion)
    for team in (None, "analyst", "nobody"):
        room = room_of(backend, team=team)
        room.ask("How much?")
        until(partial(is_over, room))
    assert backend.begun == [("handbook", None), ("handbook", "analyst")]
    assert isinstance(room.view.items[-1], Problem)


def test_a_question_waits_until_the_application_is_ready() -> None:
    backend = ScriptedBackend(discussion)
    backend.ready.clear()
    room = room_of(backend)
    room.ask("How much?")
    time.sleep(0.05)
    assert room.view.phase == "waiting"
    backend.ready.set()
    until(lambda: room.view.phase == "done")


def test_a_waiting_question_can_be_stopped_and_is_never_asked() -> None:
    asked: list[str] = []

    def script(question: str) -> Sequence[Event]:
        asked.append(question)
        return discussion(question)

    backend = ScriptedBackend(script)
    backend.ready.clear()
    room = room_of(backend)
    room.ask("First?")
    room.stop()
    assert room.view.items == (Asked(text="First?"), Stopped())
    room.ask("Second?")
    backend.ready.set()
    until(lambda: room.view.phase == "done")
    assert asked == ["Second?"]


def test_an_error_of_the_application_is_shown_with_its_hint() -> None:
    room = room_of(ScriptedBackend(discussion), "nowhere")
    room.ask("How much?")
    until(lambda: not room.view.busy)
    problem = room.view.items[-1]
    assert isinstance(problem, Problem)
    assert "no knowledge base 'nowhere'" in problem.failure.message


def broken(question: str) -> Iterator[Event]:
    yield RunStarted(question=question, team="qa", kb="handbook", strategy="hybrid")
    raise ModelUnreachable("No connection.", hint="Start it.") if question == "app" else ZeroDivisionError


@pytest.mark.parametrize(("question", "message"), [("app", "No connection."), ("bug", "The run ended unexpectedly.")])
def test_a_run_that_breaks_always_ends_as_a_problem(question: str, message: str) -> None:
    room = room_of(ScriptedBackend(broken))
    room.ask(question)
    until(lambda: not room.view.busy)
    problem = room.view.items[-1]
    assert isinstance(problem, Problem)
    assert problem.failure.message == message


def test_a_run_without_a_last_event_ends_as_a_problem() -> None:
    room = room_of(ScriptedBackend(lambda question: discussion(question)[:-1]))
    room.ask("How much?")
    until(lambda: not room.view.busy)
    assert isinstance(room.view.items[-1], Problem)
