"""The application behind the page, prepared in the background while the page is already there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from agents.errors import UnknownTeam
from agents.ports import ConversationInfo
from agents.teams.team_file import team_names
from configs.errors import AppError, ConfigError
from retrieval.errors import UnknownDocument
from retrieval.strategy import strategy_names
from retrieval.types import Chunk, Document
from ui.web.backend import Chat, Choices, NotReady, Readiness, Wish

if TYPE_CHECKING:
    from agents.app import App
    from retrieval.knowledge_base import KnowledgeBase

log = logging.getLogger(__name__)

Prepare = Callable[[Callable[[str], None]], "App"]
"""Makes the application ready to answer; tells the function it is given what it is doing, in a few words."""


class AppBackend:
    """An `App` as the page sees it; `prepare` runs once, from `start` on, in a thread of its own."""

    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare
        self._app: Future[App] = Future()
        self._message = "Getting ready…"

    def start(self) -> None:
        """Begin to prepare; returns at once."""
        threading.Thread(target=self._run, name="prepare", daemon=True).start()

    def readiness(self) -> Readiness:
        """Where the preparation stands."""
        if not self._app.done():
            return Readiness(ready=False, message=self._message)
        error = self._app.exception()
        if error is not None:
            return Readiness(ready=False, error=error if isinstance(error, AppError) else None)
        llm = self.app().settings.llm
        return Readiness(ready=True, model="" if llm.provider == "extractive" else llm.model or "")

    def app(self) -> App:
        """The application. Raises NotReady until it is ready, and AppError if it never is."""
        if not self._app.done():
            raise NotReady(self._message, hint="Wait a moment.")
        return self._app.result()

    def prepared(self) -> App:
        """The application, once it is ready; waits for it. Raises AppError if it never is."""
        return self._app.result()

    def prepare(self) -> None:
        """Wait until the application is ready."""
        self.prepared()

    def knowledge_bases(self) -> list[str]:
        """Names, the configured one in front."""
        app = self.app()
        return sorted(app.library.names(), key=lambda name: (name != app.settings.kb, name))

    def document(self, kb: str, document_id: str) -> Document:
        """A document by its id."""
        document = next((d for d in self._open(kb).documents() if d.id == document_id), None)
        if document is None:
            raise UnknownDocument("The document is no longer in the knowledge base.", hint="Ask again.")
        return document

    def chunks(self, kb: str, document_id: str) -> list[Chunk]:
        """The chunks of a document in reading order."""
        return self._open(kb).chunks(document_id)

    def original(self, kb: str, document: Document) -> AbstractContextManager[Path]:
        """The verified file a document was made from."""
        return self._open(kb).original(document)

    def choices(self) -> Choices:
        """What a new conversation can be about; a browser may not name the file of a team."""
        app = self.app()
        settings = app.settings
        return Choices(
            kbs=self.knowledge_bases(),
            teams=_first(settings.team, team_names()),
            strategies=_first(settings.search.strategy, strategy_names()),
            models=sorted(settings.models),
        )

    def new_conversation(self, wish: Wish, *, owner: str, conversation_id: str) -> Chat:
        """Begin a conversation."""
        return self.app().new_conversation(**self._checked(wish), owner=owner, conversation_id=conversation_id)

    def conversation(self, conversation_id: str, owner: str) -> Chat:
        """One that was begun; one that was cut short is ended first."""
        return self.app().conversation(conversation_id, owner=owner)

    def conversations(self, owner: str, containing: str = "") -> Sequence[ConversationInfo]:
        """Those of an owner, latest first."""
        return self.app().store.list(owner=owner, containing=containing)

    def branch(self, conversation_id: str, owner: str, *, through: int) -> Chat:
        """A new one that begins as another did."""
        return self.app().branch(conversation_id, through=through, owner=owner)

    def retry(self, conversation_id: str, owner: str, wish: Wish) -> tuple[Chat, str]:
        """A branch before the last question."""
        return self.app().retry(conversation_id, owner=owner, **self._checked(wish))

    def rename(self, conversation_id: str, owner: str, title: str) -> None:
        """Give it another title."""
        self.app().rename(conversation_id, title, owner=owner)

    def delete(self, conversation_id: str, owner: str) -> None:
        """Remove it for good."""
        self.app().delete(conversation_id, owner=owner)

    def _checked(self, wish: Wish) -> dict[str, str]:
        """The wish as far as it goes. Raises UnknownTeam or ConfigError for what a browser may not name."""
        offered = self.choices()
        if wish.team and wish.team not in offered.teams:
            raise UnknownTeam(f"There is no team {wish.team!r}.", hint=f"Known teams: {', '.join(offered.teams)}.")
        if wish.strategy and wish.strategy not in offered.strategies:
            known = ", ".join(offered.strategies)
            raise ConfigError(f"There is no strategy {wish.strategy!r}.", hint=f"Known strategies: {known}.")
        return {name: value for name, value in vars(wish).items() if value}

    def _open(self, kb: str) -> KnowledgeBase:
        return self.app().library.open(kb)

    def _say(self, message: str) -> None:
        self._message = message

    def _run(self) -> None:
        try:
            self._app.set_result(self._prepare(self._say))
        except AppError as error:
            self._app.set_exception(error)
        except Exception:
            log.exception("The application could not start.")
            hint = "The log says why; `python main.py doctor` shows what is missing."
            self._app.set_exception(AppError("The application could not start.", hint=hint))


def _first(configured: str, names: Sequence[str]) -> list[str]:
    return [configured, *(name for name in names if name != configured)]
