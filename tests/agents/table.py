"""Conversations for tests: real teams, a real store, and the model, documents and sandbox a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from agents.conversation import Conversation, Resources
from agents.events import Event, MessageCompleted, RunCompleted
from agents.llm.extractive import ExtractiveAnswerer, ExtractiveCritic
from agents.llm.openai_compatible import OpenAICompatible
from agents.log.store import SQLiteConversationStore
from agents.ports import ConversationInfo, KnowledgeBase, LanguageModel, Sandbox
from agents.run import Run
from agents.sandbox.refusing import RefusingSandbox
from configs.settings import LLMSettings
from tests.agents.shelf import Shelf
from tests.openai_server import ScriptedServer

E = TypeVar("E")

HANDBOOK = Shelf(
    {
        "prices.md": "The standard plan costs 40 euros a month.\n\nThe premium plan costs 90 euros a month.",
        "people.md": "The office manager is Ines Baptista.\n\nThe harbour office opened in March 2019.",
        "价格.md": "标准套餐每月四十欧元。\n\n高级套餐每月九十欧元。",
    }
)


def extractive(role: str, run: Run) -> LanguageModel:
    return ExtractiveCritic(run) if role == "critic" else ExtractiveAnswerer(run)


def served(server: ScriptedServer, **settings: Any) -> Callable[[str, Run], LanguageModel]:
    model = OpenAICompatible(
        LLMSettings(provider="openai", base_url=server.base_url, **{"model": "scripted", "max_retries": 0, **settings})
    )
    return lambda _role, _run: model


def conversation(
    folder: Path,
    *,
    team: str = "qa",
    kb: KnowledgeBase = HANDBOOK,
    model: Callable[[str, Run], LanguageModel] = extractive,
    sandbox: Sandbox | None = None,
    **more: Any,
) -> Conversation:
    refusing = RefusingSandbox("No sandbox is usable here; install bubblewrap.")
    resources = Resources(
        open_kb=lambda _name: kb,
        model=model,
        sandbox=lambda: sandbox or refusing,
        store=SQLiteConversationStore(folder / "roundtable.sqlite"),
        artifacts=folder / "artifacts",
        **more,
    )
    return Conversation(ConversationInfo(id=uuid4().hex, kb=kb.name, team=team, strategy="hybrid"), resources)


def of(kind: type[E], events: Iterable[Event]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def completed(events: Iterable[Event]) -> RunCompleted:
    *_, last = events
    assert isinstance(last, RunCompleted), last
    return last


def speakers(events: Iterable[Event]) -> list[tuple[str, str]]:
    return [(message.agent, message.role) for message in of(MessageCompleted, events)]


@contextmanager
def asking(
    folder: Path, script: Any, *, question: str = "What does the premium plan cost?", **more: Any
) -> Iterator[tuple[list[Event], ScriptedServer]]:
    """All events of one question answered by a scripted model, and the server to look at."""
    with ScriptedServer(script) as server:
        settings = more.pop("settings", {})
        yield list(conversation(folder, model=served(server, **settings), **more).ask(question)), server


def a_run(*, kb: KnowledgeBase = HANDBOOK, sandbox: Callable[[], Sandbox] | None = None, **more: Any) -> Run:
    """A run as an agent or a tool sees one, outside any conversation."""
    question = more.pop("question", "What does the premium plan cost?")
    return Run(
        question=question,
        open_kb=lambda _name: kb,
        model=more.pop("model", extractive),
        sandbox=sandbox or (lambda: RefusingSandbox("No sandbox is usable here.")),
        **more,
    )
