"""A trace tells what happened when, inside what, and nothing that was said unless it is asked to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from agents import events as kinds
from agents.tracing.spans import spans
from retrieval.types import Step
from tests.agents.tracing.logs import called, log, named, one_question, ran, tree

STARTED = kinds.RunStarted(question="What?", team="qa", kb="k", strategy="hybrid")
COMPLETED = kinds.RunCompleted(answer="That.", abstained=False)


class TestTree:
    def test_everything_lies_in_what_it_was_part_of(self) -> None:
        turn = "invoke_workflow analyst"
        assert tree(spans(one_question(), content=False)) == [
            turn,
            f"{turn} > plan > chat scripted",
            f"{turn} > plan",
            f"{turn} > retrieval",
            f"{turn} > retrieval > dense",
            f"{turn} > retrieval > lexical",
            f"{turn} > retrieval > rerank",
            f"{turn} > chat scripted",
            f"{turn} > execute_tool run_python",
            f"{turn} > execute_tool run_python > wait_for_approval",
            f"{turn} > execute_tool run_python > run_code python",
            f"{turn} > chat scripted",
        ]

    def test_a_span_ends_when_its_event_was_recorded_and_began_so_many_milliseconds_before(self) -> None:
        times = [(s.name, round(s.start, 3), round(s.end, 3)) for s in spans(one_question(), content=False)]
        assert times == [
            ("invoke_workflow analyst", 100.0, 105.1),
            ("chat scripted", 100.1, 100.4),
            ("plan", 100.05, 100.5),
            ("retrieval", 100.6, 101.0),
            ("dense", 100.6, 100.7),
            ("lexical", 100.7, 100.75),
            ("rerank", 100.75, 101.0),
            ("chat scripted", 101.0, 102.0),
            ("execute_tool run_python", 102.0, 104.1),
            ("wait_for_approval", 102.1, 103.1),
            ("run_code python", 103.2, 104.0),
            ("chat scripted", 104.5, 105.0),
        ]

    def test_ids_are_the_same_whenever_they_are_derived_and_with_or_without_content(self) -> None:
        first, second = spans(one_question(), content=False), spans(one_question(), content=True)
        assert [(s.trace_id, s.span_id, s.parent_id) for s in first] == [
            (s.trace_id, s.span_id, s.parent_id) for s in second
        ]
        assert {len(span.trace_id) for span in first} == {32}
        assert {len(span.span_id) for span in first} == {16}
        assert len({span.span_id for span in first}) == len(first)

    def test_every_question_and_every_conversation_has_a_trace_of_its_own(self) -> None:
        again = [replace(event, seq=event.seq + 14, at=event.at + 60) for event in one_question()]
        other = [replace(event, conversation_id="c2") for event in one_question()]
        traces = spans([*one_question(), *again], content=False) + spans(other, content=False)
        roots = [span for span in traces if not span.parent_id]
        assert len({root.trace_id for root in roots}) == 3
        assert len({span.span_id for span in traces}) == len(traces)

    def test_a_search_in_a_tool_lies_in_the_call_that_ended_next(self) -> None:
        trace = spans(
            log(
                (1.0, STARTED),
                (2.0, called(message_id="m1")),
                (2.0, kinds.ToolCalled(agent="a", call_id="t1", tool="search_documents", arguments={})),
                (2.0, kinds.ToolCalled(agent="a", call_id="t2", tool="read_document", arguments={})),
                (2.5, kinds.Retrieved(agent="a", query="q", passages=())),
                (
                    3.0,
                    kinds.ToolReturned(agent="a", call_id="t1", tool="search_documents", content="", ok=True, ms=1.0),
                ),
                (4.0, kinds.ToolReturned(agent="a", call_id="t2", tool="read_document", content="", ok=True, ms=1.0)),
                (5.0, kinds.Retrieved(agent="a", query="q", passages=())),
                (6.0, COMPLETED),
            ),
            content=False,
        )
        searches = [path for path in tree(trace) if path.endswith("retrieval")]
        assert searches == [
            "invoke_workflow qa > execute_tool search_documents > retrieval",
            "invoke_workflow qa > retrieval",
        ]

    def test_a_request_that_the_log_tells_behind_its_calls_does_not_lie_in_them(self) -> None:
        trace = spans(
            log(
                (1.0, STARTED),
                (2.0, kinds.ToolCalled(agent="a", call_id="t1", tool="t", arguments={})),
                (2.1, called(ms=900.0)),
                (3.0, kinds.ToolReturned(agent="a", call_id="t1", tool="t", content="", ok=True, ms=1.0)),
                (4.0, COMPLETED),
            ),
            content=False,
        )
        assert "invoke_workflow qa > chat scripted" in tree(trace)

    def test_what_an_agent_said_without_a_request_is_told_as_its_own(self) -> None:
        said = kinds.MessageCompleted(agent="critic", message_id="m", role="critic", content="Holds.", ms=500.0)
        found = kinds.MessageCompleted(agent="retriever", message_id="n", role="retriever", content="[1] a.md")
        trace = spans(log((1.0, STARTED), (2.0, found), (3.0, said), (4.0, COMPLETED)), content=False)
        assert tree(trace) == ["invoke_workflow qa", "invoke_workflow qa > invoke_agent critic"]
        assert (trace[1].start, trace[1].end) == (2.5, 3.0)

    def test_nothing_begins_before_its_question_even_when_the_clock_was_set(self) -> None:
        step = Step(name="dense", ms=90_000.0).as_dict()
        slow = kinds.Retrieved(agent="r", query="q", passages=(), steps=(step, step))
        trace = spans(
            log((100.0, STARTED), (101.0, slow), (90.0, called(ms=60_000.0)), (102.0, COMPLETED)), content=False
        )
        assert all(span.start <= span.end for span in trace)
        assert min(span.start for span in trace if not span.name.startswith("chat")) == 100.0

    def test_notes_and_compaction_are_told(self) -> None:
        note = kinds.Noted(kind="fallback", text="机密 was not at hand.")
        compacted = kinds.Compacted(summary="机密 [1]", through=3, tokens_before=9000, tokens_after=700)
        trace = spans(log((1.0, STARTED), (2.0, note), (3.0, compacted), (4.0, COMPLETED)), content=False)
        assert [span.name for span in trace] == ["invoke_workflow qa", "note fallback", "compact"]
        assert trace[2].attributes["roundtable.compacted.tokens_after"] == 700

    def test_a_log_without_a_question_has_no_trace(self) -> None:
        assert spans([], content=True) == []
        assert spans(log((1.0, COMPLETED)), content=True) == []


class TestFailures:
    def test_a_killed_process_leaves_spans_that_end_at_its_last_event(self) -> None:
        until_the_code = [event for event in one_question() if event.at <= 102.1]
        trace = spans(until_the_code, content=False)
        for name in ("invoke_workflow analyst", "execute_tool run_python", "wait_for_approval"):
            span = named(trace, name)
            assert (span.end, span.status, span.status_message) == (102.1, "error", "interrupted")
            assert span.attributes["error.type"] == "interrupted"
        assert named(trace, "retrieval").status == "ok"

    def test_a_message_that_was_being_written_is_an_interrupted_span(self) -> None:
        deltas = [(2.0 + n / 10, kinds.TokenDelta(agent="assistant", message_id="m", text="机密")) for n in range(3)]
        trace = spans(log((1.0, STARTED), *deltas), content=False)
        assert [(span.name, span.start, span.end, span.status_message) for span in trace] == [
            ("invoke_workflow qa", 1.0, 2.2, "interrupted"),
            ("invoke_agent assistant", 2.0, 2.2, "interrupted"),
        ]

    def test_the_next_question_does_not_lengthen_an_interrupted_one(self) -> None:
        trace = spans(
            [*log((1.0, STARTED), (2.0, called())), *log((50.0, STARTED), (51.0, COMPLETED), first=3)], content=False
        )
        roots = [span for span in trace if not span.parent_id]
        assert [(root.start, root.end, root.status) for root in roots] == [(1.0, 2.0, "error"), (50.0, 51.0, "ok")]

    @pytest.mark.parametrize("content", [False, True])
    def test_a_failure_tells_its_kind_and_its_words_only_with_content(self, content: bool) -> None:
        failed = kinds.Failed(error_type="ModelTimeout", message="机密.md took too long.", hint="Wait.")
        root, chat = spans(
            log((1.0, STARTED), (2.0, called(error_type="ModelTimeout")), (3.0, failed)), content=content
        )
        assert root.status_message == ("机密.md took too long. Wait." if content else "ModelTimeout")
        assert (chat.status, chat.status_message, chat.attributes["error.type"]) == (
            "error", "ModelTimeout", "ModelTimeout",
        )  # fmt: skip
        assert "gen_ai.response.model" not in chat.attributes

    def test_tools_and_code_that_failed_are_errors(self) -> None:
        trace = spans(
            log(
                (1.0, STARTED),
                (2.0, kinds.ToolCalled(agent="a", call_id="t1", tool="run_python", arguments={})),
                (3.0, ran(status="timeout", exit_code=None)),
                (3.0, kinds.ToolReturned(agent="a", call_id="t1", tool="run_python", content="机密", ok=False, ms=1.0,
                                         error_type="CodeTimeout")),
                (4.0, COMPLETED),
            ),
            content=False,
        )  # fmt: skip
        assert named(trace, "run_code python").status_message == "CodeTimeout"
        assert named(trace, "execute_tool run_python").status_message == "CodeTimeout"
        assert trace[0].status == "ok"


class TestAttributes:
    def test_a_request_to_a_model_speaks_the_genai_conventions(self) -> None:
        parameters = {
            "model": "asked-for",
            "temperature": 0,
            "top_p": 0.9,
            "max_tokens": 500,
            "seed": 7,
            "n": 2,
            "stop": "END",
        }
        event = called(parameters=parameters, first_token_ms=250.0, reply={"text": "x", "finish_reason": "stop"})
        _, chat = spans(log((1.0, STARTED), (9.0, event)), content=False)
        told = {name: value for name, value in chat.attributes.items() if name.startswith("gen_ai.")}
        assert told == {
            "gen_ai.conversation.id": "c1",
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.agent.name": "assistant",
            "gen_ai.request.model": "asked-for",
            "gen_ai.request.temperature": 0.0,
            "gen_ai.request.top_p": 0.9,
            "gen_ai.request.max_tokens": 500,
            "gen_ai.request.seed": 7,
            "gen_ai.request.choice.count": 2,
            "gen_ai.request.stop_sequences": ["END"],
            "gen_ai.response.model": "scripted",
            "gen_ai.response.finish_reasons": ["stop"],
            "gen_ai.response.time_to_first_chunk": 0.25,
            "gen_ai.usage.input_tokens": 120,
            "gen_ai.usage.output_tokens": 30,
        }
        assert (chat.kind, chat.attributes["roundtable.cost_usd"]) == ("client", 0.0012)

    def test_messages_have_the_parts_of_the_conventions(self) -> None:
        *_, last = spans(one_question(), content=True)
        assert json.loads(str(last.attributes["gen_ai.input.messages"])) == [
            {"role": "user", "parts": [{"type": "text", "content": "高级套餐一年多少钱？"}]},
            {"role": "assistant", "parts": [
                {"type": "tool_call", "id": "t1", "name": "run_python", "arguments": {"code": "print(90 * 12)"}}
            ]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t1", "response": "1080"}]},
        ]  # fmt: skip
        assert json.loads(str(last.attributes["gen_ai.output.messages"])) == [
            {"role": "assistant", "parts": [{"type": "text", "content": "一千零八十欧元 [1]。"}]}
        ]

    def test_arguments_that_are_no_json_and_content_in_pieces_are_told_as_they_are(self) -> None:
        reply = {"text": "", "tool_calls": [{"id": "t", "name": "run_python", "arguments": '{"code": '}]}
        pieces = (
            {"role": "user", "content": [{"type": "text", "text": "看图"}, {"type": "image_url", "image_url": {}}]},
        )
        _, chat = spans(log((1.0, STARTED), (9.0, called(messages=pieces, reply=reply))), content=True)
        assert json.loads(str(chat.attributes["gen_ai.output.messages"]))[0]["parts"][0]["arguments"] == '{"code": '
        assert json.loads(str(chat.attributes["gen_ai.input.messages"]))[0]["parts"] == [
            {"type": "text", "content": "看图"}
        ]

    def test_a_search_tells_its_query_and_passages_with_content_and_its_figures_without(self) -> None:
        bare, full = (named(spans(one_question(), content=content), "retrieval") for content in (False, True))
        assert full.attributes["gen_ai.retrieval.query.text"] == "高级套餐 价格"
        (document,) = json.loads(str(full.attributes["gen_ai.retrieval.documents"]))
        assert (document["id"], document["score"], document["marker"], document["source"], document["text"]) == (
            "c0ffee", 0.9, 1, "价格.md", "高级套餐每月九十欧元。",
        )  # fmt: skip
        assert bare.attributes == {
            "gen_ai.conversation.id": "c1",
            "gen_ai.operation.name": "retrieval",
            "gen_ai.agent.name": "r",
            "roundtable.passages": 1,
            "roundtable.passages.chars": 11,
        }
        rerank = named(spans(one_question(), content=False), "rerank").attributes
        assert (rerank["roundtable.step.results"], rerank["roundtable.step.tokens"]) == (6, 1200)

    def test_a_run_tells_what_it_cost_and_what_came_of_it(self) -> None:
        root = spans(one_question(), content=False)[0].attributes
        assert root["gen_ai.operation.name"] == "invoke_workflow"
        assert root["gen_ai.agent.name"] == "analyst"
        assert (root["roundtable.usage.input_tokens"], root["roundtable.usage.cost_usd"]) == (360, 0.0036)
        assert (root["roundtable.abstained"], root["roundtable.stopped"]) == (False, False)
