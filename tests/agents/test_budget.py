"""Runs that would never end: ended by their budget or their rounds, and the reader is told who was busy with what."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from autogen import ConversableAgent

from agents.budget import Called, Said, diagnosis, loop, spent
from agents.events import Event, Failed, MessageCompleted, Noted, RunCompleted, ToolCalled
from agents.log.usage import bill
from agents.team import Team
from agents.teams.rules import Budget
from tests.agents.table import completed, conversation, of, served
from tests.openai_server import Request, ScriptedServer, call, say, silence

AGENTS: tuple[dict[str, Any], ...] = (
    {"name": "retriever", "role": "retriever"},
    {"name": "assistant", "role": "assistant", "prompt": "analyst", "tools": ["list_documents", "search_documents"]},
    {"name": "librarian", "role": "tool_agent", "tools": ["list_documents", "search_documents"]},
)
TWO: tuple[dict[str, Any], ...] = (
    {"name": "retriever", "role": "retriever"},
    {"name": "optimist", "role": "assistant"},
    {"name": "pessimist", "role": "assistant"},
)


def asked(folder: Path, script: Any, *agents: dict[str, Any], **fields: Any) -> list[Event]:
    team = Team.of("table", *(agents or AGENTS), **fields)
    with ScriptedServer(script) as server:
        talk = conversation(folder, team="table", model=served(server), teams={"table": team})
        return list(talk.ask("What does the premium plan cost?"))


def ended(events: list[Event]) -> Failed:
    last = events[-1]
    assert isinstance(last, Failed), last
    assert not of(RunCompleted, events)
    return last


def numbered(name: str) -> Any:
    """A model that calls a tool again and again, never twice the same."""
    count = iter(range(1000))

    def answer(request: Request) -> Any:
        if not request.body.get("tools"):
            return say("I give up.")
        return call(name, {"query": f"premium {next(count)}"} if name == "search_documents" else {})

    return answer


def test_the_same_call_again_and_again_is_noticed_and_the_tools_are_withheld(tmp_path: Path) -> None:
    events = asked(tmp_path, numbered("list_documents"))
    (note,) = of(Noted, events)
    assert (note.kind, note.text) == ("loop", "assistant called list_documents 3 times with the same arguments.")
    assert completed(events).answer == "I give up."
    assert len(of(ToolCalled, events)) == 3


def test_searching_stops_when_evidence_stops_arriving(tmp_path: Path) -> None:
    sent: list[list[str]] = []

    def answer(request: Request) -> Any:
        offered = [tool["function"]["name"] for tool in request.body.get("tools", ())]
        sent.append(offered)
        return call("search_documents", {"query": f"plan {len(sent)}"}) if "search_documents" in offered else say("No.")

    events = asked(tmp_path, answer, max_rounds=40)
    assert completed(events).answer == "No."
    assert sent[-1] == ["list_documents"]
    assert len(of(ToolCalled, events)) <= 4


def test_agents_that_talk_past_each_other_are_stopped(tmp_path: Path) -> None:
    def answer(request: Request) -> Any:
        return say("I disagree." if len(request.body["messages"]) % 2 else "No, I disagree.")

    events = asked(tmp_path, answer, *TWO, order="round_robin", rounds=20, max_rounds=50)
    told = [note.text for note in of(Noted, events) if note.kind == "budget"]
    assert len(told) == 1
    assert "go round in circles" in told[0]
    assert "said the same 3 times" in told[0]
    assert completed(events).answer.endswith("I disagree.")
    assert len(of(MessageCompleted, events)) <= 8


def test_without_a_model_three_rounds_of_the_same_quotation_end_with_it(tmp_path: Path) -> None:
    team = Team.of("table", *TWO, order="round_robin", rounds=3)
    events = list(conversation(tmp_path, team="table", teams={"table": team}).ask("What does the premium plan cost?"))
    assert "90 euros" in completed(events).answer


def test_the_answer_is_that_of_the_agent_which_gives_it(tmp_path: Path) -> None:
    said = {"optimist": "90 euros [1].", "pessimist": "AGREED, nothing to add."}

    def answer(request: Request) -> Any:
        return say(said["pessimist"] if said["optimist"] in str(request.body["messages"]) else said["optimist"])

    ends = {"agent": "pessimist", "begins": "AGREED"}
    events = asked(tmp_path, answer, *TWO, order="round_robin", answer="optimist", rounds=2, ends_when=ends)
    assert completed(events).answer == "90 euros [1]."


def test_what_another_says_before_the_rounds_are_over_is_no_answer(tmp_path: Path) -> None:
    end = ended(asked(tmp_path, [say("Notes: unsure [1].")], *TWO, max_rounds=2))
    assert end.error_type == "BudgetExceeded"
    assert "came to no answer" in end.message
    assert "optimist once" in end.message


def test_an_answer_that_stands_outlives_the_budget(tmp_path: Path) -> None:
    agents = (*TWO[:2], {"name": "critic", "role": "critic"})
    events = asked(tmp_path, [say("90 euros [1].")], *agents, budget={"tokens": 50})
    assert completed(events).answer == "90 euros [1]."
    assert [note.kind for note in of(Noted, events)] == ["budget"]


def test_a_table_without_an_answer_after_its_rounds_says_who_talked(tmp_path: Path) -> None:
    count = iter(range(100))
    end = ended(asked(tmp_path, lambda _: call("search_documents", {"query": f"q{next(count)}"}), max_rounds=4))
    assert end.error_type in ("BudgetExceeded", "ModelMisbehaved")
    assert end.hint


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        ({"tokens": 300}, "tokens, and its budget is 300"),
        ({"cost": 0.0001}, "and its budget is $0.0001"),
    ],
)
def test_tokens_and_cost_end_a_run_with_a_diagnosis(tmp_path: Path, budget: dict[str, Any], words: str) -> None:
    team = Team.of("table", *AGENTS, budget=budget, max_rounds=50)
    with ScriptedServer(numbered("search_documents")) as server:
        model = served(server, model="gpt-4o")
        talk = conversation(tmp_path, team="table", model=model, teams={"table": team})
        events = list(talk.ask("What does the premium plan cost?"))
    end = ended(events)
    assert end.error_type == "BudgetExceeded"
    assert words in end.message
    assert "assistant called search_documents" in end.message


def test_seconds_end_a_run_wherever_it_is(tmp_path: Path) -> None:
    started = time.monotonic()
    slow = say("The plan costs 90 euros [1]. " * 100, delay_s=0.02)
    events = asked(tmp_path, [slow], budget={"seconds": 1.0})
    assert time.monotonic() - started < 2.5
    end = ended(events)
    assert (end.error_type, "its budget is 1 s" in end.message) == ("BudgetExceeded", True)
    assert of(MessageCompleted, events)[-1].interrupted
    assert of(MessageCompleted, events)[-1].content.startswith("The plan costs 90 euros [1].")


def test_an_answer_that_stands_outlives_a_judge_who_takes_too_long(tmp_path: Path) -> None:
    started = time.monotonic()
    events = asked(tmp_path, [say("90 euros [1]."), silence()], *TWO[:2], judge=True, budget={"seconds": 1.0})
    assert time.monotonic() - started < 3
    assert completed(events).answer == "90 euros [1]."
    assert [note.kind for note in of(Noted, events)] == ["budget"]


def test_an_answer_that_outlives_the_budget_is_checked_and_a_dispute_is_told(tmp_path: Path) -> None:
    agents = (*TWO[:2], {"name": "critic", "role": "critic"})
    wrong, review = say("It costs 999 euros [1]."), say("REVISE\nThe passage says 90 euros.")
    slow = say("It costs 90 euros [1]. " * 50, delay_s=0.05)
    events = asked(tmp_path, [wrong, review, slow], *agents, budget={"seconds": 1.5})
    end = completed(events)
    assert end.answer == "It costs 999 euros [1]."
    assert [verdict["status"] for verdict in end.support] == ["unsupported"]
    assert "its critic had asked for another" in of(Noted, events)[-1].text


def test_seconds_end_a_guest_that_cannot_be_interrupted(tmp_path: Path) -> None:
    class Sleeper(ConversableAgent):  # type: ignore[misc]  # AutoGen is untyped
        def generate_reply(self, *_: Any, **__: Any) -> str:
            time.sleep(4)
            return "Awake."

    def guest(_run: Any) -> ConversableAgent:
        return Sleeper("guest", llm_config=False, human_input_mode="NEVER", code_execution_config=False)

    agents = (*TWO[:1], {"name": "guest", "role": "guest"}, TWO[1])
    started = time.monotonic()
    end = ended(asked(tmp_path, [], *agents, order="round_robin", guests={"guest": guest}, budget={"seconds": 0.5}))
    assert time.monotonic() - started < 2.5
    assert "its budget is 0.5 s" in end.message


def test_what_is_spent_is_one_sentence() -> None:
    limits = Budget(tokens=10, seconds=2, cost=0.5)
    assert spent(limits, tokens=9, seconds=1.9, cost=0.49) == ""
    assert spent(limits, tokens=1000, seconds=0, cost=0) == "The run has used 1,000 tokens, and its budget is 10."
    assert spent(limits, tokens=0, seconds=2.04, cost=0) == "The run has taken 2.0 s, and its budget is 2 s."
    assert spent(Budget(), tokens=10**9, seconds=10**9, cost=10**9) == ""


def test_a_diagnosis_names_who_and_what() -> None:
    search = [Called("a", "search_documents", f'{{"query": "{n}"}}') for n in range(4)]
    assert loop(search) == ""
    assert diagnosis([*search, Said("b", "x")]) == "a called search_documents 4 times."
    assert loop([search[0]] * 3) == "a called search_documents 3 times with the same arguments."
    assert loop([Said("a", "no"), Said("b", "yes")] * 3) in ("a said the same 3 times.", "b said the same 3 times.")
    assert diagnosis([Said("a", "x"), Said("b", "y"), Said("a", "z")]) == "Spoke: a 2 times and b once."
    assert diagnosis([]) == ""


def test_what_a_run_costs_is_told_for_each_agent(tmp_path: Path) -> None:
    team = Team.of("table", *TWO)
    with ScriptedServer([say("Cheap [1]."), say("Dear [2].")]) as server:
        model = served(server, model="gpt-4o")
        talk = conversation(tmp_path, team="table", model=model, teams={"table": team})
        events = list(talk.ask("What does the premium plan cost?"))
    whole = bill(events).as_dict()
    assert set(whole["agents"]) == {"optimist", "pessimist"}
    assert whole["calls"] == 2
    assert whole["cost"] == pytest.approx(completed(events).usage["cost"])
    assert whole["cost"] == pytest.approx(sum(m.cost for m in of(MessageCompleted, events)))
    assert whole["cost"] > 0
    assert all(agent["seconds"] > 0 for agent in whole["agents"].values())
