"""Conversations are entered by their owner, from wherever, and branch, end and come back as asked."""

from __future__ import annotations

import pytest

from agents.errors import ConversationError
from retrieval.errors import UnknownKnowledgeBase
from tests.ui.web.scripted import ANSWER, ScriptedBackend, answering, discussion
from tests.ui.web.waiting import until
from ui.web.backend import Wish
from ui.web.chat.room import Room
from ui.web.chat.rooms import MOST_AT_ONCE, Rooms
from ui.web.undoing import Undoing
from ui.web.view import Asked, Problem, Said

ANN = "ann"


def rooms_of(backend: ScriptedBackend, undoing: Undoing | None = None) -> Rooms:
    return Rooms(backend, undoing or Undoing())


def asked(rooms: Rooms, question: str = "How much?", wish: Wish | None = None) -> Room:
    room = rooms.begin(ANN, wish or Wish(), question)
    until(lambda: not room.view.busy)
    return room


def questions(room: Room) -> list[str]:
    return [item.text for item in room.view.items if isinstance(item, Asked)]


def test_every_tab_of_the_owner_enters_the_same_room() -> None:
    backend = ScriptedBackend(discussion, pause_s=0.01)
    rooms = rooms_of(backend)
    room = rooms.begin(ANN, Wish(), "How much?")

    assert rooms.enter(room.id, ANN) is room
    until(lambda: room.view.phase == "done")


def test_nobody_else_enters_lists_changes_or_removes_it() -> None:
    rooms = rooms_of(ScriptedBackend(discussion))
    room = asked(rooms)

    for attempt in (
        lambda: rooms.enter(room.id, "bob"),
        lambda: rooms.again(room.id, "bob", Wish()),
        lambda: rooms.edit(room.id, "bob", 1, "And?"),
        lambda: rooms.branch(room.id, "bob", 2),
        lambda: rooms.rename(room.id, "bob", "Mine"),
        lambda: rooms.delete(room.id, "bob"),
    ):
        with pytest.raises(ConversationError, match="There is no conversation"):
            attempt()
    assert rooms.known(room.id, "bob") is None
    assert rooms.listed("bob") == []
    assert [info.title for info in rooms.listed(ANN)] == ["How much?"]


def test_a_restarted_server_shows_what_was_said_and_goes_on() -> None:
    backend = ScriptedBackend(discussion)
    before = asked(rooms_of(backend))
    again = rooms_of(backend).enter(before.id, ANN)

    assert again is not before
    assert again.view == before.view
    again.ask("And taxis?")
    until(lambda: not again.view.busy)
    assert questions(again) == ["How much?", "And taxis?"]


def test_a_question_is_asked_again_as_wished_and_the_first_answer_stays() -> None:
    backend = ScriptedBackend(answering("One."))
    rooms = rooms_of(backend)
    room = asked(rooms)
    other = rooms.again(room.id, ANN, Wish(strategy="lexical"))
    until(lambda: not other.view.busy)

    assert other.id != room.id
    assert other.chat
    assert (other.chat.info.strategy, other.chat.info.parent) == ("lexical", room.id)
    assert questions(other) == questions(room) == ["How much?"]


def test_an_edited_question_takes_the_place_of_the_old_one_in_a_branch() -> None:
    backend = ScriptedBackend(answering("One."))
    rooms = rooms_of(backend)
    room = asked(rooms)
    room.ask("And taxis?")
    until(lambda: not room.view.busy)
    first, second = (item for item in room.view.items if isinstance(item, Asked))
    later = rooms.edit(room.id, ANN, second.seq, "And trains?")
    new = rooms.edit(room.id, ANN, first.seq, "How many?")
    until(lambda: not (later.view.busy or new.view.busy))

    assert questions(later) == ["How much?", "And trains?"]
    assert questions(new) == ["How many?"]
    assert new.chat
    assert new.chat.info.title == "How many?"
    assert questions(room) == ["How much?", "And taxis?"]


def test_a_branch_ends_where_it_was_told_to() -> None:
    backend = ScriptedBackend(answering("One."))
    rooms = rooms_of(backend)
    room = asked(rooms)
    said = next(item for item in room.view.items if isinstance(item, Said))

    assert questions(rooms.branch(room.id, ANN, said.seq)) == ["How much?"]


def test_a_deleted_conversation_can_be_restored_for_a_while() -> None:
    clock = [0.0]
    undoing = Undoing(clock=lambda: clock[0])
    backend = ScriptedBackend(answering(ANSWER * 40), pause_s=0.02)
    rooms = rooms_of(backend, undoing)
    room = rooms.begin(ANN, Wish(), "How much?")
    until(lambda: room.view.phase == "running")
    rooms.delete(room.id, ANN)

    until(lambda: room.view.phase == "stopped")
    assert rooms.listed(ANN) == []
    with pytest.raises(ConversationError, match="was deleted"):
        rooms.enter(room.id, ANN)
    for attempt in (
        lambda: rooms.again(room.id, ANN, Wish()),
        lambda: rooms.edit(room.id, ANN, 1, "And?"),
        lambda: rooms.branch(room.id, ANN, 1),
        lambda: rooms.rename(room.id, ANN, "Mine"),
    ):
        with pytest.raises(ConversationError, match="was deleted"):
            attempt()
    with pytest.raises(ConversationError, match="too late"):
        rooms.restore(room.id, "bob")
    rooms.restore(room.id, ANN)
    assert rooms.enter(room.id, ANN).id == room.id
    rooms.delete(room.id, ANN)
    clock[0] = 11.0
    undoing.run_due()
    until(lambda: not backend.chats)
    with pytest.raises(ConversationError, match="too late"):
        rooms.restore(room.id, ANN)


def test_a_list_is_known_to_have_changed() -> None:
    rooms = rooms_of(ScriptedBackend(discussion))
    seen = [rooms.changes]
    room = asked(rooms)
    until(lambda: rooms.changes > seen[-1])
    seen.append(rooms.changes)
    rooms.rename(room.id, ANN, "Hotels")
    assert rooms.changes > seen[-1]
    seen.append(rooms.changes)
    rooms.delete(room.id, ANN)
    assert rooms.changes > seen[-1]


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
def test_a_title_that_is_none_is_refused(title: str) -> None:
    rooms = rooms_of(ScriptedBackend(discussion))
    room = asked(rooms)

    with pytest.raises(ConversationError, match="A title of"):
        rooms.rename(room.id, ANN, title)
    assert [info.title for info in rooms.listed(ANN)] == ["How much?"]


def test_without_any_knowledge_base_the_question_fails_clearly() -> None:
    backend = ScriptedBackend(discussion)
    backend.kbs.clear()
    problem = asked(rooms_of(backend)).view.items[-1]

    assert isinstance(problem, Problem)
    assert problem.failure.error_type == UnknownKnowledgeBase.__name__


@pytest.mark.parametrize("question", ["", "  ", "x" * 20_001])
def test_a_question_that_is_none_begins_nothing(question: str) -> None:
    backend = ScriptedBackend(discussion)
    rooms = rooms_of(backend)

    with pytest.raises(ConversationError):
        rooms.begin(ANN, Wish(), question)
    assert backend.chats == []


def test_one_person_cannot_keep_everybody_else_waiting() -> None:
    backend = ScriptedBackend(answering(ANSWER * 40), pause_s=0.05)
    rooms = rooms_of(backend)
    busy = [rooms.begin(ANN, Wish(), f"Question {number}?") for number in range(MOST_AT_ONCE)]
    with pytest.raises(ConversationError, match=f"{MOST_AT_ONCE} of your questions"):
        rooms.begin(ANN, Wish(), "One more?")
    rooms.begin("bob", Wish(), "Mine?").stop()
    busy[0].stop()
    until(lambda: not busy[0].view.busy)
    rooms.begin(ANN, Wish(), "One more?").stop()
    for room in busy:
        room.stop()
