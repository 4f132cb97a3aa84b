"""A conversation: questions in, a stream of events out, every event in the log before anyone sees it."""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from agents.answers.cleaning import cleaned_text
from agents.answers.evidence import Evidence
from agents.errors import ConversationError, RunStopped
from agents.events import Event, Failed, MessageCompleted, RunCompleted, RunStarted, failed
from agents.log.recorder import Recorder
from agents.log.recovery import closing, is_alive, last_words, this_process
from agents.ports import ConversationInfo, ConversationStore, KnowledgeBase, LanguageModel, Sandbox, Session
from agents.question import checked, title_of
from agents.run import Run
from agents.safety.approvals import Approvals
from agents.tools.catalogue import TOOLS
from agents.tools.registry import Tool
from agents.turns.memory import Memory, remember
from configs.errors import AppError
from configs.settings import SandboxSettings, SearchSettings
from retrieval.citations import cite, markers

if TYPE_CHECKING:
    from agents.team import Team

STOP_GRACE_S = 0.6
"""How long a stopped run may take to end by itself before it is ended from outside."""

ROLES = ("assistant", "critic", "small")

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What conversations share; each is opened when a run first needs it.

    The files that code makes are kept in a folder of `artifacts` for each conversation; without one they are lost.
    `teams` are those made in Python, by their names. `finished` is told of every run that is over, for
    which closing waits `close_within_s` seconds.
    """

    open_kb: Callable[[str], KnowledgeBase]
    model: Callable[[str, Run], LanguageModel]
    sandbox: Callable[[], Sandbox]
    store: ConversationStore
    search: SearchSettings = field(default_factory=SearchSettings)
    coding: SandboxSettings = field(default_factory=SandboxSettings)
    artifacts: Path | None = None
    tools: Mapping[str, Tool] = field(default_factory=lambda: TOOLS)
    teams: Mapping[str, Team] = field(default_factory=dict)
    finished: Callable[[str], None] = lambda _: None
    close_within_s: float = 2 * STOP_GRACE_S


class Conversation:
    """One talk with a team about a knowledge base. Thread-safe.

    Its events are in the store alone; `memory` is what a next question must know of those of an earlier sitting.
    """

    def __init__(self, info: ConversationInfo, resources: Resources, *, memory: Memory | None = None) -> None:
        self.id = info.id
        self.info = info
        self._resources = resources
        self._memory = memory or Memory()
        self._deleted = False
        self._begun = 0
        self._lock = threading.RLock()
        self._current: tuple[Run, Recorder, threading.Thread] | None = None
        self._approvals = Approvals()
        self._session: Session | None = None
        self._opening = threading.Lock()

    def ask(self, text: str) -> Iterator[Event]:
        """Start one run in a thread of its own; its events end with RunCompleted or Failed.

        The run goes on when nobody reads them. Raises ConversationError, at once, for a question that is empty or too
        long and while another is being answered.
        """
        question = checked(text)
        with self._lock:
            if self._deleted:
                raise ConversationError(f"The conversation {self.id} was deleted.", hint="Begin a new one.")
            if self.running:
                raise ConversationError("The last question is still being answered.", hint="Wait for it, or stop it.")
            self._catch_up()
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
        current = self._current
        if current and not current[1].over:
            run, recorder, _ = current
            run.stop.set()
            timer = threading.Timer(STOP_GRACE_S, lambda: recorder.finish(run.completed(stopped=True)))
            timer.daemon = True
            timer.start()

    def use(self, resources: Resources) -> None:
        """Go by these from the next question on; the session in which code runs stays as it is."""
        self._resources = resources

    def close(self) -> None:
        """Stop, wait a moment for the thread to end, and end the session in which code ran."""
        self.stop()
        if current := self._current:
            current[2].join(timeout=self._resources.close_within_s)
        with self._opening:
            session, self._session = self._session, None
        if session:
            session.close()

    def forget(self) -> None:
        """Close it for good: it takes no question any more."""
        with self._lock:
            self._deleted = True
        self.close()

    @property
    def running(self) -> bool:
        """Whether a question is being answered."""
        current = self._current
        return current is not None and not current[1].over

    def events(self) -> list[Event]:
        """Everything that has happened, in order: what replay shows."""
        return list(self._resources.store.events(self.id)) if self._memory.seq else []

    def recover(self) -> None:
        """End a run that the end of its process cut short: what there was of its message is kept, and marked."""
        with self._lock:
            if self._memory.open and not self._is_being_answered():
                self._close_run()

    def _catch_up(self) -> None:
        """Take in what was said here from elsewhere. Raises ConversationError while it is still being said."""
        if self._resources.store.last(self.id) != self._memory.seq:
            self._memory = remember(self._resources.store.events(self.id))
        if self._memory.open and self._is_being_answered():
            raise ConversationError(
                "A question of this conversation is being answered in another window or process.",
                hint="Wait for it, or branch the conversation.",
            )
        if self._memory.open:
            self._close_run()

    def _is_being_answered(self) -> bool:
        """Whether the open run may still come to its end: here, or in the process that began it."""
        ours = self._memory.begun == self._begun  # whose last event could not be kept, unless it runs
        return self.running or (not ours and is_alive(self._memory.process))

    def _close_run(self) -> None:
        for event in self._closing():
            self._keep(self._next(event))

    def _closing(self) -> list[Event]:
        """The events that end the open run, without what its words must not carry."""
        evidence = Evidence(self._resources.store.ledger(self.id))
        return [
            replace(event, content=cleaned_text(event.content, evidence)[0])
            if isinstance(event, MessageCompleted)
            else event
            for event in closing(self.events())
        ]

    def cut(self) -> None:
        """End a run that a branch cut through: what was said up to there is its answer."""
        if not self._memory.open:
            return
        evidence = Evidence(self._resources.store.ledger(self.id))
        *partial, _ = self._closing()
        said = last_words([*self.events(), *partial], self._answerer())
        for event in partial:
            self._keep(self._next(event))
        answer, citations = cite(cleaned_text(said, evidence)[0], evidence.numbered(markers(said)))
        told = tuple(citation.as_dict() for citation in citations)
        self._keep(self._next(RunCompleted(answer=answer, abstained=False, citations=told, stopped=True)))

    def _answerer(self) -> str:
        """The agent that gives the answer; empty when the team is not there any more."""
        try:
            return self._team.file.answerer.name
        except AppError:
            return ""

    @cached_property
    def _team(self) -> Team:
        from agents.team import Team

        made = self._resources.teams.get(self.info.team)
        tools = self._resources.tools
        return made.with_tools(tools) if made else Team.from_yaml(self.info.team, tools=tools)

    def _start(self, question: str) -> Recorder:
        self._begun = self._memory.seq + 1
        recorder = Recorder(self.id, first=self._begun, keep=self._keep)
        run = self._run(question, recorder)
        info = self.info
        if not self._memory.seq:
            self.info = info = replace(info, title=info.title or title_of(question))
            self._resources.store.create(info)
        recorder.emit(
            RunStarted(
                question=question,
                team=info.team,
                kb=info.kb,
                strategy=info.strategy,
                model=info.model,
                process=this_process(),
            )
        )
        thread = threading.Thread(target=self._answer, args=(run, recorder), name=f"run-{self.id[:8]}", daemon=True)
        self._current = run, recorder, thread
        thread.start()
        return recorder

    def _run(self, question: str, recorder: Recorder) -> Run:
        resources = self._resources
        return Run(
            question=question,
            open_kb=lambda name: resources.open_kb(name or self.info.kb),
            model=self._model,
            sandbox=resources.sandbox,
            search=resources.search.model_copy(update={"strategy": self.info.strategy}),
            coding=resources.coding,
            approvals=self._approvals,
            open_session=self._open_session,
            state_gone=self._state_is_gone(),
            evidence=Evidence(resources.store.ledger(self.id)),
            memory=self._memory,
            emit=recorder.emit,
            end=recorder.finish,
        )

    def _model(self, role: str, run: Run) -> LanguageModel:
        """That of the conversation for the roles that name no other."""
        return self._resources.model(self.info.model if self.info.model and role in ROLES else role, run)

    def _state_is_gone(self) -> bool:
        """Whether the next code must be told that what earlier code made is lost, which no run was there to hear."""
        return self._memory.lost or (self._session is None and self._memory.ran_code)

    def _open_session(self) -> Session:
        """The one session of this conversation, begun when code first needs it."""
        with self._opening:
            if self._session is None:
                folder = self._resources.artifacts
                self._session = self._resources.sandbox().session(keep=folder and folder / self.id)
                weakref.finalize(self, _close_soon, self._session).atexit = False
            return self._session

    def _next(self, event: Event) -> Event:
        return replace(event, conversation_id=self.id, seq=self._memory.seq + 1, at=time.time())

    def _keep(self, event: Event) -> None:
        self._resources.store.append(event)
        self._memory = self._memory.after(event)

    def _answer(self, run: Run, recorder: Recorder) -> None:
        recorder.finish(self._outcome(run))
        self._resources.finished(self.id)
        with self._lock:
            if self._current and self._current[1] is recorder:
                self._current = None

    def _outcome(self, run: Run) -> RunCompleted | Failed:
        try:
            return run.completed(stopped=not self._discuss(run))
        except RunStopped:
            return run.completed(stopped=True)
        except AppError as error:
            return failed(error)
        except Exception as error:
            log.exception("A run of conversation %s broke", self.id)
            message = f"The run broke unexpectedly ({type(error).__name__}: {error})."
            return Failed(error_type=type(error).__name__, message=message, hint="The log says where.")

    def _discuss(self, run: Run) -> bool:
        """Whether the discussion came to its own end."""
        try:
            self._team.discuss(run)
        except RunStopped:
            return False
        return True


def _close_soon(session: Session) -> None:
    """End what a conversation left behind that nobody holds any more; it may take a moment."""
    threading.Thread(target=session.close, name="close-session", daemon=True).start()
