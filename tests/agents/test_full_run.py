"""From a question to a plot in the answer: the real library, the real sandbox, a person who edits, a scripted model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agents.app import App, build_app
from agents.events import (
    ApprovalAnswered,
    ApprovalRequested,
    CodeRan,
    Event,
    Retrieved,
    RunCompleted,
    ToolCalled,
    ToolReturned,
)
from configs.settings import LLMSettings, SandboxSettings, Settings
from tests.agents.table import completed, of, speakers
from tests.openai_server import Request, ScriptedServer, call, say
from ui.conversation_actions import NOBODY_THERE, ask, conversations_show
from ui.log import events as told

PRICES = Path(__file__).resolve().parents[2] / "examples" / "documents" / "price-list-2025.xlsx"
QUESTION = "Which instruments of the 2025 price list cost more than 200 pounds? Plot their prices."
PLOT = """\
import matplotlib.pyplot as plt
import pandas as pd

prices = pd.read_csv("{file}")
dear = prices[prices["Price (GBP)"] > 200]
plt.barh(dear["Instrument"], dear["Price (GBP)"])
plt.show()
print(len(dear), dear["Price (GBP)"].max())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    app = build_app(Settings(data_dir=home))
    report = app.library.create("default").ingest([PRICES])
    app.close()
    assert [outcome.status for outcome in report.documents] == ["indexed"]
    return home


def returned(message: dict[str, Any]) -> Any:
    """What a tool gave back, below the line that says it is data."""
    return json.loads(message["content"].partition("\n")[2])


def plots(request: Request) -> Any:
    """A model that plots the very file that read_table named."""
    table = returned(request.body["messages"][-1])
    return call("run_python", {"code": PLOT.format(file=table["file"])})


def answers(request: Request) -> Any:
    """A model that tells what was printed, and cites what read_table told it to."""
    cite = next(returned(m)["cite"] for m in request.body["messages"] if '"cite"' in str(m["content"]))
    return say(f"{returned(request.body['messages'][-1])['stdout'].split()[0]} of them {cite}.")


SCRIPT: list[Any] = [call("read_table", {"document": PRICES.name}), plots, answers, say("APPROVED")]


@pytest.fixture
def app(home: Path) -> Iterator[App]:
    """An application whose model follows SCRIPT and whose every run of code waits for a person."""
    with ScriptedServer(SCRIPT) as server:
        llm = LLMSettings(provider="openai", base_url=server.base_url, model="scripted", max_retries=0)
        sandbox = SandboxSettings(backends=("bubblewrap",), approval="always")
        app = build_app(Settings(data_dir=home, llm=llm, sandbox=sandbox))
        yield app
        app.close()


def test_a_plot_that_a_person_edited_is_part_of_the_answer(app: App, home: Path) -> None:
    talk = app.new_conversation(team="analyst")
    events: list[Event] = []
    for event in talk.ask(QUESTION):
        events.append(event)
        if isinstance(event, ApprovalRequested):
            edited = event.code.replace("plt.show()", "plt.title('Over 200 pounds')\nplt.show()")
            talk.answer(event.approval_id, approved=True, code_sha256=event.code_sha256, code=edited, reason="A title.")

    assert [agent for agent, _ in speakers(events)] == [
        "retriever",
        "assistant",
        "librarian",
        "assistant",
        "code_executor",
        "assistant",
        "critic",
    ]
    assert any(Path(p["source"]).name == PRICES.name for found in of(Retrieved, events) for p in found.passages)
    assert [asked.tool for asked in of(ToolCalled, events)] == ["read_table", "run_python"]

    (request,), (answer,), (ran,) = of(ApprovalRequested, events), of(ApprovalAnswered, events), of(CodeRan, events)
    assert "plt.title" not in request.code
    assert (answer.approved, answer.edited, answer.reason) == (True, True, "A title.")
    assert ran.code == answer.code
    assert "plt.title('Over 200 pounds')" in ran.code
    assert (ran.status, ran.stdout, ran.isolation) == ("ok", "4 2480\n", "full"), ran.stderr
    assert json.loads(of(ToolReturned, events)[1].content)["code"] == ran.code

    end = completed(events)
    assert end.answer.startswith("4 of them [")
    assert Path(end.citations[0]["source"]).name == PRICES.name
    (picture,) = end.artifacts
    content = Path(picture["path"]).read_bytes()
    assert (picture["media_type"], picture["bytes"]) == ("image/png", len(content))
    assert content.startswith(b"\x89PNG")
    assert Path(picture["path"]).parent == home / "artifacts" / talk.id

    assert list(app.store.events(talk.id)) == events
    shown = told(conversations_show(app, conversation_id=talk.id))
    assert re.search(
        r"user: allowed with changes: A title\.\n\ncode_executor ran python .*\n    import matplotlib", shown
    )
    assert "    plt.title('Over 200 pounds')\n" in shown
    assert picture["path"] in shown


def test_a_single_question_runs_no_code_that_waits(home: Path) -> None:
    def answers_without(request: Request) -> Any:
        return say("It cannot be plotted here.") if NOBODY_THERE.rstrip(".") in str(request.body) else say("?")

    with ScriptedServer([*SCRIPT[:2], answers_without, say("APPROVED")]) as server:
        llm = LLMSettings(provider="openai", base_url=server.base_url, model="scripted", max_retries=0)
        sandbox = SandboxSettings(backends=("bubblewrap",), approval="always")
        app = build_app(Settings(data_dir=home, llm=llm, sandbox=sandbox))
        document = ask(app, question=QUESTION, kb="default", team="analyst", strategy=None)
        log = list(app.store.events(document["conversation_id"]))
        app.close()
    assert document["answer"] == "It cannot be plotted here."
    assert document["artifacts"] == []
    assert not of(CodeRan, log)
    assert [answer.reason for answer in of(ApprovalAnswered, log)] == [NOBODY_THERE]


def test_a_single_question_that_nobody_is_asked_about_names_the_picture(home: Path) -> None:
    with ScriptedServer(SCRIPT) as server:
        llm = LLMSettings(provider="openai", base_url=server.base_url, model="scripted", max_retries=0)
        sandbox = SandboxSettings(backends=("bubblewrap",), approval="risky")
        app = build_app(Settings(data_dir=home, llm=llm, sandbox=sandbox))
        document = ask(app, question=QUESTION, kb="default", team="analyst", strategy=None)
        log = list(app.store.events(document["conversation_id"]))
        app.close()
    assert not of(ApprovalRequested, log)
    assert [made["media_type"] for made in document["artifacts"]] == ["image/png"]
    assert Path(document["artifacts"][0]["path"]).is_file()
    assert isinstance(log[-1], RunCompleted)
