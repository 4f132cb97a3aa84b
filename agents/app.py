"""The application put together from its settings: the one place where names become objects."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakValueDictionary

from agents.conversation import Conversation, Resources
from agents.llm.extractive import ExtractiveAnswerer, ExtractiveCritic
from agents.llm.openai_compatible import OpenAICompatible
from agents.ports import ConversationInfo, LanguageModel, Sandbox
from agents.run import Run
from agents.store import SQLiteConversationStore
from agents.team_file import load_team
from agents.tools.catalogue import with_built_in
from agents.tools.registry import Tool
from configs.settings import Settings
from retrieval.strategy import load_strategy

if TYPE_CHECKING:
    from retrieval.library import Library


class App:
    """Library, sandbox, model and conversations of one data directory, each opened when first needed."""

    def __init__(self, settings: Settings, *, exclusive: bool, command: str, tools: Sequence[Tool]) -> None:
        self.settings = settings
        self._tools = with_built_in(tools)
        self._exclusive, self._command = exclusive, command
        self._opening = threading.Lock()
        self._conversations: WeakValueDictionary[str, Conversation] = WeakValueDictionary()

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

    def new_conversation(
        self, *, kb: str | None = None, team: str | None = None, strategy: str | None = None
    ) -> Conversation:
        """Begin to talk; what is not given is as in the settings.

        Raises UnknownKnowledgeBase, UnknownTeam, TeamError or ConfigError before anything is asked.
        """
        settings = self.settings
        info = ConversationInfo(
            id=uuid4().hex,
            kb=kb or settings.kb,
            team=team or settings.team,
            strategy=strategy or settings.search.strategy,
        )
        self._check(info)
        return self._remember(Conversation(info, self._resources))

    def conversation(self, conversation_id: str) -> Conversation:
        """A conversation by its id, running or of an earlier day. Raises ConversationError when there is none."""
        if found := self._conversations.get(conversation_id):
            return found
        info, events = self.store.info(conversation_id), list(self.store.events(conversation_id))
        return self._remember(Conversation(info, self._resources, events=events))

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
        for part in ("_sandbox", "_library", "store"):
            if part in vars(self):
                getattr(self, part).close()

    def _remember(self, conversation: Conversation) -> Conversation:
        return self._conversations.setdefault(conversation.id, conversation)

    def _check(self, info: ConversationInfo) -> None:
        load_team(info.team, tools=self._tools)
        load_strategy(info.strategy)
        if info.kb not in self.library.names():
            self.library.open(info.kb)
        if self.settings.llm.provider == "openai":
            _ = self._endpoint

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
            artifacts=self.settings.home / "artifacts",
            tools=self._tools,
        )

    def _model(self, role: str, run: Run) -> LanguageModel:
        if self.settings.llm.provider == "openai":
            return self._endpoint
        return ExtractiveCritic(run) if role == "critic" else ExtractiveAnswerer(run)

    @cached_property
    def _endpoint(self) -> OpenAICompatible:
        return OpenAICompatible(self.settings.llm)

    @cached_property
    def _sandbox(self) -> Sandbox:
        from agents.sandbox import open_sandbox

        return open_sandbox(self.settings.sandbox)


def build_app(settings: Settings, *, exclusive: bool = True, command: str = "", tools: Sequence[Tool] = ()) -> App:
    """The application; `exclusive` and `command` as in `retrieval.library.Library`, which is opened on first use.

    `tools` are yours, for teams to name beside the built-in ones. Raises ConfigError for a name that is taken.
    """
    return App(settings, exclusive=exclusive, command=command, tools=tools)
