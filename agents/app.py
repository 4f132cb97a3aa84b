"""The application put together from its settings: the one place where names become objects."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakValueDictionary

from agents.conversation import STOP_GRACE_S, Conversation, Resources
from agents.errors import ConversationError, ModelError, TeamError
from agents.events import Noted, RunStarted
from agents.llm.chain import open_model
from agents.llm.extractive import ExtractiveAnswerer, ExtractiveCritic
from agents.log.files import copy_files
from agents.log.store import SQLiteConversationStore, missing
from agents.ports import ConversationInfo, LanguageModel, Sandbox
from agents.run import Run
from agents.teams.seats import AssistantSeat, CriticSeat, GuestSeat
from agents.teams.team_file import TeamFile, load_team
from agents.tools.catalogue import with_built_in
from agents.tools.registry import Tool
from agents.tracing.otel import LIMIT_S
from agents.turns.memory import remember
from configs.settings import Settings
from retrieval.strategy import load_strategy

if TYPE_CHECKING:
    from agents.team import Team
    from retrieval.library import Library


class App:
    """Library, sandbox, model and conversations of one data directory, each opened when first needed."""

    def __init__(
        self, settings: Settings, *, exclusive: bool, command: str, tools: Sequence[Tool], teams: Sequence[Team]
    ) -> None:
        self.settings = settings
        self._tools = with_built_in(tools)
        self._teams = {team.file.name: team for team in teams}
        self._exclusive, self._command = exclusive, command
        self._opening = threading.Lock()
        self._conversations: WeakValueDictionary[str, Conversation] = WeakValueDictionary()
        self._endpoints: dict[str, LanguageModel] = {}
        self._retired: list[Sandbox] = []

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def library(self) -> Library:
        """The knowledge bases. Raises DataDirectoryInUse when another process owns them."""
        with self._opening:
            return self._library

    @property
    def sandbox(self) -> Sandbox:
        """Where code runs."""
        with self._opening:
            return self._sandbox

    @cached_property
    def store(self) -> SQLiteConversationStore:
        """The conversations held so far."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        return SQLiteConversationStore(self.settings.home / "roundtable.sqlite")

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next question on; the data directory and what documents were read with stay.

        Code that runs on in a sandbox of the old settings is left alone until the application closes.
        """
        with self._opening:
            self.settings, before = settings.model_copy(update={"data_dir": self.settings.data_dir}), self.settings
            self._endpoints = {}
            vars(self).pop("_resources", None)
            if settings.sandbox != before.sandbox and "_sandbox" in vars(self):
                self._retired.append(vars(self).pop("_sandbox"))
        for conversation in list(self._conversations.values()):
            conversation.use(self._resources)

    def new_conversation(
        self,
        *,
        kb: str | None = None,
        team: str | None = None,
        strategy: str | None = None,
        model: str | None = None,
        owner: str = "",
        conversation_id: str | None = None,
    ) -> Conversation:
        """Begin to talk; what is not given is as in the settings, and `model` one of the settings' models.

        `conversation_id` is an id that is known before there is a conversation; it must be new.

        Raises UnknownKnowledgeBase, UnknownTeam, TeamError or ConfigError before anything is asked.
        """
        settings = self.settings
        info = ConversationInfo(
            id=conversation_id or uuid4().hex,
            kb=kb or settings.kb,
            team=team or settings.team,
            strategy=strategy or settings.search.strategy,
            model=model or "",
            owner=owner,
            created_at=time.time(),
        )
        self._check(info)
        return self._remember(Conversation(info, self._resources))

    def conversation(self, conversation_id: str, *, owner: str | None = None) -> Conversation:
        """A conversation by its id, running or of an earlier day; one that was cut short is ended first.

        Raises ConversationError when there is none, or none of that `owner` (None: whoever's).
        """
        found = self._conversations.get(conversation_id)
        if found is None:
            info, memory = self.store.info(conversation_id), remember(self.store.events(conversation_id))
            found = self._remember(Conversation(info, self._resources, memory=memory))
        _of_owner(found.info, owner)
        found.recover()
        return found

    def branch(self, conversation_id: str, *, through: int | None = None, owner: str | None = None) -> Conversation:
        """A new conversation that begins as another did, up to its event number `through`; that one stays as it is."""
        return self._branch(self._info(conversation_id, owner), through, {})

    def retry(self, conversation_id: str, *, owner: str | None = None, **other: str) -> tuple[Conversation, str]:
        """A branch before the last question of a conversation, and that question, to be asked again.

        `other` is the team, strategy, model or kb it shall be asked with. Raises what `new_conversation` raises.
        """
        info = self._info(conversation_id, owner)
        asked = [event for event in self.store.events(conversation_id) if isinstance(event, RunStarted)]
        if not asked:
            raise ConversationError(f"Nothing was asked in the conversation {conversation_id}.", hint="Ask a question.")
        return self._branch(info, asked[-1].seq - 1, other), asked[-1].question

    def rename(self, conversation_id: str, title: str, *, owner: str | None = None) -> None:
        """Give a conversation another title. Raises ConversationError when there is none."""
        self._info(conversation_id, owner)
        self.store.rename(conversation_id, title)
        if found := self._conversations.get(conversation_id):
            found.info = replace(found.info, title=title)

    def delete(self, conversation_id: str, *, owner: str | None = None) -> None:
        """Remove a conversation and the files its code made, for good. Raises ConversationError when there is none."""
        self._info(conversation_id, owner)
        if found := self._conversations.pop(conversation_id, None):
            found.forget()
        self.store.delete(conversation_id)
        shutil.rmtree(self._artifacts / conversation_id, ignore_errors=True)

    def warm_up(self) -> None:
        """Load AutoGen and choose the sandbox now, not at the first question; keep a session warm for a model."""
        from agents.team import Team

        Team.from_yaml(self.settings.team, tools=self._tools)
        sandbox = self.sandbox
        if self.settings.llm.provider != "extractive":  # which calls no tools
            sandbox.warm_up()

    def close(self) -> None:
        """Stop what runs and let other processes in."""
        for conversation in list(self._conversations.values()):
            conversation.close()
        for sandbox in self._retired:
            sandbox.close()
        for part in ("_sandbox", "_library", "store"):
            if part in vars(self):
                getattr(self, part).close()

    def _branch(self, info: ConversationInfo, through: int | None, other: Mapping[str, str]) -> Conversation:
        begun = replace(info, id=uuid4().hex, parent=info.id, created_at=time.time(), **other)
        self._check(begun)
        last = self.store.last(info.id)
        kept = last if through is None else max(0, min(through, last))
        if kept:
            copy_files(self._artifacts / info.id, self._artifacts / begun.id)
            self.store.copy(info.id, begun, through=kept)
        memory = remember(self.store.events(begun.id)) if kept else None
        conversation = self._remember(Conversation(begun, self._resources, memory=memory))
        conversation.cut()
        return conversation

    def _info(self, conversation_id: str, owner: str | None) -> ConversationInfo:
        return _of_owner(self.store.info(conversation_id), owner)

    def _remember(self, conversation: Conversation) -> Conversation:
        return self._conversations.setdefault(conversation.id, conversation)

    def _check(self, info: ConversationInfo) -> None:
        made = self._teams.get(info.team)
        team = made.file if made else _by_itself(load_team(info.team, tools=self._tools))
        load_strategy(info.strategy)
        for name in (info.kb, *team.kb_of.values()):
            if name not in self.library.names():
                self.library.open(name)
        seats = [seat.model for seat in team.agents if isinstance(seat, AssistantSeat | CriticSeat)]
        default = {""} if self.settings.llm.provider == "openai" else set()
        for name in {info.model, *seats} - {""} | default:
            self._opened(name, lambda _: None)

    @property
    def _artifacts(self) -> Path:
        return self.settings.home / "artifacts"

    @cached_property
    def _library(self) -> Library:
        from retrieval.library import Library

        return Library(self.settings, exclusive=self._exclusive, command=self._command)

    @cached_property
    def _resources(self) -> Resources:
        return Resources(
            open_kb=lambda name: self.library.open(name),
            model=self._model,
            sandbox=lambda: self.sandbox,
            store=self.store,
            search=self.settings.search,
            coding=self.settings.sandbox,
            artifacts=self._artifacts,
            tools=self._tools,
            teams=self._teams,
            finished=self._export,
            close_within_s=LIMIT_S + 1 if self.settings.tracing.endpoint else 2 * STOP_GRACE_S,
        )

    def _model(self, role: str, run: Run) -> LanguageModel:
        """The model of a role: the one of that name, a small one where the settings have it, else the default."""
        if role in self.settings.models:
            return self._opened(role, _noting(run))
        if self.settings.llm.provider == "openai":
            return self._opened("", _noting(run))
        return ExtractiveCritic(run) if role == "critic" else ExtractiveAnswerer(run)

    def _opened(self, name: str, on_fallback: Callable[[ModelError], None]) -> LanguageModel:
        with self._opening:
            return open_model(self.settings, name, on_fallback, opened=self._endpoints)

    def _export(self, conversation_id: str) -> None:
        """Send the trace of the last run where the settings say; a failure is logged and disturbs nobody."""
        tracing = self.settings.tracing
        if tracing.endpoint:
            from agents.tracing.sending import send

            with suppress(ConversationError):  # it was deleted meanwhile
                send(self.store.events(conversation_id), tracing)

    @cached_property
    def _sandbox(self) -> Sandbox:
        from agents.sandbox import open_sandbox

        return open_sandbox(self.settings.sandbox)


def _of_owner(info: ConversationInfo, owner: str | None) -> ConversationInfo:
    """Raises ConversationError for a conversation of somebody else, as for one that is not there."""
    if owner not in (None, info.owner):
        raise missing(info.id)
    return info


def _noting(run: Run) -> Callable[[ModelError], None]:
    def note(error: ModelError) -> None:
        run.emit(Noted(kind="fallback", text=f"{error.message} Another model answers."))

    return note


def _by_itself(team: TeamFile) -> TeamFile:
    """A team that its file describes in full. Raises TeamError for one that needs Python."""
    if team.order == "function" or any(isinstance(seat, GuestSeat) for seat in team.agents):
        raise TeamError(
            f"The team {team.name} needs Python code: its order is a function, or a guest sits at its table.",
            hint="Build it with Team.from_yaml(..., speaker=..., guests=...), and give it to build_app(teams=[...]).",
        )
    return team


def build_app(
    settings: Settings,
    *,
    exclusive: bool = True,
    command: str = "",
    tools: Sequence[Tool] = (),
    teams: Sequence[Team] = (),
) -> App:
    """The application; `exclusive` and `command` as in `retrieval.library.Library`, which is opened on first use.

    `tools` are yours, for teams to name beside the built-in ones; `teams` those made in Python, to be asked for by
    their names. Raises ConfigError for a tool's name that is taken.
    """
    return App(settings, exclusive=exclusive, command=command, tools=tools, teams=teams)
