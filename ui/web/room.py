"""A conversation on screen: each run goes on in its own thread, whoever watches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

from agents.errors import ConversationError
from agents.events import Event, RunCompleted, failed
from configs.errors import AppError
from ui.web.backend import Backend, Chat, first_kb
from ui.web.decision import Decision
from ui.web.reducer import asked, reduce
from ui.web.view import View

log = logging.getLogger(__name__)


class Room:
    """One conversation; `view` is always the newest.

    Without a knowledge base its first question waits for one; without a team the configured one answers.
    """

    def __init__(self, backend: Backend, kb: str | None, team: str | None = None) -> None:
        self.kb = kb
        self.team = team
        self.view = View()
        self._backend = backend
        self._chat: Chat | None = None
        self._stopped = threading.Event()
        self._left = False
        self._lock = threading.Lock()

    def ask(self, question: str) -> None:
        """Start answering. Raises ConversationError while another question is being answered."""
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
            if self._chat is None and self.view.busy:
                self.view = reduce(self.view, _STOPPED)
        if self._chat is not None:
            self._chat.stop()

    def leave(self) -> None:
        """Nobody comes back: when the run under way is over, what its code left running ends, too."""
        self._left = True
        if not self.view.busy:
            self._close()

    def decide(self, decision: Decision) -> None:
        """Answer for code that waits. Raises ConversationError when it does not wait, or no longer, in this room."""
        if self._chat is None:
            raise ConversationError("No code waits for your approval here.", hint="Ask a question first.")
        self._chat.answer(
            decision.approval_id,
            approved=decision.approved,
            code_sha256=decision.code_sha256,
            code=decision.code,
            reason=decision.reason,
        )

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
        if self._left:
            self._close()

    def _close(self) -> None:
        with self._lock:
            chat, self._chat = self._chat, None
        if chat is not None:
            threading.Thread(target=chat.close, name="close-chat", daemon=True).start()

    def _events(self, question: str, stopped: threading.Event) -> Iterator[Event]:
        self.kb = self.kb or first_kb(self._backend)
        chat = self._chat or self._backend.new_conversation(self.kb, self.team)
        with self._lock:
            if stopped.is_set():
                return
            self._chat = chat
        for event in chat.ask(question):
            yield event
            if stopped.is_set():
                chat.stop()


_STOPPED = RunCompleted(answer="", abstained=False, stopped=True)
