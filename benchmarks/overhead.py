"""What the application adds to the time to the first token: python -m benchmarks.overhead.

Every question is asked of the team qa over the sample documents, and right after it the very request that reached the
model is sent again by the bare OpenAI SDK, to the same scripted server over a warm connection. Prints Markdown tables.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai

from agents.app import App, build_app
from agents.conversation import Conversation
from agents.events import Event, Retrieved, RunCompleted, TokenDelta
from configs.prompts import prompt
from configs.settings import LLMSettings, Settings
from tests.openai_server import Reply, Request, ScriptedServer, say

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
ANSWER = "It stands in the documents [1]. They say when, where and by whom it was decided, and what follows from it."
REWRITTEN = "How much may a hotel in London cost per night?"
BEFORE = (
    "Who repairs a barometer?",
    "门市几点开门？",
    "When was the workshop built?",
    "谁保管仓库的钥匙？",
    "Where are the spare keys kept?",
    "What does a new glass for the barometer cost?",
    "气压计可以放在阳光下吗？",
    "Who answers the telephone on Saturdays?",
    "How many people work at the workshop today?",
)
"""What is asked to warm up, and in the turns before the tenth."""
WARM_UP = 5
BOUND_MS = 30.0


@dataclass(frozen=True, kw_only=True)
class Timed:
    """One question: milliseconds to the first token and model calls; `bare_ms` is that of its last request alone."""

    ms: float
    retrieval_ms: float
    bare_ms: float
    calls: int

    @property
    def added_ms(self) -> float:
        """What the application takes beside the endpoint and the search."""
        return self.ms - self.bare_ms - self.retrieval_ms


@dataclass(frozen=True, kw_only=True)
class Bench:
    """The application and the bare SDK, both at one scripted server."""

    app: App
    server: ScriptedServer
    sdk: openai.OpenAI

    def ask(self, conversation: Conversation, question: str) -> Timed:
        """Ask, wait for the whole answer, and send its last request again."""
        before, started = len(self.server.requests), time.perf_counter()
        ms, events = 0.0, list[Event]()
        for event in conversation.ask(question):
            if isinstance(event, TokenDelta) and not ms:
                ms = (time.perf_counter() - started) * 1000
            events.append(event)
        assert isinstance(events[-1], RunCompleted), events[-1]
        asked = self.server.requests[before:]
        searched = [step["ms"] for event in events if isinstance(event, Retrieved) for step in event.steps]
        return Timed(ms=ms, retrieval_ms=sum(searched), bare_ms=self._bare(asked[-1].body), calls=len(asked))

    def fresh(self) -> Conversation:
        """A conversation in which nothing was said yet."""
        return self.app.new_conversation()

    def under_way(self, questions: Sequence[str]) -> Callable[[], Conversation]:
        """Makes conversations in which these were asked and answered: branches of one, in which the last is asked."""
        *earlier, last = questions
        trunk = self.fresh()
        for question in earlier:
            list(trunk.ask(question))

        def begin() -> Conversation:
            branch = self.app.branch(trunk.id)
            list(branch.ask(last))
            return branch

        return begin

    def _bare(self, body: Mapping[str, Any]) -> float:
        create: Callable[..., Any] = self.sdk.chat.completions.create
        started = time.perf_counter()
        ms = 0.0
        for chunk in create(**body):
            if not ms and chunk.choices and chunk.choices[0].delta.content:
                ms = (time.perf_counter() - started) * 1000
        return ms


def main() -> None:
    """Print what it adds, and how often the model is called."""
    questions = sample_questions()
    with bench([EXAMPLES / "documents"]) as table:
        under_way = table.under_way(BEFORE)
        print("| time to the first token, p50 / p95 | bare endpoint | application | added | beyond retrieval | bound |")
        print("|---|---|---|---|---|---|")
        print(row("first turn", timed(table, table.fresh, questions)))
        print(row(f"turn {len(BEFORE) + 1}", later := timed(table, under_way, questions)))
        rewritten = sum(one.calls > 1 for one in later)
        print(
            f"\nIn turn {len(BEFORE) + 1} the model rewrote {rewritten} questions first; they are not in the table.\n"
        )
        print("| question | model calls |\n|---|---|")
        for what, calls in model_calls(table).items():
            print(f"| {what} | {calls} |")


def sample_questions() -> list[str]:
    """Those about the sample documents, English and Chinese, with and without an answer."""
    lines = (EXAMPLES / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


@contextmanager
def bench(documents: Sequence[Path]) -> Iterator[Bench]:
    """An application that has just read these documents, with a model that answers at once."""
    with tempfile.TemporaryDirectory() as folder, ScriptedServer(_reply) as server:
        llm = LLMSettings(provider="openai", base_url=server.base_url, model="scripted", max_retries=0)
        sdk = openai.OpenAI(base_url=server.base_url, api_key="none", max_retries=0)
        with closing(build_app(Settings(data_dir=Path(folder), llm=llm))) as app, sdk:
            report = app.library.create("default").ingest(documents)
            assert {outcome.status for outcome in report.documents} == {"indexed"}
            yield Bench(app=app, server=server, sdk=sdk)


def timed(table: Bench, begin: Callable[[], Conversation], questions: Sequence[str]) -> list[Timed]:
    """Each question in a conversation of its own, after some that warm up."""
    for question in BEFORE[:WARM_UP]:
        table.ask(begin(), question)
    return [table.ask(begin(), question) for question in questions]


def model_calls(table: Bench) -> dict[str, int]:
    """How often a question of each kind calls the model."""
    talk = table.fresh()
    return {
        "a simple question": table.ask(talk, "How much may a hotel cost per night?").calls,
        "a follow-up that can stand on its own": table.ask(talk, "How large is the yearly learning budget?").calls,
        "a follow-up that leans on what was said": table.ask(talk, "And in London?").calls,
        "thanks": table.ask(talk, "Thank you!").calls,
    }


def row(what: str, answers: Sequence[Timed]) -> str:
    """A line of the table; questions that called the model before they searched are left out."""
    simple = [one for one in answers if one.calls == 1]
    cells = [
        _spread([one.bare_ms for one in simple]),
        _spread([one.ms for one in simple]),
        _spread([one.ms - one.bare_ms for one in simple]),
        _spread([one.added_ms for one in simple]),
    ]
    return f"| {what} ({len(simple)} questions) | {' | '.join(cells)} | p50 <= {BOUND_MS:.0f} ms |"


def _spread(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f} / {statistics.quantiles(times, n=20)[-1]:.1f} ms"


def _reply(request: Request) -> Reply:
    condenses = request.body["messages"][0]["content"] == prompt("condense")
    return say(REWRITTEN if condenses else ANSWER)


if __name__ == "__main__":
    main()
