"""The rooms of this process: a tab, a second one and a reloaded one of the same owner meet in the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from uuid import uuid4

from agents.errors import ConversationError
from agents.ports import ConversationInfo
from ui.web.backend import Chat, Conversations, Wish, first_kb
from ui.web.chat.room import Room
from ui.web.undoing import Key, Undoing

_MOST = 200
"""Rooms kept; beyond it those that nobody entered for longest are closed, unless a question is being answered there."""

TITLE_CHARS = 200
MOST_AT_ONCE = 8
"""Questions of one person who has signed in that are answered at once."""


class Rooms:
    """The conversations of everybody, each entered by its owner only. Thread-safe; `changes` counts up whenever a list
    of conversations may look different.
    """

    def __init__(self, conversations: Conversations, undoing: Undoing) -> None:
        self.changes = 0
        self._conversations = conversations
        self._undoing = undoing
        self._rooms: OrderedDict[str, Room] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, owner: str, wish: Wish, question: str) -> Room:
        """Ask the first question of a new conversation, which waits until the application is ready."""
        conversation_id = uuid4().hex

        def chat() -> Chat:
            self._conversations.prepare()
            kb = wish.kb or first_kb(self._conversations.choices().kbs)
            named = Wish(kb=kb, team=wish.team, strategy=wish.strategy, model=wish.model)
            return self._conversations.new_conversation(named, owner=owner, conversation_id=conversation_id)

        self._must_have_time(owner)
        room = Room(conversation_id, owner, chat, changed=self._note)
        room.ask(question)
        return self._keep(room)

    def known(self, conversation_id: str, owner: str) -> Room | None:
        """A room that is there already; returns at once."""
        with self._lock:
            room = self._rooms.get(conversation_id)
            if room is None or room.owner != owner:
                return None
            self._rooms.move_to_end(conversation_id)
            return room

    def enter(self, conversation_id: str, owner: str) -> Room:
        """The room of a conversation, opened from the log if need be.

        Raises ConversationError where there is no conversation of that owner; waits until the application is ready.
        """
        if room := self.known(conversation_id, owner):
            return room
        self._must_be_there(conversation_id)
        return self._keep(Room.of(self._conversations.conversation(conversation_id, owner), owner, changed=self._note))

    def again(self, conversation_id: str, owner: str, wish: Wish) -> Room:
        """Ask the last question once more, in a branch of its own, as wished."""
        self._must_be_there(conversation_id)
        chat, question = self._conversations.retry(conversation_id, owner, wish)
        return self._asked(chat, owner, question)

    def edit(self, conversation_id: str, owner: str, seq: int, question: str) -> Room:
        """Ask in place of the question that event number `seq` began, in a branch of its own."""
        self._must_be_there(conversation_id)
        if seq > 1:
            return self._asked(self._conversations.branch(conversation_id, owner, through=seq - 1), owner, question)
        info = self._conversations.conversation(conversation_id, owner).info
        return self.begin(owner, Wish(kb=info.kb, team=info.team, strategy=info.strategy, model=info.model), question)

    def branch(self, conversation_id: str, owner: str, through: int) -> Room:
        """A new conversation that begins as this one did, up to its event of that number."""
        self._must_be_there(conversation_id)
        room = Room.of(self._conversations.branch(conversation_id, owner, through=through), owner, changed=self._note)
        self._note()
        return self._keep(room)

    def rename(self, conversation_id: str, owner: str, title: str) -> None:
        """Give a conversation another title. Raises ConversationError for one that is blank or too long."""
        self._must_be_there(conversation_id)
        title = " ".join(title.split())
        if not 0 < len(title) <= TITLE_CHARS:
            hint = f"It takes 1 to {TITLE_CHARS} characters."
            raise ConversationError(f"A title of {len(title)} characters is none.", hint=hint)
        self._conversations.rename(conversation_id, owner, title)
        self._note()

    def delete(self, conversation_id: str, owner: str) -> None:
        """Remove a conversation, ending what runs there; for a moment it can be restored."""
        room = self.enter(conversation_id, owner)
        room.stop()
        key, delete = _key(conversation_id), self._conversations.delete
        self._undoing.schedule(owner, key, lambda: delete(conversation_id, owner))
        with self._lock:
            self._rooms.pop(conversation_id, None)
        self._note()

    def restore(self, conversation_id: str, owner: str) -> None:
        """Take a deletion back. Raises ConversationError when it is too late."""
        if not self._undoing.undo(owner, _key(conversation_id)):
            raise ConversationError("It is too late: the conversation is gone.", hint="Begin a new one.")
        self._note()

    def listed(self, owner: str, containing: str = "") -> Sequence[ConversationInfo]:
        """The conversations of an owner that hold a text, latest first."""
        going = self._undoing.gone()
        found = self._conversations.conversations(owner, containing)
        return [info for info in found if _key(info.id) not in going]

    def _asked(self, chat: Chat, owner: str, question: str) -> Room:
        self._must_have_time(owner)
        room = self._keep(Room.of(chat, owner, changed=self._note))
        room.ask(question)
        return room

    def _must_be_there(self, conversation_id: str) -> None:
        """Raises ConversationError for one that was deleted a moment ago."""
        if _key(conversation_id) in self._undoing.gone():
            raise ConversationError("This conversation was deleted.", hint="Begin a new one.")

    def _must_have_time(self, owner: str) -> None:
        """Raises ConversationError for somebody whose questions keep the others waiting; alone one may ask at will."""
        with self._lock:
            busy = sum(room.view.busy for room in self._rooms.values() if owner and room.owner == owner)
        if busy >= MOST_AT_ONCE:
            raise ConversationError(f"{busy} of your questions are being answered.", hint="Wait for one, or stop it.")

    def _note(self) -> None:
        self.changes += 1

    def _keep(self, room: Room) -> Room:
        """The room, or the one that somebody else opened for the same conversation meanwhile."""
        with self._lock:
            room = self._rooms.setdefault(room.id, room)
            self._rooms.move_to_end(room.id)
            idle = [other for other in self._rooms.values() if other is not room and not other.view.busy]
            leaving = idle[: max(0, len(self._rooms) - _MOST)]
            for other in leaving:
                del self._rooms[other.id]
        for other in leaving:
            other.close()
        return room


def _key(conversation_id: str) -> Key:
    return "conversation", conversation_id
