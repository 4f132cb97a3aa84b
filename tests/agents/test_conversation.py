"""A conversation, end to end: real teams, a scripted model over HTTP, the real sandbox, the real log."""

from __future__ import annotations

import gc
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agents.errors import ConversationError
from agents.events import (
    CodeRan,
    Event,
    Failed,
    MessageCompleted,
    Retrieved,
    RunCompleted,
    RunStarted,
    TokenDelta,
    ToolCalled,
    ToolReturned,
)
from agents.log.store import SQLiteConversationStore
from agents.ports import Sandbox
from agents.question import QUESTION_CHARS
from agents.turns.memory import remember
from retrieval.errors import StoreError
from retrieval.extractive import NOT_FOUND
from tests.agents.shelf import Shelf
from tests.agents.table import asking, completed, conversation, of, served, speakers
from tests.openai_server import ScriptedServer, call, calls, fail, say, silence

APPROVED = "APPROVED\nThe figure follows from passage 1."


def streamed(events: list[Event], message: MessageCompleted) -> list[str]:
    return [delta.text for delta in of(TokenDelta, events) if delta.message_id == message.message_id]


class TestAnalyst:
    """Retriever → assistant → tool call → executor → assistant → critic."""

    def test_a_calculation_passes_the_whole_table(self, tmp_path: Path, sandbox: Sandbox) -> None:
        script = [
            call("run_python", {"code": "print(90 * 12)"}),
            say("The premium plan costs 1080 euros a year [1]."),
            say(APPROVED),
        ]
        with asking(tmp_path, script, team="analyst", sandbox=sandbox) as (events, server):
            assert speakers(events) == [
                ("retriever", "retriever"),
                ("assistant", "assistant"),
                ("code_executor", "tool"),
                ("assistant", "assistant"),
                ("critic", "critic"),
            ]
            (asked,), (ran,), (returned,) = of(ToolCalled, events), of(CodeRan, events), of(ToolReturned, events)
            assert (asked.agent, asked.tool, asked.arguments) == ("assistant", "run_python", {"code": "print(90 * 12)"})
            assert (ran.agent, ran.status, ran.stdout, ran.isolation) == ("code_executor", "ok", "1080\n", "full")
            assert (returned.call_id, returned.ok) == (asked.call_id, True)
            answer, review = of(MessageCompleted, events)[-2:]
            assert streamed(events, answer)[:3] == ["The ", "premium ", "plan "]
            assert "".join(streamed(events, answer)) == answer.content
            assert "".join(streamed(events, review)) == review.content == APPROVED
            end = completed(events)
            assert end.answer == "The premium plan costs 1080 euros a year [1]."
            assert [(c["marker"], c["source"], c["page"]) for c in end.citations] == [(1, "prices.md", 2)]
            assert end.usage["calls"] == 3
            assert end.usage["prompt_tokens"] == sum(m.prompt_tokens for m in of(MessageCompleted, events)) > 0
            results = server.requests[1].body["messages"][-1]
            assert (results["role"], results["tool_call_id"]) == ("tool", asked.call_id)
            assert "1080" in results["content"]
            assert "tools" not in server.requests[2].body
            _, review_of = server.requests[2].body["messages"]
            assert review_of["role"] == "user"
            for part in ("premium plan cost?", "costs 90 euros a month", '"1080\\n"', end.answer):
                assert part in review_of["content"]

    def test_a_search_with_a_new_query_adds_passages(self, tmp_path: Path) -> None:
        shelf = Shelf({f"{n}.md": f"Note {n} about topic {n}." for n in range(30)} | {"boat.md": "The boat is red."})
        script = [call("search_documents", {"query": "boat red"}), say("It is red [9]."), say(APPROVED)]
        with asking(tmp_path, script, team="analyst", kb=shelf, question="note topic") as (events, _):
            first, second = of(Retrieved, events)
            assert (first.agent, second.agent, second.query) == ("retriever", "librarian", "boat red")
            markers = [p["marker"] for p in (*first.passages, *second.passages)]
            assert markers == list(range(1, len(markers) + 1))
            boat = next(p["marker"] for p in second.passages if p["source"] == "boat.md")
            assert boat == 9
            assert completed(events).citations[0]["source"] == "boat.md"

    def test_two_calls_in_one_message_go_to_the_agents_that_may_execute_them(
        self, tmp_path: Path, sandbox: Sandbox
    ) -> None:
        both = calls(
            call("run_python", {"code": "print(1)"}, id="a"),
            call("list_documents", {}, id="b"),
            call("run_python", {"code": "print(2)"}, id="c"),
        )
        script = [both, say("Three documents."), say(APPROVED)]
        with asking(tmp_path, script, team="analyst", sandbox=sandbox) as (events, server):
            assert [m.agent for m in of(MessageCompleted, events)][2:4] == ["code_executor", "librarian"]
            first, second, third = [called.call_id for called in of(ToolCalled, events)]
            assert len({first, second, third, "a", "b", "c"}) == 6
            assert [(r.agent, r.call_id) for r in of(ToolReturned, events)] == [
                ("code_executor", first),
                ("code_executor", third),
                ("librarian", second),
            ]
            sent = server.requests[1].body["messages"]
            assert [message.get("tool_call_id") for message in sent[-3:]] == [first, third, second]
            assert [made["id"] for made in sent[-4]["tool_calls"]] == [first, second, third]

    def test_a_wrong_call_is_told_to_the_model_which_may_try_again(self, tmp_path: Path) -> None:
        script = [
            call("run_python", '{"cod": "print(1)"}', id="a"),
            call("teleport", {}, id="b"),
            call("search_documents", "not json", id="c"),
            call("read_document", {"document": "gone.md"}, id="d"),
            say("I cannot."),
            say(APPROVED),
        ]
        with asking(tmp_path, script, team="analyst") as (events, server):
            returned = of(ToolReturned, events)
            assert [r.ok for r in returned] == [False] * 4
            for result, words in zip(
                returned, ["code: field required", "cannot call 'teleport'", "invalid JSON", "gone.md"], strict=True
            ):
                assert words in result.content
            assert server.requests[4].body["messages"][-1]["content"].endswith(f"\n{returned[-1].content}")
            assert completed(events).answer == "I cannot."

    def test_a_refusing_sandbox_is_told_to_model_and_user(self, tmp_path: Path) -> None:
        script = [call("run_python", {"code": "print(1)"}), say("Code cannot run here."), say(APPROVED)]
        with asking(tmp_path, script, team="analyst") as (events, server):
            (ran,), (returned,) = of(CodeRan, events), of(ToolReturned, events)
            assert (ran.status, ran.isolation, returned.ok) == ("refused", "none", False)
            assert "install bubblewrap" in ran.stderr
            assert "install bubblewrap" in server.requests[1].body["messages"][-1]["content"]

    def test_the_critic_may_ask_for_one_revision(self, tmp_path: Path) -> None:
        script = [say("It costs 40 [2]."), say("REVISE\nThe question is about premium."), say("It costs 90 [1].")]
        with asking(tmp_path, script, team="analyst") as (events, server):
            assert [agent for agent, _ in speakers(events)] == ["retriever", "assistant", "critic", "assistant"]
            assert completed(events).answer == "It costs 90 [1]."
            assert "The question is about premium." in server.requests[2].body["messages"][-1]["content"]

    def test_a_model_that_never_stops_calling_is_made_to_answer(self, tmp_path: Path) -> None:
        def endless(request: Any) -> Any:
            asked = call("list_documents", {}) if request.body.get("tools") else say("Enough [1].")
            return say(APPROVED) if "You check an answer" in request.body["messages"][0]["content"] else asked

        with asking(tmp_path, endless, team="analyst") as (events, _):
            assert completed(events).answer == "Enough [1]."
            assert speakers(events)[-1] == ("critic", "critic")
            assert len(of(MessageCompleted, events)) <= 16


class TestAnswers:
    def test_unknown_markers_are_removed(self, tmp_path: Path) -> None:
        with asking(tmp_path, [say("It costs 90 [1], or so [77].")]) as (events, _):
            end = completed(events)
            assert "[77]" not in end.answer
            assert "[1]" in end.answer
            assert [c["marker"] for c in end.citations] == [1]

    @pytest.mark.parametrize(
        ("question", "sentence"),
        [("Who is the king?", NOT_FOUND["en"]), ("国王是谁？", NOT_FOUND["zh"])],
    )
    def test_an_abstention_is_a_sentence_in_the_question_s_language(
        self, tmp_path: Path, question: str, sentence: str
    ) -> None:
        with asking(tmp_path, [say("NOT_IN_DOCUMENTS")], question=question) as (events, _):
            end = completed(events)
            assert (end.answer, end.abstained, end.citations) == (sentence, True, ())
            assert [delta.text for delta in of(TokenDelta, events)] == [sentence]

    def test_without_a_model_the_evidence_is_quoted(self, tmp_path: Path) -> None:
        events = list(conversation(tmp_path).ask("What does the premium plan cost?"))
        end = completed(events)
        assert "90 euros" in end.answer
        assert not end.abstained
        assert end.usage == {"prompt_tokens": 0, "completion_tokens": 0, "calls": 0, "cost": 0.0}
        answer = of(MessageCompleted, events)[-1]
        assert "".join(streamed(events, answer)) == answer.content
        assert len(streamed(events, answer)) > 3

    def test_without_a_model_the_critic_compares_the_quotations(self, tmp_path: Path) -> None:
        talk = conversation(tmp_path, team="analyst")
        assert "1 of 1 quotations" in of(MessageCompleted, talk.ask("What does the premium plan cost?"))[-1].content
        assert "1 处引文" in of(MessageCompleted, talk.ask("高级套餐每月多少欧元？"))[-1].content

    def test_the_retriever_s_message_names_sources_and_the_prompt_stays_with_the_model(self, tmp_path: Path) -> None:
        with asking(tmp_path, [say("90 [1].")]) as (events, server):
            found = of(MessageCompleted, events)[0]
            assert found.content.splitlines()[0] == "[1] prices.md, page 2"
            assert "90 euros" not in found.content
            assert "90 euros" in server.requests[0].body["messages"][-1]["content"]


class TestFollowUps:
    def test_every_question_is_searched_and_markers_stay_unique(self, tmp_path: Path) -> None:
        shelf = Shelf({f"{n}.md": f"Fact {n} about {word}s." for n, word in enumerate(["cat", "dog", "owl"] * 5)})
        with ScriptedServer([say("Cats [1]."), say("Dogs [1].")]) as server:
            talk = conversation(tmp_path, kb=shelf, model=served(server))
            first, second = list(talk.ask("What is said about cats?")), list(talk.ask("What is said about dogs?"))
            assert shelf.searched == ["What is said about cats?", "What is said about dogs?"]
            chunks: dict[int, str] = {}
            for event in of(Retrieved, [*first, *second]):
                for passage in event.passages:
                    assert chunks.setdefault(passage["marker"], passage["chunk_id"]) == passage["chunk_id"]
            assert len(set(chunks.values())) == len(chunks) > 8
            asked = [(m["role"], m["content"]) for m in server.requests[1].body["messages"]]
            assert asked[1:3] == [("user", "What is said about cats?"), ("assistant", "Cats [1].")]
            assert "dogs" in asked[3][1]
            assert completed(second).citations[0]["chunk_id"] == chunks[1]

    def test_a_conversation_goes_on_after_a_restart(self, tmp_path: Path) -> None:
        from agents.conversation import Conversation

        before = conversation(tmp_path)
        first = list(before.ask("What does the premium plan cost?"))
        again = Conversation(before.info, before._resources, memory=remember(first))
        second = list(again.ask("Who is the office manager?"))
        assert [event.seq for event in second] == list(range(len(first) + 1, len(first) + len(second) + 1))
        assert again.events() == list(SQLiteConversationStore(tmp_path / "roundtable.sqlite").events(before.id))


class TestLog:
    def test_replay_equals_what_was_seen_live(self, tmp_path: Path) -> None:
        script = [call("list_documents", {}), say("Three [1]."), say(APPROVED)]
        with ScriptedServer(script) as server:
            talk = conversation(tmp_path, team="analyst", model=served(server))
            live = list(talk.ask("How many documents are there?"))
        replay = list(SQLiteConversationStore(tmp_path / "roundtable.sqlite").events(talk.id))
        assert replay == live == talk.events()
        assert [event.seq for event in live] == list(range(1, len(live) + 1))
        assert isinstance(live[0], RunStarted)
        assert all(event.conversation_id == talk.id and event.at > 0 for event in live)

    def test_an_event_is_in_the_log_before_it_is_seen(self, tmp_path: Path) -> None:
        reader = None
        for event in (talk := conversation(tmp_path)).ask("What does the premium plan cost?"):
            reader = reader or SQLiteConversationStore(tmp_path / "roundtable.sqlite")
            assert event in list(reader.events(talk.id))

    def test_a_run_goes_on_when_nobody_watches(self, tmp_path: Path) -> None:
        talk = conversation(tmp_path)
        watching = talk.ask("What does the premium plan cost?")
        next(watching)
        del watching
        gc.collect()
        wait_until(lambda: isinstance(talk.events()[-1], RunCompleted))


class TestFailures:
    @pytest.mark.parametrize(
        ("step", "kind"),
        [
            (fail(401, "bad key"), "ModelAuthError"),
            (fail(500), "ModelUnreachable"),
            (fail(404, "no such model"), "ModelRefused"),
            (say(""), "ModelMisbehaved"),
            (say("half an ans", cut=3, end="drop"), "ModelUnreachable"),
            (fail(429), "ModelRateLimited"),
            (silence(), "ModelTimeout"),
        ],
    )
    @pytest.mark.parametrize("team", ["qa", "analyst"])
    def test_a_failing_model_is_never_an_answer(self, tmp_path: Path, step: Any, kind: str, team: str) -> None:
        with asking(tmp_path, [step], team=team, settings={"timeout_s": 1.0}) as (events, _):
            *_, end = events
            assert isinstance(end, Failed)
            assert end.error_type == kind
            assert end.message
            assert end.hint
            assert not of(RunCompleted, events)
            said = [(message.agent, message.content) for message in of(MessageCompleted, events) if message.interrupted]
            assert said == ([("assistant", "half an ")] if "half" in str(step) else [])
            assert [agent for agent, _ in speakers(events)] == ["retriever", *(agent for agent, _ in said)]

    def test_an_answer_that_ends_where_its_tokens_do_is_kept_and_marked(self, tmp_path: Path) -> None:
        with asking(tmp_path, [say("It costs 90 euros [1], and", finish="length")]) as (events, _):
            assert completed(events).answer == "It costs 90 euros [1], and"
            assert [m.agent for m in of(MessageCompleted, events) if m.interrupted] == ["assistant"]

    def test_an_endpoint_that_is_down(self, tmp_path: Path) -> None:
        server = ScriptedServer([])
        server.close()
        *_, end = conversation(tmp_path, model=served(server)).ask("Anything?")
        assert isinstance(end, Failed)
        assert end.error_type == "ModelUnreachable"

    def test_a_critic_that_fails_fails_the_run(self, tmp_path: Path) -> None:
        with asking(tmp_path, [say("90 [1]."), fail(401)], team="analyst") as (events, _):
            assert isinstance(events[-1], Failed)

    def test_a_tool_call_nobody_offered_is_the_model_s_fault(self, tmp_path: Path) -> None:
        with asking(tmp_path, [call("run_python", {"code": "print(1)"})], team="qa") as (events, _):
            *_, end = events
            assert isinstance(end, Failed)
            assert end.error_type == "ModelMisbehaved"
            assert not of(CodeRan, events)

    def test_a_failing_search_ends_the_run_with_its_own_sentence(self, tmp_path: Path) -> None:
        *_, end = conversation(tmp_path, kb=Broken({})).ask("Anything?")
        assert end == Failed(
            conversation_id=end.conversation_id,
            seq=end.seq,
            at=end.at,
            error_type="StoreError",
            message="The index is gone.",
            hint="Run kb verify.",
        )

    def test_the_next_question_works_after_a_failure(self, tmp_path: Path) -> None:
        with ScriptedServer([fail(401), say("90 [1].")]) as server:
            talk = conversation(tmp_path, model=served(server))
            assert isinstance([*talk.ask("What does premium cost?")][-1], Failed)
            assert completed(talk.ask("What does premium cost?")).answer == "90 [1]."
            assert len(server.requests[1].body["messages"]) == 2

    @pytest.mark.parametrize("question", ["", " \n\t ", "\x00\x1b\u202e", "x" * (QUESTION_CHARS + 1), "长" * 1_000_000])
    def test_a_question_that_cannot_be_asked_is_refused_at_once(self, tmp_path: Path, question: str) -> None:
        talk = conversation(tmp_path)
        with pytest.raises(ConversationError, match="The question"):
            talk.ask(question)
        assert talk.events() == []

    def test_what_nobody_types_is_no_part_of_a_question(self, tmp_path: Path) -> None:
        (begun, *_) = conversation(tmp_path).ask("What does \x1b[31mthe \u202epremium\x00 plan cost?")
        assert isinstance(begun, RunStarted)
        assert begun.question == "What does [31mthe premium plan cost?"

    def test_one_question_at_a_time(self, tmp_path: Path) -> None:
        with ScriptedServer([silence()]) as server:
            talk = conversation(tmp_path, model=served(server))
            run = talk.ask("What does premium cost?")
            with pytest.raises(ConversationError, match="still being answered"):
                talk.ask("And standard?")
            wait_until(lambda: server.requests)
            talk.stop()
            assert completed(run).stopped


class Broken(Shelf):
    def search(self, *_: Any, **__: Any) -> Any:
        raise StoreError("The index is gone.", hint="Run kb verify.")


class Slow(Shelf):
    def search(self, text: str, **how: Any) -> Any:
        time.sleep(1.5)
        return super().search(text, **how)


def wait_until(holds: Any, *, timeout_s: float = 5.0) -> None:
    until = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


class TestStop:
    def test_a_stopped_answer_keeps_what_was_said(self, tmp_path: Path) -> None:
        with ScriptedServer([say("The plan costs 90 euros [1]. " * 40, delay_s=0.02)]) as server:
            talk = conversation(tmp_path, model=served(server))
            seen: list[Event] = []
            for event in talk.ask("What does premium cost?"):
                seen.append(event)
                if len(of(TokenDelta, seen)) == 12:
                    stopped_at = time.monotonic()
                    talk.stop()
            assert time.monotonic() - stopped_at < 1.0
            end = completed(seen)
            assert end.stopped
            assert end.answer.startswith("The plan costs 90 euros [1].")
            assert len(end.answer) < 200
            assert of(MessageCompleted, seen)[-1].content == "".join(d.text for d in of(TokenDelta, seen))

    @pytest.mark.parametrize("where", ["model", "search", "code"])
    def test_stopping_takes_less_than_a_second(self, tmp_path: Path, sandbox: Sandbox, where: str) -> None:
        loop = call("run_python", {"code": "while True: pass"})
        scripts: dict[str, list[Any]] = {"model": [silence()], "search": [], "code": [loop]}
        waits_for = {"model": MessageCompleted, "search": RunStarted, "code": ToolCalled}[where]
        with ScriptedServer(scripts[where]) as server:
            talk = conversation(
                tmp_path,
                team="analyst",
                kb=Slow({"a.md": "a"}) if where == "search" else Shelf({"a.md": "a"}),
                model=served(server),
                sandbox=sandbox,
            )
            seen: list[Event] = []
            for event in talk.ask("Anything?"):
                seen.append(event)
                if isinstance(event, waits_for):
                    time.sleep(0.3)
                    stopped_at = time.monotonic()
                    talk.stop()
            assert time.monotonic() - stopped_at < 1.0
            assert completed(seen).stopped
            assert completed(seen).answer == ""
            assert not of(ToolReturned, seen)

    def test_a_late_search_changes_nothing_after_the_end(self, tmp_path: Path) -> None:
        talk = conversation(tmp_path, kb=Slow({"a.md": "a"}))
        run = talk.ask("Anything?")
        time.sleep(0.2)
        talk.stop()
        end = completed(run)
        time.sleep(1.5)
        assert talk.events()[-1] == end

    def test_the_next_question_may_be_asked_at_once(self, tmp_path: Path) -> None:
        with ScriptedServer([silence(), say("90 [1].")]) as server:
            talk = conversation(tmp_path, model=served(server))
            first = talk.ask("What does premium cost?")
            wait_until(lambda: server.requests)
            talk.stop()
            assert completed(first).stopped
            assert completed(talk.ask("What does premium cost?")).answer == "90 [1]."

    def test_stopping_what_does_not_run_does_nothing(self, tmp_path: Path) -> None:
        talk = conversation(tmp_path)
        talk.stop()
        list(talk.ask("What does the premium plan cost?"))
        talk.stop()
        assert not completed(talk.events()).stopped


def test_conversations_at_the_same_time_do_not_mix(tmp_path: Path) -> None:
    def echo(request: Any) -> Any:
        question = request.body["messages"][-1]["content"].split("\n")[0]
        return say(f"{question} [1].", delay_s=0.005)

    with ScriptedServer(echo) as server:
        model = served(server)
        shelves = [Shelf({f"{n}.md": f"Fact number {n}."}) for n in range(6)]
        talks = [conversation(tmp_path, kb=shelf, model=model) for shelf in shelves]
        seen: dict[int, list[Event]] = {}

        def talk_about(n: int) -> None:
            seen[n] = [event for turn in range(3) for event in talks[n].ask(f"Question {n}-{turn}")]

        threads = [threading.Thread(target=talk_about, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for n, events in seen.items():
        assert {event.conversation_id for event in events} == {talks[n].id}
        ends = of(RunCompleted, events)
        assert [end.answer for end in ends] == [f"Question: Question {n}-{turn} [1]." for turn in range(3)]
        assert {c["source"] for end in ends for c in end.citations} == {f"{n}.md"}
        assert {p["source"] for event in of(Retrieved, events) for p in event.passages} == {f"{n}.md"}
