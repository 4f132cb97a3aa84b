from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from agents.ports import LanguageModel, ModelRequest
from retrieval.tokens import count_tokens
from tests.agents.llm.asking import KEY, QUESTION, ask, model_at
from tests.agents.llm.contract import LanguageModelContract
from tests.openai_server import Request, ScriptedServer, Step, call, calls, fail, raw_events, say

SAMPLING: dict[str, Any] = {
    "temperature": 0.3,
    "top_p": 0.9,
    "max_tokens": 50,
    "frequency_penalty": 0.5,
    "presence_penalty": -0.5,
    "n": 2,
    "stop": ["END", "\n\n"],
    "seed": 7,
}
TOOL = {"type": "function", "function": {"name": "run_python", "parameters": {"type": "object"}}}


class TestContract(LanguageModelContract):
    @pytest.fixture
    def model(self) -> Iterator[LanguageModel]:
        with ScriptedServer(lambda _: say("It costs 12 euro a month.", delay_s=0.005)) as server:
            yield model_at(server.base_url)

    @pytest.fixture
    def question(self) -> ModelRequest:
        return QUESTION


def chunk(*, finish: str | None = None, index: int = 0, **delta: Any) -> str:
    return json.dumps({"choices": [{"index": index, "delta": delta, "finish_reason": finish}]})


def part(index: int | None, arguments: str, **rest: Any) -> str:
    name = rest.pop("name", None)
    return chunk(tool_calls=[{"index": index, "function": {"name": name, "arguments": arguments}, **rest}])


def test_importing_the_module_imports_no_sdk() -> None:
    code = "import sys, agents.llm.openai_compatible; print({'openai', 'httpx2', 'autogen'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_every_token_is_handed_out_when_it_arrives() -> None:
    arrived: list[tuple[str, float]] = []
    with ScriptedServer([say("one two three", delay_s=0.15)]) as server:
        reply = ask(model_at(server.base_url), on_token=lambda token: arrived.append((token, time.monotonic())))
    assert [token for token, _ in arrived] == ["one ", "two ", "three"]
    assert arrived[-1][1] - arrived[0][1] > 0.2
    assert (reply.text, reply.model, reply.completion_tokens) == ("one two three", "tiny", 3)


def test_the_request_carries_key_model_messages_and_tools() -> None:
    question = ModelRequest(agent="assistant", messages=QUESTION.messages, tools=[TOOL])
    with ScriptedServer([say("fine")]) as server:
        ask(model_at(server.base_url), question)
    sent = server.requests[0]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body["model"] == "tiny"
    assert sent.body["messages"] == list(QUESTION.messages)
    assert sent.body["tools"] == [TOOL]
    assert sent.body["stream"] is True
    assert sent.body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("name", SAMPLING)
def test_a_sampling_parameter_is_sent_as_set_and_alone(name: str) -> None:
    with ScriptedServer([say("fine")]) as server:
        ask(model_at(server.base_url, **{name: SAMPLING[name]}))
    assert {key: server.requests[0].body[key] for key in SAMPLING if key in server.requests[0].body} == {
        name: SAMPLING[name]
    }


def test_nothing_is_sent_that_was_not_set() -> None:
    with ScriptedServer([say("fine")]) as server:
        ask(model_at(server.base_url))
    assert set(server.requests[0].body) == {"model", "messages", "stream", "stream_options"}


def test_zero_is_a_setting() -> None:
    with ScriptedServer([say("fine")]) as server:
        ask(model_at(server.base_url, temperature=0, seed=0))
    assert (server.requests[0].body["temperature"], server.requests[0].body["seed"]) == (0, 0)


def test_without_a_key_a_placeholder_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-someone-else")
    with ScriptedServer([say("fine")]) as server:
        ask(model_at(server.base_url, api_key=None))
    assert server.requests[0].headers["authorization"] == "Bearer no-key"


def test_half_characters_do_not_break_the_request() -> None:
    question = ModelRequest(agent="assistant", messages=[{"role": "user", "content": "file \udcff.pdf 中"}])
    with ScriptedServer([say("fine")]) as server:
        ask(model_at(server.base_url), question)
    assert server.requests[0].body["messages"][0]["content"] == "file ?.pdf 中"


def test_tool_calls_are_put_together_from_their_pieces() -> None:
    tokens: list[str] = []
    code = {"code": "print(6 * 7)  # 答え"}
    script = [calls(call("run_python", code), call("search", {"q": "price"}), text="Let me see.")]
    with ScriptedServer(script) as server:
        reply = ask(model_at(server.base_url), on_token=tokens.append)
    assert [(c.id, c.name, json.loads(c.arguments)) for c in reply.tool_calls] == [
        ("call_run_python", "run_python", code),
        ("call_search", "search", {"q": "price"}),
    ]
    assert "".join(tokens) == reply.text == "Let me see."


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param(
            [part(1, '{"b"', id="b", name="g"), part(0, '{"a"', id="a", name="f"), part(1, ":2}"), part(0, ":1}")],
            [("a", "f", '{"a":1}'), ("b", "g", '{"b":2}')],
            id="interleaved, later index first",
        ),
        pytest.param(
            [part(0, "{}", id="a", name="f"), part(0, '{"x":1}', id="b", name="f")],
            [("a", "f", "{}"), ("b", "f", '{"x":1}')],
            id="one index for two ids",
        ),
        pytest.param(
            [part(None, '{"x"', id="a", name="f"), part(None, ":1}", id="a", name="f")],
            [("a", "f", '{"x":1}')],
            id="id and name repeated, no index",
        ),
        pytest.param([part(0, "", id="a", name="f")], [("a", "f", "{}")], id="no arguments"),
    ],
)
def test_tool_calls_of_unusual_endpoints(events: list[str], expected: list[tuple[str, str, str]]) -> None:
    with ScriptedServer([raw_events(*events, chunk(finish="tool_calls"))]) as server:
        reply = ask(model_at(server.base_url))
    assert [(c.id, c.name, c.arguments) for c in reply.tool_calls] == expected


def test_a_call_without_an_id_gets_one_of_its_own() -> None:
    events = [part(0, "{}", name="f"), part(1, "{}", name="f"), chunk(finish="tool_calls")]
    with ScriptedServer([raw_events(*events)]) as server:
        first, second = ask(model_at(server.base_url)).tool_calls
    assert first.id
    assert second.id
    assert first.id != second.id


def test_the_first_of_several_choices_is_taken() -> None:
    tokens: list[str] = []
    events = [
        chunk(index=1, content="second"),
        chunk(content="first"),
        chunk(index=1, finish="length"),
        chunk(finish="stop"),
    ]
    with ScriptedServer([raw_events(*events)]) as server:
        reply = ask(model_at(server.base_url, n=2), on_token=tokens.append)
    assert (reply.text, tokens) == ("first", ["first"])


def test_usage_is_what_the_endpoint_counted() -> None:
    usage = json.dumps({"choices": [], "usage": {"prompt_tokens": 111, "completion_tokens": 22}})
    with ScriptedServer([raw_events(chunk(content="fine"), chunk(finish="stop"), usage)]) as server:
        reply = ask(model_at(server.base_url))
    assert (reply.prompt_tokens, reply.completion_tokens) == (111, 22)


def test_usage_is_estimated_when_the_endpoint_gives_none() -> None:
    text = "It costs twelve euro a month, and nothing in the first. " * 20
    with ScriptedServer([say(text, usage=False)]) as server:
        reply = ask(model_at(server.base_url))
    assert reply.completion_tokens == pytest.approx(count_tokens(text), rel=0.05)
    assert 5 < reply.prompt_tokens < 40


def test_an_answer_that_is_not_streamed_is_taken_whole() -> None:
    tokens: list[str] = []
    script = [say("It costs 12 euro.", streamed=False), calls(call("f", {"a": 1}), streamed=False)]
    with ScriptedServer(script) as server:
        model = model_at(server.base_url)
        assert ask(model, on_token=tokens.append).text == "It costs 12 euro."
        assert ask(model).tool_calls[0].arguments == '{"a": 1}'
    assert tokens == ["It costs 12 euro."]


@pytest.mark.parametrize(("refused", "tries"), [("stream_options", 2), ("stream", 3)])
def test_an_endpoint_that_refuses_to_stream_is_asked_differently_and_remembered(refused: str, tries: int) -> None:
    def answer(request: Request) -> Step:
        if refused in request.body:
            return fail(400, f"Unrecognized request argument supplied: {refused}")
        return say("fine")

    with ScriptedServer(answer) as server:
        model = model_at(server.base_url)
        assert ask(model).attempts == tries
        assert len(server.requests) == tries
        assert ask(model).text == "fine"
        assert len(server.requests) == tries + 1


def test_connections_are_used_again() -> None:
    with ScriptedServer(lambda _: say("fine")) as server:
        model = model_at(server.base_url)
        for _ in range(3):
            ask(model)
        assert server.connections == 1
        del model
        assert server.wait_until_left(2)
