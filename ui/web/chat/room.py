"""A conversation on screen: each run goes on in its own thread, whoever watches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

from agents.errors import ConversationError
from agents.events import Event, RunCompleted, failed
from agents.question import checked
from configs.errors import AppError
from ui.web.backend import Chat
from ui.web.decision import Decision
from ui.web.reducer import asked, reduce, replay
from ui.web.view import View

log = logging.getLogger(__name__)


class Room:
    """One conversation of an owner; `view` is always the newest. `begin` makes the conversation when it is first asked.

    `changed` is told when a run begins or ends, or the conversation gets its title.
    """

    def __init__(
        self, conversation_id: str, owner: str, begin: Callable[[], Chat], *, changed: Callable[[], None] = lambda: None
    ) -> None:
        self.id = conversation_id
        self.owner = owner
        self.view = View()
        self.chat: Chat | None = None
        self._begin = begin
        self._changed = changed
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, chat: Chat, owner: str, *, changed: Callable[[], None] = lambda: None) -> Room:
        """The room of a conversation that was begun: what has happened in it is there."""
        room = cls(chat.info.id, owner, lambda: chat, changed=changed)
        room.chat, room.view = chat, replay(chat.events())
        return room

    @property
    def kb(self) -> str:
        """Its knowledge base; empty as long as none is needed."""
        return self.chat.info.kb if self.chat else ""

    def ask(self, question: str) -> None:
        """Start answering. Raises ConversationError for a question that is empty or too long, and while another is
        being answered.
        """
        question = checked(question)
        with self._lock:
            if self.view.busy:
                raise ConversationError(
                    "A question is still being answered.", hint="Wait for the answer or stop it, then ask again."
                )
            self._stopped = threading.Event()
            self.view = asked(self.view, question)
        threading.Thread(target=self._run, args=(question, self._stopped), name="run", daemon=True).start()

    def stop(self) -> None:
        """End the run; a question that still waits for the models is dropped at once."""
        self._stopped.set()
        with self._lock:
            if self.chat is None and self.view.busy:
                self.view = reduce(self.view, _STOPPED)
        if self.chat is not None:
            self.chat.stop()

    def decide(self, decision: Decision) -> None:
        """Answer for code that waits. Raises ConversationError when it does not wait, or no longer, in this room."""
        if self.chat is None:
            raise ConversationError("No code waits for your approval here.", hint="Ask a question first.")
        self.chat.answer(
            decision.approval_id,
            approved=decision.approved,
            code_sha256=decision.code_sha256,
            code=decision.code,
            reason=decision.reason,
        )

    def close(self) -> None:
        """End what runs here, and what its code left running; in a thread of its own, since it may take a moment."""
        self.stop()
        if self.chat is not None:
            threading.Thread(target=self.chat.close, name="close-chat", daemon=True).start()

    def _run(self, question: str, stopped: threading.Event) -> None:
        error = AppError("The run ended without an answer.", hint="Ask again.")
        try:
            for event in self._events(question, stopped):
                self.view = reduce(self.view, event)
        except AppError as raised:
            error = raised
        except Exception:
            log.exception("A run ended unexpectedly.")
            error = AppError("The run ended unexpectedly.", hint="Ask again; the log has the details.")
        if self._stopped is stopped and self.view.busy:
            self.view = reduce(self.view, failed(error))
        self._changed()

    def _events(self, question: str, stopped: threading.Event) -> Iterator[Event]:
        chat = self.chat or self._begin()
        with self._lock:
            if stopped.is_set():
                return
            self.chat = chat
        for event in chat.ask(question):
            yield event
            if event.seq <= 1:
                self._changed()
            if stopped.is_set():
                chat.stop()


_STOPPED = RunCompleted(answer="", abstained=False, stopped=True)
