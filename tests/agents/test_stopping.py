"""Stop, wherever a run is: within a second, what was said is kept, and nothing is left running."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from agents.conversation import Conversation
from agents.events import ApprovalRequested, Event, ToolReturned
from agents.ports import Sandbox
from agents.sandbox import open_sandbox
from agents.team import Team
from agents.tools.catalogue import with_built_in
from agents.tools.registry import tool
from configs.settings import SandboxSettings
from retrieval.types import SearchResult
from tests.agents.shelf import Shelf
from tests.agents.table import HANDBOOK, completed, conversation, of, served
from tests.openai_server import Request, ScriptedServer, call, say, silence

WITHIN_S = 1.0
SHARED = {"tool-linger", "sandbox-spawn_0"}
"""The function of a tool cannot be ended from outside, and one thread starts the processes of all sandboxes."""
ANSWER = "The premium plan costs 90 euros a month [2]. "
LONG = ANSWER + "This is said at length. " * 200
AGENTS: tuple[dict[str, Any], ...] = (
    {"name": "retriever", "role": "retriever"},
    {"name": "expert", "role": "assistant", "prompt": "expert"},
    {"name": "assistant", "role": "assistant", "prompt": "analyst", "tools": ["run_python", "linger"]},
    {"name": "hand", "role": "tool_agent", "tools": ["linger"]},
    {"name": "code_executor", "role": "code_executor"},
)


@tool
def linger() -> str:
    """Take a long time."""
    time.sleep(20)
    return "done"


@dataclass
class SlowShelf(Shelf):
    """Finds nothing for seconds from its second search on."""

    slow: bool = False
    looking: threading.Event = field(default_factory=threading.Event)

    def search(
        self,
        text: str,
        *,
        strategy: str | None = None,
        k: int | None = None,
        filters: Mapping[str, str] | None = None,
    ) -> SearchResult:
        if self.slow:
            self.looking.set()
            time.sleep(3)
        return super().search(text, strategy=strategy, k=k, filters=filters)


@dataclass
class Moment:
    """A place in a run: the prompt that is left unanswered there, or the call that is made."""

    prompt: str = ""
    asks: Any = None
    begun: Callable[[list[Event], ScriptedServer], bool] = lambda _seen, _server: False
    slow_search: bool = False
    judge: bool = False
    order: str = "flow"
    question: str = "What does the premium plan cost?"
    approval: str = "never"


def asked_for(prompt: str) -> Callable[[list[Event], ScriptedServer], bool]:
    return lambda _seen, server: any(_system(request).startswith(prompt) for request in server.requests)


def _system(request: Request) -> str:
    return str(request.body["messages"][0]["content"])


MOMENTS: dict[str, Moment] = {
    "while it searches": Moment(slow_search=True),
    "while the question is rewritten": Moment(
        prompt="Rewrite", question="And the premium plan?", begun=asked_for("Rewrite")
    ),
    "while the history is summarised": Moment(prompt="Summarise", begun=asked_for("Summarise")),
    "while the speakers are chosen": Moment(prompt="A question was put", order="auto", begun=asked_for("A question")),
    "before the first word of an expert": Moment(prompt="You are an expert", begun=asked_for("You are an expert")),
    "before the first word of the answer": Moment(
        prompt="You answer", begun=lambda _, server: _system(server.requests[-1]).startswith("You answer")
    ),
    "in the middle of a word": Moment(
        asks=say(LONG, delay_s=0.01), begun=lambda seen, _: sum(type(e).__name__ == "TokenDelta" for e in seen) > 20
    ),
    "while a tool works": Moment(
        asks=call("linger", {}), begun=lambda seen, _: any(getattr(e, "tool", "") == "linger" for e in seen)
    ),
    "while it waits for a person": Moment(
        asks=call("run_python", {"code": "print(1)"}), approval="always",
        begun=lambda seen, _: bool(of(ApprovalRequested, seen)),
    ),
    "while code runs": Moment(
        asks=call("run_python", {"code": "import time; time.sleep(60)"}),
        begun=lambda seen, _: any(getattr(e, "tool", "") == "run_python" for e in seen),
    ),
    "while a judge reads": Moment(prompt="You check statements", judge=True, begun=asked_for("You check statements")),
}  # fmt: skip


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    sandbox = open_sandbox(SandboxSettings(backends=("bubblewrap",), warm=0))
    yield sandbox
    sandbox.close()


def talk_of(folder: Path, moment: Moment, server: ScriptedServer, sandbox: Sandbox, shelf: Shelf) -> Conversation:
    tools = with_built_in([linger])
    team = Team.of("table", *AGENTS, tools=tools, order=moment.order, judge=moment.judge, approval=moment.approval)
    model = served(server, context_tokens=5_600)
    return conversation(
        folder, kb=shelf, team="table", model=model, sandbox=sandbox, teams={"table": team}, tools=tools
    )


def answering(moment: Moment) -> tuple[Callable[[Request], Any], threading.Event]:
    """A model that answers everything until the moment has come, and then leaves open what it is about."""
    now = threading.Event()

    def answer(request: Request) -> Any:
        system = _system(request)
        if now.is_set() and moment.prompt and system.startswith(moment.prompt):
            return silence()
        if now.is_set() and moment.asks is not None and system.startswith("You answer"):
            return moment.asks
        words = LONG if moment.prompt == "Summarise" else ANSWER
        return say("assistant, expert" if system.startswith("A question was put") else words, streamed=False)

    return answer, now


@pytest.mark.parametrize("name", MOMENTS)
def test_stop_ends_a_run_within_a_second_and_leaves_nothing(tmp_path: Path, sandbox: Sandbox, name: str) -> None:
    moment = MOMENTS[name]
    answer, now = answering(moment)
    shelf = SlowShelf(HANDBOOK.texts)
    with ScriptedServer(answer) as server:
        talk = talk_of(tmp_path, moment, server, sandbox, shelf)
        for question in ("What does the standard plan cost?", "Who is the office manager?"):
            list(talk.ask(question))
        now.set()
        shelf.slow = moment.slow_search
        server.requests.clear()
        seen, took = stopped(talk, moment, server, shelf)
        end = completed(seen)
        assert took < WITHIN_S, took
        assert end.stopped
        assert talk.events()[-1] == end
        assert not of(ToolReturned, seen)
        if name == "in the middle of a word":
            assert end.answer.startswith("The premium plan costs 90 euros a month [2].")
        talk.close()
        del talk
        wait_for(lambda: server.open_connections == 0 or "tool-linger" in threads_left())
    sandbox.close()
    wait_for(lambda: set(threads_left()) <= SHARED and not processes_left())


def stopped(talk: Conversation, moment: Moment, server: ScriptedServer, shelf: SlowShelf) -> tuple[list[Event], float]:
    """The events of a run that was stopped at its moment, and the seconds until its last."""
    seen: list[Event] = []
    reading = threading.Thread(target=run_into, args=(talk.ask(moment.question), seen), daemon=True)
    reading.start()
    if moment.slow_search:
        assert shelf.looking.wait(20)
    else:
        wait_for(lambda: bool(server.requests) and moment.begun(seen, server), within_s=20)
    time.sleep(0.15)
    stopped_at = time.monotonic()
    talk.stop()
    reading.join(timeout=5)
    return seen, time.monotonic() - stopped_at


def wait_for(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until
        gc.collect()
        time.sleep(0.02)


def processes_left() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def run_into(run: Iterator[Event], seen: list[Event]) -> None:
    for event in run:
        seen.append(event)  # one by one, for the test to look at meanwhile


def threads_left() -> list[str]:
    """Of a run, by name; the loop that all requests share and what belongs to pytest stay."""
    ours = ("run-", "tool-", "Thread-", "close-", "keep-", "sandbox")
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(ours) and thread.is_alive()
            and "serve_forever" not in thread.name and thread is not threading.current_thread()
            and "process_request" not in thread.name]  # fmt: skip
