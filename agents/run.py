"""One question at the table: what its agents share while they answer it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from agents.approvals import Approvals
from agents.errors import RunStopped
from agents.events import Event, Retrieved, RunCompleted
from agents.evidence import Evidence, describe
from agents.ports import KnowledgeBase, LanguageModel, ModelReply, Sandbox, Session
from configs.settings import ApprovalPolicy, SandboxSettings, SearchSettings
from retrieval.citations import cite
from retrieval.language import detect_language
from retrieval.types import Hit, Passage


@dataclass
class Usage:
    """What the language models of a run cost; `cost` in US dollars, 0 where the price is unknown."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    calls: int = 0
    cost: float = 0.0

    def add(self, reply: ModelReply) -> None:
        """Count one reply; one without the name of a model was nobody's work."""
        self.prompt_tokens += reply.prompt_tokens
        self.completion_tokens += reply.completion_tokens
        self.calls += bool(reply.model)
        self.cost += reply.cost


@dataclass(kw_only=True)
class Run:
    """Knowledge base, sandbox and the model of a role are opened by the run itself, when it first needs them.

    `open_session` gives the session of the conversation (without one the run has its own); `state_gone` says that what
    earlier code left in it is no longer there. `approval` is the policy of the team, if it has one. `history` are
    earlier questions and answers as chat messages; `read` counts the chunks read of each document.
    """

    question: str
    open_kb: Callable[[], KnowledgeBase]
    model: Callable[[str, Run], LanguageModel]
    sandbox: Callable[[], Sandbox]
    search: SearchSettings = field(default_factory=SearchSettings)
    coding: SandboxSettings = field(default_factory=SandboxSettings)
    approval: ApprovalPolicy | None = None
    approvals: Approvals = field(default_factory=Approvals)
    open_session: Callable[[], Session] | None = None
    state_gone: bool = False
    evidence: Evidence = field(default_factory=Evidence)
    history: Sequence[Mapping[str, Any]] = ()
    emit: Callable[[Event], None] = lambda _: None
    stop: threading.Event = field(default_factory=threading.Event)

    started: float = field(default_factory=time.perf_counter)
    usage: Usage = field(default_factory=Usage)
    read: dict[str, int] = field(default_factory=dict)
    artifacts: tuple[Mapping[str, Any], ...] = ()
    answer: str = ""
    draft: str = ""
    abstained: bool = False

    @cached_property
    def kb(self) -> KnowledgeBase:
        """The documents to answer from."""
        return self.open_kb()

    @cached_property
    def session(self) -> Session:
        """Where its code runs. Raises RunStopped once the user has asked the run to stop."""
        self.check_stop()
        return self.open_session() if self.open_session else self.sandbox().session()

    @cached_property
    def language(self) -> str:
        """ISO 639-1 code of the question's language."""
        return detect_language(self.question)

    def check_stop(self) -> None:
        """Raises RunStopped once the user has asked the run to stop."""
        if self.stop.is_set():
            raise RunStopped("The run was stopped.")

    def look_up(self, query: str, *, agent: str, k: int | None = None, containing: str = "") -> tuple[Passage, ...]:
        """Search, and show the agents what they have not seen in this run; only texts `containing` that string."""
        self.check_stop()
        result = self.kb.search(query, strategy=self.search.strategy, k=k or self.search.k)
        self.check_stop()
        hits = [hit for hit in result.hits if containing in hit.chunk.text]
        steps = tuple(step.as_dict() for step in result.steps)
        return self.show(hits, agent=agent, query=query, steps=steps)

    def show(
        self, hits: Sequence[Hit], *, agent: str, query: str, steps: tuple[Mapping[str, Any], ...] = ()
    ) -> tuple[Passage, ...]:
        """Number the new hits that fit the budget and say so in the log."""
        passages = self.evidence.show(hits, budget_tokens=self.search.context_tokens)
        described = tuple(describe(passage) for passage in passages)
        self.emit(Retrieved(agent=agent, query=query, passages=described, steps=steps))
        return passages

    def completed(self, *, stopped: bool = False) -> RunCompleted:
        """The last event: the answer with its citations; of a stopped run, what was said so far."""
        answer, citations = cite(self.answer or (self.draft if stopped else ""), self.evidence.known)
        return RunCompleted(
            answer=answer,
            abstained=self.abstained,
            citations=tuple(citation.as_dict() for citation in citations),
            usage=asdict(self.usage),
            ms=(time.perf_counter() - self.started) * 1000,
            stopped=stopped,
            artifacts=self.artifacts,
        )
