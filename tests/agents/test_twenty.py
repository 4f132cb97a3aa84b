"""Twenty conversations at once: different users, knowledge bases and variables, and nothing crosses over."""

from __future__ import annotations

import gc
import re
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.conversation import Conversation, Resources
from agents.events import CodeRan, Event, Retrieved, RunCompleted, to_json
from agents.log.store import SQLiteConversationStore
from agents.ports import ConversationInfo, Sandbox
from agents.run import Run
from agents.sandbox import open_sandbox
from agents.turns.memory import remember
from configs.settings import SandboxSettings
from tests.agents.shelf import Shelf
from tests.agents.table import of, served
from tests.openai_server import Request, ScriptedServer, call, say

MANY = 20
TURNS = 3


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",), warm=0, memory_mb=128))
    yield sandbox
    sandbox.close()


def model(request: Request) -> Any:
    """Sets a variable to the number of the question, or prints it, and then answers with what was printed."""
    messages = request.body["messages"]
    if messages[0]["content"].startswith("You check"):
        return say("APPROVED")
    number, turn = re.findall(r"box (\d+) in turn (\d+)", str(messages))[-1]
    marker = re.findall(rf"\[(\d+)\] box-{number}\.md", str(messages))[-1]
    if messages[-1]["role"] == "tool":
        printed = re.findall(r'"stdout": "(\w*)', messages[-1]["content"])[0]
        return say(f"Box {number} holds item {printed} [{marker}].", delay_s=0.002)
    code = f"item = 'x{number}'\nprint(item)" if turn == "0" else "print(item)"
    return call("run_python", {"code": code})


def test_twenty_conversations_at_once_share_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    store = SQLiteConversationStore(tmp_path / "roundtable.sqlite")
    shelves = {
        f"kb{n}": Shelf({f"box-{n}.md": f"Box {n} in the cellar of user {n}."}, name=f"kb{n}") for n in range(MANY)
    }
    with ScriptedServer(model) as server:
        resources = Resources(
            open_kb=lambda name: shelves[name],
            model=served(server, timeout_s=120.0),
            sandbox=lambda: sandbox,
            store=store,
            coding=SandboxSettings(timeout_s=120),
            artifacts=tmp_path / "artifacts",
        )
        talks = [
            Conversation(
                ConversationInfo(id=f"talk-{n}", kb=f"kb{n}", team="analyst", strategy="hybrid", owner=f"user-{n}"),
                resources,
            )
            for n in range(MANY)
        ]
        seen: dict[int, list[Event]] = {}

        def talk_about(n: int) -> None:
            seen[n] = [e for turn in range(TURNS) for e in talks[n].ask(f"What is in box {n} in turn {turn}?")]

        threads = [threading.Thread(target=talk_about, args=(n,)) for n in range(MANY)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for talk in talks:
            talk.close()
    assert len(seen) == MANY
    for n, events in seen.items():
        assert {event.conversation_id for event in events} == {f"talk-{n}"}
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        assert events == list(store.events(f"talk-{n}"))
        assert [end.answer for end in of(RunCompleted, events)] == [f"Box {n} holds item x{n} [1]."] * TURNS
        assert {p["source"] for found in of(Retrieved, events) for p in found.passages} == {f"box-{n}.md"}
        assert [ran.stdout for ran in of(CodeRan, events)] == [f"x{n}\n"] * TURNS
    for n in range(MANY):
        assert [info.id for info in store.list(owner=f"user-{n}")] == [f"talk-{n}"]


def test_an_idle_conversation_takes_less_than_a_megabyte(tmp_path: Path) -> None:
    passage = "The cellar of the house is dry. " * 40
    shelf = Shelf({f"{n}.md": f"Fact {n}. {passage}" for n in range(10)})
    with ScriptedServer(lambda _: say("Dry [1]. " + passage, streamed=False)) as server:
        resources = Resources(
            open_kb=lambda _: shelf,
            model=served(server, context_tokens=128_000),
            sandbox=lambda: None,  # type: ignore[arg-type, return-value]
            store=SQLiteConversationStore(tmp_path / "roundtable.sqlite"),
        )
        info = ConversationInfo(id="talk", kb="k", team="qa", strategy="hybrid")
        talk = Conversation(info, resources)
        for n in range(8):
            list(talk.ask(f"What is said of fact {n} in the cellar of the house?"))
    gc.collect()
    assert not [item for item in gc.get_objects() if type(item) is Run]
    events = talk.events()
    assert sum(len(to_json(event)) for event in events) > 200_000
    tracemalloc.start()
    idle = [Conversation(info, resources, memory=remember(events)) for _ in range(20)]
    gc.collect()
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / len(idle) < 100_000
