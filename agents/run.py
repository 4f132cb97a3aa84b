"""One question at the table: what its agents share while they answer it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from agents.answers.cleaning import cleaned_text
from agents.answers.evidence import Evidence, describe
from agents.budget import Deed, spent
from agents.errors import RunStopped
from agents.events import Event, Failed, Noted, Retrieved, RunCompleted, TurnPlanned
from agents.log.ledger import MemoryLedger
from agents.log.usage import Usage
from agents.ports import KnowledgeBase, LanguageModel, ModelReply, Sandbox, Session
from agents.safety.approvals import Approvals
from agents.teams.rules import Budget
from agents.turns.memory import Memory
from agents.turns.planning import decide
from configs.settings import ApprovalPolicy, SandboxSettings, SearchSettings
from retrieval.citations import cite, markers
from retrieval.language import detect_language
from retrieval.support import Verdict
from retrieval.types import Hit, Passage

MOST_HITS = 100
"""What one search may be asked for."""


@dataclass(kw_only=True)
class Run:
    """Knowledge bases, sandbox and the model of a role are opened by the run itself, when it first needs them.

    `open_kb` opens one by its name, the conversation's own for "". `model` gives the model of a role (assistant,
    critic, small) or the one that is named. `open_session` gives the session of the conversation (without one the run
    has its own); `state_gone` says that what earlier code left in it is no longer there. `approval`, `budget` and
    `judge` are those of the team; `kb_of` says which knowledge base an agent works on. `memory` is what was said
    before; `read` counts the chunks read of each document, `told` is what agents were shown as data beside passages,
    `deeds` what they did. `verdicts` say whether the answer stands in what it cites, `disputed` that its critic asked
    for another. `end` ends the run from outside, when it does not end by itself.
    """

    question: str
    open_kb: Callable[[str], KnowledgeBase]
    model: Callable[[str, Run], LanguageModel]
    sandbox: Callable[[], Sandbox]
    search: SearchSettings = field(default_factory=SearchSettings)
    coding: SandboxSettings = field(default_factory=SandboxSettings)
    approval: ApprovalPolicy | None = None
    approvals: Approvals = field(default_factory=Approvals)
    budget: Budget = field(default_factory=Budget)
    judge: bool = False
    kb_of: Mapping[str, str] = field(default_factory=dict)
    open_session: Callable[[], Session] | None = None
    state_gone: bool = False
    evidence: Evidence = field(default_factory=lambda: Evidence(MemoryLedger()))
    memory: Memory = field(default_factory=Memory)
    emit: Callable[[Event], None] = lambda _: None
    end: Callable[[RunCompleted | Failed], None] = lambda _: None
    stop: threading.Event = field(default_factory=threading.Event)

    started: float = field(default_factory=time.perf_counter)
    usage: Usage = field(default_factory=Usage)
    read: dict[str, int] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    dry_searches: int = 0
    removed: set[int] = field(default_factory=set)
    artifacts: tuple[Mapping[str, Any], ...] = ()
    answer: str = ""
    draft: str = ""
    abstained: bool = False
    verdicts: tuple[Verdict, ...] | None = None
    disputed: bool = False
    _kbs: dict[str, KnowledgeBase] = field(default_factory=dict)
    _plan: TurnPlanned | None = None
    _session: Session | None = None

    def kb(self, agent: str = "") -> KnowledgeBase:
        """The documents that agent works on; without a name, those of the conversation."""
        name = self.kb_of.get(agent, "")
        if name not in self._kbs:
            self._kbs[name] = self.open_kb(name)
        return self._kbs[name]

    @property
    def session(self) -> Session:
        """Where its code runs. Raises RunStopped once the user has asked the run to stop."""
        if self._session is None:
            self.check_stop()
            self._session = self.open_session() if self.open_session else self.sandbox().session()
        return self._session

    @cached_property
    def language(self) -> str:
        """ISO 639-1 code of the question's language."""
        return detect_language(self.question)

    @property
    def plan(self) -> TurnPlanned:
        """What the question needs; in the log once it is decided.

        No cached_property: before Python 3.12 one run that waits for a model here would keep all others waiting.
        """
        if self._plan is None:
            self._plan = decide(self)
            self.emit(self._plan)
        return self._plan

    def turn_to(self, question: str, memory: Memory) -> None:
        """Go on with the next question of a chat that no conversation keeps; passages keep their numbers."""
        self.question, self.memory = question, memory
        self.evidence.shown = ()
        self.answer = self.draft = ""
        self.abstained, self.dry_searches, self.deeds, self.told = False, 0, [], []
        self._plan = None
        vars(self).pop("language", None)

    def check_stop(self) -> None:
        """Raises RunStopped once the run must end."""
        if self.stop.is_set():
            raise RunStopped("The run was stopped.")

    def overspent(self) -> str:
        """Which limit of the budget is reached, in one sentence; empty while none is."""
        seconds = time.perf_counter() - self.started
        return spent(self.budget, tokens=self.usage.tokens, seconds=seconds, cost=self.usage.cost)

    def pay(self, reply: ModelReply) -> None:
        """Count a reply; one without the name of a model was nobody's work."""
        if reply.model:
            self.usage.add(reply.prompt_tokens, reply.completion_tokens, reply.cost)

    def look_up(
        self,
        query: str,
        *,
        agent: str,
        works_for: str = "",
        k: int | None = None,
        containing: str = "",
        fresh: bool = False,
    ) -> tuple[Passage, ...]:
        """Search, and show the agents what they have not seen in this run; only texts `containing` that string.

        In the knowledge base of the agent, or of the one it `works_for`. With `fresh` only what the conversation has
        never seen.
        """
        self.check_stop()
        wanted = k or self.search.k
        ask_for = min(MOST_HITS, wanted + self.evidence.last) if fresh else wanted
        result = self.kb(works_for or agent).search(query, strategy=self.search.strategy, k=ask_for)
        self.check_stop()
        hits = [hit for hit in result.hits if containing in hit.chunk.text]
        hits = (self.evidence.unseen(hits) if fresh else hits)[:wanted]
        steps = tuple(step.as_dict() for step in result.steps)
        return self.show(hits, agent=agent, query=query, steps=steps)

    def show(
        self, hits: Sequence[Hit], *, agent: str, query: str, steps: tuple[Mapping[str, Any], ...] = ()
    ) -> tuple[Passage, ...]:
        """Number the new hits that fit the budget and say so in the log."""
        passages = self.evidence.show(hits, budget_tokens=self.search.context_tokens)
        described = tuple(describe(passage) for passage in passages)
        self.emit(Retrieved(agent=agent, query=query, passages=described, steps=steps))
        self.dry_searches = 0 if passages else self.dry_searches + 1
        return passages

    def clean(self, text: str, *, agent: str) -> str:
        """An agent's words without the markers that were never given and links to unknown places, which is noted."""
        cleaned, unknown, links = cleaned_text(text, self.evidence)
        if unknown := tuple(marker for marker in unknown if marker not in self.removed):
            self.removed.update(unknown)
            names = ", ".join(f"[{marker}]" for marker in unknown)
            self.emit(Noted(kind="markers_removed", agent=agent, text=f"{agent} cited {names}, which was never given."))
        if links:
            places = ", ".join(links)
            self.emit(Noted(kind="links_removed", agent=agent, text=f"{agent} linked to no known source: {places}."))
        return cleaned

    def cleaned(self, text: str) -> str:
        """The same without a note, for words that broke off."""
        cleaned, unknown, _ = cleaned_text(text, self.evidence)
        self.removed.update(unknown)
        return cleaned

    def completed(self, *, stopped: bool = False) -> RunCompleted:
        """The last event: the answer with its citations; of a stopped run, what was said so far."""
        said = self.answer or (self.cleaned(self.draft) if stopped else "")
        passages = self.evidence.numbered(markers(said))
        answer, citations = cite(said, passages)
        return RunCompleted(
            answer=answer,
            abstained=self.abstained,
            citations=tuple(citation.as_dict() for citation in citations),
            usage=asdict(self.usage),
            ms=(time.perf_counter() - self.started) * 1000,
            stopped=stopped,
            artifacts=self.artifacts,
            support=tuple(verdict.as_dict() for verdict in self.verdicts or ()),
            removed_markers=tuple(sorted(self.removed)),
        )
