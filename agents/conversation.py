"""A conversation: questions in, a stream of events out, every event in the log before anyone sees it."""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from agents.approvals import Approvals
from agents.errors import ConversationError, RunStopped
from agents.events import CodeRan, Event, Failed, RunCompleted, RunStarted
from agents.evidence import Evidence, known_passages
from agents.history import exchanges
from agents.ports import ConversationInfo, ConversationStore, KnowledgeBase, LanguageModel, Sandbox, Session
from agents.recorder import Recorder
from agents.run import Run
from agents.team_file import TeamFile, load_team
from agents.tools.catalogue import TOOLS
from agents.tools.registry import Tool
from configs.errors import AppError
from configs.settings import SandboxSettings, SearchSettings

QUESTION_CHARS = 20_000
TITLE_CHARS = 80
STOP_GRACE_S = 0.6
"""How long a stopped run may take to end by itself before it is ended from outside."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What conversations share; each is opened when a run first needs it.

    The files that code makes are kept in a folder of `artifacts` for each conversation; without one they are lost.
    """

    open_kb: Callable[[str], KnowledgeBase]
    model: Callable[[str, Run], LanguageModel]
    sandbox: Callable[[], Sandbox]
    store: ConversationStore
    search: SearchSettings = field(default_factory=SearchSettings)
    coding: SandboxSettings = field(default_factory=SandboxSettings)
    artifacts: Path | None = None
    tools: Mapping[str, Tool] = field(default_factory=lambda: TOOLS)


class Conversation:
    """One talk with a team about a knowledge base; `events` are those of an earlier sitting. Thread-safe."""

    def __init__(self, info: ConversationInfo, resources: Resources, *, events: Sequence[Event] = ()) -> None:
        self.id = info.id
        self.info = info
        self._resources = resources
        self._events = list(events)
        self._lock = threading.Lock()
        self._current: tuple[Run, Recorder, threading.Thread] | None = None
        self._approvals = Approvals()
        self._session: Session | None = None
        self._opening = threading.Lock()

    def ask(self, text: str) -> Iterator[Event]:
        """Start one run in a thread of its own; its events end with RunCompleted or Failed.

        The run goes on when nobody reads them. Raises ConversationError, at once, for a question that is empty or too
        long and while another is being answered.
        """
        question = _checked(text)
        with self._lock:
            if self._current and not self._current[1].over:
                raise ConversationError("The last question is still being answered.", hint="Wait for it, or stop it.")
            return iter(self._start(question))

    def answer(
        self, approval_id: str, *, approved: bool, code_sha256: str, code: str | None = None, reason: str = ""
    ) -> None:
        """Allow the code of an ApprovalRequested event, or `code` in its place, or say no; from any thread.

        `code_sha256` names the code that was shown. Raises ConversationError for all but the first answer, for one
        that comes too late, and for one about other code.
        """
        self._approvals.answer(approval_id, approved=approved, code_sha256=code_sha256, code=code, reason=reason)

    def stop(self) -> None:
        """End the current run within a second; what was said so far is its answer."""
        if self._current and not self._current[1].over:
            run, recorder, _ = self._current
            run.stop.set()
            timer = threading.Timer(STOP_GRACE_S, lambda: recorder.finish(run.completed(stopped=True)))
            timer.daemon = True
            timer.start()

    def close(self) -> None:
        """Stop, wait a moment for the thread to end, and end the session in which code ran."""
        self.stop()
        if self._current:
            self._current[2].join(timeout=2 * STOP_GRACE_S)
        with self._opening:
            session, self._session = self._session, None
        if session:
            session.close()

    def events(self) -> list[Event]:
        """Everything that has happened, in order: what replay shows."""
        return list(self._events)

    @cached_property
    def _team(self) -> TeamFile:
        return load_team(self.info.team, tools=self._resources.tools)

    def _start(self, question: str) -> Recorder:
        recorder = Recorder(self.id, first=len(self._events) + 1, keep=self._keep)
        run = self._run(question, recorder)
        kb, team, strategy = self.info.kb, self.info.team, self.info.strategy
        if not self._events:
            title = question[:TITLE_CHARS]
            self._resources.store.create(self.id, title=title, kb=kb, team=team, strategy=strategy)
        recorder.emit(RunStarted(question=question, team=team, kb=kb, strategy=strategy))
        thread = threading.Thread(target=self._answer, args=(run, recorder), name=f"run-{self.id[:8]}", daemon=True)
        self._current = run, recorder, thread
        thread.start()
        return recorder

    def _run(self, question: str, recorder: Recorder) -> Run:
        resources = self._resources
        return Run(
            question=question,
            open_kb=lambda: resources.open_kb(self.info.kb),
            model=resources.model,
            sandbox=resources.sandbox,
            search=resources.search.model_copy(update={"strategy": self.info.strategy}),
            coding=resources.coding,
            approvals=self._approvals,
            open_session=self._open_session,
            state_gone=self._state_is_gone(),
            evidence=Evidence(known=known_passages(self._events)),
            history=exchanges(self._events),
            emit=recorder.emit,
        )

    def _state_is_gone(self) -> bool:
        """Whether the next code must be told that what earlier code made is lost, which no run was there to hear."""
        ran = [event for event in self._events if isinstance(event, CodeRan) and event.status != "refused"]
        last = self._events[-1] if self._events else None
        unheard = isinstance(last, RunCompleted) and last.stopped and bool(ran) and ran[-1].state_lost
        return unheard or (self._session is None and bool(ran))

    def _open_session(self) -> Session:
        """The one session of this conversation, begun when code first needs it."""
        with self._opening:
            if self._session is None:
                folder = self._resources.artifacts
                self._session = self._resources.sandbox().session(keep=folder and folder / self.id)
                weakref.finalize(self, _close_soon, self._session).atexit = False
            return self._session

    def _keep(self, event: Event) -> None:
        self._resources.store.append(event)
        self._events.append(event)

    def _answer(self, run: Run, recorder: Recorder) -> None:
        recorder.finish(self._outcome(run))

    def _outcome(self, run: Run) -> RunCompleted | Failed:
        try:
            return run.completed(stopped=not self._discuss(run))
        except AppError as error:
            return Failed(error_type=type(error).__name__, message=error.message, hint=error.hint)
        except Exception as error:
            log.exception("A run of conversation %s broke", self.id)
            message = f"The run broke unexpectedly ({type(error).__name__}: {error})."
            return Failed(error_type=type(error).__name__, message=message, hint="The log says where.")

    def _discuss(self, run: Run) -> bool:
        """Whether the discussion came to its own end."""
        from agents.team import Team

        try:
            Team(self._team, tools=self._resources.tools).discuss(run)
        except RunStopped:
            return False
        return True


def _close_soon(session: Session) -> None:
    """End what a conversation left behind that nobody holds any more; it may take a moment."""
    threading.Thread(target=session.close, name="close-session", daemon=True).start()


def _checked(text: str) -> str:
    question = text.strip()
    if not question:
        raise ConversationError("The question is empty.", hint="Type a question.")
    if len(question) > QUESTION_CHARS:
        raise ConversationError(
            f"The question has {len(question):,} characters, and at most {QUESTION_CHARS:,} are allowed.",
            hint="Add long texts to the knowledge base as documents.",
        )
    return question
