"""Every order of speakers, whoever opens the chat: the right passages at every turn, no silent end, no repetition."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from autogen import ConversableAgent

from agents.conversation import Conversation, Resources
from agents.events import Event, MessageCompleted, ModelCalled, Noted, Retrieved, TurnPlanned
from agents.log.store import SQLiteConversationStore
from agents.ports import ConversationInfo
from agents.sandbox.refusing import RefusingSandbox
from agents.team import Team
from agents.teams.speaker_order import Message
from tests.agents.reader import Reader
from tests.agents.shelf import Shelf
from tests.agents.table import HANDBOOK, completed, conversation, of, served
from tests.openai_server import ScriptedServer

NOTES = {f"note-{n}.md": f"Note {n} on shipping parcel number {n} by sea." for n in range(12)}
FIRST = "What does the standard plan cost a month?"
REWRITES = {"And the premium plan?": "What does the premium plan cost a month?"}
AGENTS: tuple[dict[str, Any], ...] = (
    {"name": "host", "role": "guest"},
    {"name": "retriever", "role": "retriever"},
    {"name": "expert", "role": "assistant", "prompt": "expert"},
    {"name": "assistant", "role": "assistant"},
)
TRANSITIONS = {"host": ["retriever"], "retriever": ["expert"], "expert": ["assistant"]}


def in_order(messages: Sequence[Message]) -> str | None:
    order = ["host", "retriever", "expert", "assistant"]
    at = order.index(str(messages[-1]["name"]))
    return order[at + 1] if at + 1 < len(order) else None


ORDERS: dict[str, dict[str, Any]] = {
    "round_robin": {},
    "graph": {"transitions": TRANSITIONS},
    "function": {"speaker": in_order},
    "auto": {},
}


def table(order: str, start: str) -> Team:
    def host(_run: Any) -> ConversableAgent:
        return ConversableAgent("host", llm_config=False, human_input_mode="NEVER", code_execution_config=False)

    agents = AGENTS if start == "host" else AGENTS[1:]
    fields = dict(ORDERS[order])
    if start != "host" and "transitions" in fields:
        fields["transitions"] = {name: to for name, to in TRANSITIONS.items() if name != "host"}
    guests = {"host": host} if start == "host" else {}
    return Team.of("table", *agents, order=order, start=start, guests=guests, **fields)


def two_turns(folder: Path, order: str, start: str, second: str) -> tuple[list[Event], list[Event], Reader]:
    reader = Reader(rewrites=REWRITES)
    with ScriptedServer(reader) as server:
        shelf = Shelf({**HANDBOOK.texts, **NOTES})
        team = table(order, start)
        talk = conversation(folder, kb=shelf, team="table", model=served(server), teams={"table": team})
        first = list(talk.ask(FIRST))
        reader.purposes.clear()
        return first, list(talk.ask(second)), reader


def sound(*turns: list[Event]) -> None:
    """No turn ends silently or says a thing twice, and every passage has one number of its own."""
    numbers: dict[str, int] = {}
    for events in turns:
        assert completed(events).answer
        shown = [passage for found in of(Retrieved, events) for passage in found.passages]
        assert len({passage["chunk_id"] for passage in shown}) == len(shown)
        for passage in shown:
            assert numbers.setdefault(passage["chunk_id"], passage["marker"]) == passage["marker"]
        said = [message.agent for message in of(MessageCompleted, events)]
        assert len(set(said)) == len(said)
        assert said[-1] == "assistant"
    assert len(set(numbers.values())) == len(numbers)


@pytest.mark.parametrize("start", ["retriever", "host"])
@pytest.mark.parametrize("order", ORDERS)
class TestMatrix:
    def test_a_follow_up_is_understood(self, tmp_path: Path, order: str, start: str) -> None:
        first, second, reader = two_turns(tmp_path, order, start, "And the premium plan?")
        sound(first, second)
        assert "40 euros" in completed(first).answer
        assert "90 euros" in completed(second).answer
        assert [c["source"] for c in completed(second).citations] == ["prices.md"]
        (plan,) = of(TurnPlanned, second)
        assert (plan.kind, plan.by, plan.query) == ("search", "model", REWRITES["And the premium plan?"])
        assert reader.purposes.count("condense") == 1

    def test_a_change_of_topic_is_searched_as_it_is(self, tmp_path: Path, order: str, start: str) -> None:
        first, second, reader = two_turns(tmp_path, order, start, "Who is the office manager?")
        sound(first, second)
        assert "Ines Baptista" in completed(second).answer
        assert [found.query for found in of(Retrieved, second)] == ["Who is the office manager?"]
        assert "condense" not in reader.purposes

    def test_small_talk_needs_no_search(self, tmp_path: Path, order: str, start: str) -> None:
        first, second, _ = two_turns(tmp_path, order, start, "Thanks a lot!")
        sound(first)
        assert completed(second).answer == "You are welcome."
        assert of(Retrieved, second) == []
        assert completed(second).citations == ()

    def test_more_context_brings_passages_that_were_never_shown(self, tmp_path: Path, order: str, start: str) -> None:
        first, second, _ = two_turns(tmp_path, order, start, "More context, please")
        sound(first, second)
        before = {p["chunk_id"] for found in of(Retrieved, first) for p in found.passages}
        after = {p["chunk_id"] for found in of(Retrieved, second) for p in found.passages}
        assert after
        assert not before & after
        assert [found.query for found in of(Retrieved, second)] == [FIRST]


@pytest.mark.parametrize("order", ORDERS)
def test_when_there_is_nothing_more_it_says_so(tmp_path: Path, order: str) -> None:
    with ScriptedServer(Reader()) as server:
        team = table(order, "retriever")
        talk = conversation(tmp_path, team="table", model=served(server), teams={"table": team})
        list(talk.ask(FIRST))
        events = list(talk.ask("more"))
        assert [note.kind for note in of(Noted, events)] == ["evidence_exhausted"]
        assert completed(events).abstained


def test_the_automatic_order_costs_one_small_call_for_each_question(tmp_path: Path) -> None:
    first, second, reader = two_turns(tmp_path, "auto", "retriever", "Who is the office manager?")
    assert reader.purposes.count("speakers") == 1
    small = [call.purpose for call in of(ModelCalled, first) if call.purpose != "message"]
    assert small == ["speakers"]
    assert len(of(MessageCompleted, second)) == 3


def test_the_automatic_order_leaves_out_whom_the_model_does_not_name(tmp_path: Path) -> None:
    with ScriptedServer(Reader(speakers="assistant")) as server:
        talk = conversation(tmp_path, team="table", model=served(server), teams={"table": table("auto", "retriever")})
        assert [m.agent for m in of(MessageCompleted, talk.ask(FIRST))] == ["retriever", "assistant"]


def test_without_a_model_the_automatic_order_is_that_of_the_list(tmp_path: Path) -> None:
    talk = conversation(tmp_path, team="table", teams={"table": table("auto", "retriever")})
    events = list(talk.ask(FIRST))
    assert [m.agent for m in of(MessageCompleted, events)] == ["retriever", "expert", "assistant"]
    assert "40 euros" in completed(events).answer


@pytest.mark.parametrize("order", ["flow", "round_robin", "auto"])
def test_two_retrievers_bring_passages_of_their_own_documents(tmp_path: Path, order: str) -> None:
    shelves = {
        "prices": Shelf({"prices.md": HANDBOOK.texts["prices.md"]}),
        "people": Shelf({"people.md": HANDBOOK.texts["people.md"]}),
    }
    agents = (
        {"name": "first", "role": "retriever", "kb": "prices"},
        {"name": "second", "role": "retriever", "kb": "people"},
        {"name": "assistant", "role": "assistant"},
    )
    with ScriptedServer(Reader(speakers="assistant")) as server:
        resources = Resources(
            open_kb=lambda name: shelves[name],
            model=served(server),
            sandbox=lambda: RefusingSandbox("None here."),
            store=SQLiteConversationStore(tmp_path / "roundtable.sqlite"),
            teams={"two": Team.of("two", *agents, order=order)},
        )
        info = ConversationInfo(id="c", kb="prices", team="two", strategy="hybrid")
        events = list(Conversation(info, resources).ask("Who is the office manager?"))
    found = {event.agent: {p["source"] for p in event.passages} for event in of(Retrieved, events)}
    assert found == {"first": {"prices.md"}, "second": {"people.md"}}
    assert {event.query for event in of(Retrieved, events)} == {"Who is the office manager?"}
    markers = [p["marker"] for event in of(Retrieved, events) for p in event.passages]
    assert markers == [1, 2, 3, 4]
    assert "Ines Baptista" in completed(events).answer
    assert completed(events).citations[0]["source"] == "people.md"
