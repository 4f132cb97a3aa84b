"""What is remembered of a conversation, and how it is kept within a model's limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.events import CodeRan, Compacted, Event, Failed, ModelCalled, Noted, RunCompleted, RunStarted, TurnPlanned
from agents.turns.compaction import digest, divided
from agents.turns.memory import Exchange, Memory, remember
from retrieval.citations import markers
from tests.agents.table import completed, conversation, of, served
from tests.openai_server import Request, ScriptedServer, fail, say


def run(question: str, answer: str, seq: int, *, query: str = "") -> list[Event]:
    cited = tuple({"marker": marker} for marker in markers(answer))
    return [
        RunStarted(seq=seq, question=question, team="qa", kb="k", strategy="hybrid"),
        TurnPlanned(seq=seq + 1, kind="search", query=query or question),
        RunCompleted(seq=seq + 2, answer=answer, abstained=False, citations=cited),
    ]


def test_questions_and_answers_are_remembered_with_what_was_searched_and_cited() -> None:
    memory = remember([*run("A?", "Yes [2].", 1), *run("And B?", "No [3][2].", 4, query="Is it B?")])
    assert [(e.question, e.query, e.markers, e.through) for e in memory.exchanges] == [
        ("A?", "A?", (2,), 3),
        ("And B?", "Is it B?", (3, 2), 6),
    ]
    assert [m["content"] for m in memory.messages()] == ["A?", "Yes [2].", "And B?", "No [3][2]."]
    assert (memory.seq, memory.open) == (6, False)


def test_a_run_without_an_answer_is_no_exchange() -> None:
    begun = RunStarted(seq=1, question="A?", team="qa", kb="k", strategy="hybrid")
    assert remember([begun]).open
    failed = remember([begun, Failed(seq=2, error_type="ModelTimeout", message="m")])
    assert (failed.exchanges, failed.open, failed.seq) == ((), False, 2)


def test_code_whose_state_was_lost_in_a_stopped_run_is_remembered() -> None:
    ran: dict[str, Any] = {"agent": "a", "call_id": "c", "code": "", "backend": "b", "isolation": "full"}
    rest: dict[str, Any] = {"exit_code": None, "stdout": "", "stderr": "", "ms": 1.0}
    killed = CodeRan(seq=2, status="killed", state_lost=True, **ran, **rest)
    stopped = RunCompleted(seq=3, answer="", abstained=False, stopped=True)
    begun = RunStarted(seq=1, question="A?", team="qa", kb="k", strategy="hybrid")
    assert remember([begun, killed, stopped]).lost
    assert not remember([begun, killed, stopped, *run("B?", "b", 4)]).lost
    assert not remember([begun, CodeRan(seq=2, status="refused", **ran, **rest), stopped]).ran_code


def test_a_summary_takes_the_place_of_what_it_covers() -> None:
    memory = remember([*run("A?", "Yes [2].", 1), *run("B?", "No [3].", 4)])
    compacted = memory.after(Compacted(seq=7, summary="A: yes [2].", through=3, tokens_before=9, tokens_after=5))
    assert compacted.summary == "A: yes [2]."
    assert [e.question for e in compacted.exchanges] == ["B?"]
    assert compacted.messages()[0]["content"].endswith("A: yes [2].")


def exchange(number: int, words: int = 30) -> Exchange:
    answer = f"Fact {number} holds [{number}]. " + "It is so because of much else. " * words
    question = f"What is fact {number}?"
    return Exchange(question=question, query=question, answer=answer, markers=(number,), through=number)


def test_the_latest_exchanges_stay_as_they_are() -> None:
    memory = Memory(exchanges=tuple(exchange(n) for n in range(1, 6)))
    older, recent = divided(memory, 2 * exchange(1).tokens)
    assert [e.through for e in older] == [1, 2, 3]
    assert [e.through for e in recent] == [4, 5]


def test_without_a_model_a_summary_is_each_question_with_the_beginning_of_its_answer() -> None:
    summary = digest("Before: x [9].", [exchange(1), exchange(2)], 200)
    assert summary.splitlines() == [
        "Before: x [9].",
        "What is fact 1? — Fact 1 holds. [1]",
        "What is fact 2? — Fact 2 holds. [2]",
    ]
    assert (
        digest("", [exchange(n) for n in range(1, 50)], 40).splitlines()[-1] == "What is fact 49? — Fact 49 holds. [49]"
    )
    assert 0 < len(digest("word " * 5000, [], 40)) < 400


LONG = "The standard plan costs 40 euros a month [1]. " + "This is said at length. " * 60


def script(request: Request) -> Any:
    system = request.body["messages"][0]["content"]
    if system.startswith("Summarise"):
        return say("The user asked for prices: 40 euros [1].")
    return say(LONG, streamed=False)


def long_talk(folder: Path, answer: Any, turns: int, context_tokens: int = 6000) -> tuple[list[list[Event]], list[int]]:
    with ScriptedServer(answer) as server:
        talk = conversation(folder, model=served(server, context_tokens=context_tokens))
        told = [list(talk.ask(f"What does the standard plan cost in case {n}?")) for n in range(turns)]
        return told, [len(str(request.body)) for request in server.requests]


def test_a_long_conversation_stays_within_the_model_s_limit(tmp_path: Path) -> None:
    runs, sizes = long_talk(tmp_path, script, 24)
    compacted = [event for events in runs for event in of(Compacted, events)]
    assert len(compacted) > 1
    assert all(event.by == "model" and event.tokens_after < event.tokens_before for event in compacted)
    assert {1} == set(markers(compacted[-1].summary))
    assert max(sizes[12:]) <= 1.2 * max(sizes[:12])
    assert completed(runs[-1]).citations[0]["source"] == "prices.md"


def test_a_model_that_cannot_summarise_or_invents_markers_is_done_without(tmp_path: Path) -> None:
    for number, bad in enumerate((fail(400), say("Nobody said [77]."), say("word " * 9000, streamed=False))):
        folder = tmp_path / str(number)
        folder.mkdir()
        runs, _ = long_talk(
            folder, lambda r, bad=bad: bad if "Summarise" in str(r.body) else say(LONG, streamed=False), 8
        )
        compacted = [event for events in runs for event in of(Compacted, events)]
        assert compacted
        assert {event.by for event in compacted} == {"rules"}
        assert "[77]" not in compacted[0].summary


def test_what_the_model_cannot_read_is_left_out_and_said(tmp_path: Path) -> None:
    overflow = fail(400, "This model's maximum context length is 4096 tokens.", code="context_length_exceeded")
    with ScriptedServer([say(LONG, streamed=False), overflow, say("It costs 90 euros [2].")]) as server:
        talk = conversation(tmp_path, model=served(server))
        list(talk.ask("What does the standard plan cost?"))
        events = list(talk.ask("What does the premium plan cost?"))
        assert completed(events).answer == "It costs 90 euros [2]."
        assert [note.kind for note in of(Noted, events)] == ["overflow"]
        assert [call.error_type for call in of(ModelCalled, events)] == ["ModelContextExceeded", ""]
        assert len(server.requests[2].body["messages"]) == len(server.requests[1].body["messages"]) - 2
