"""What endpoints do that the protocol does not foresee and that does no harm; and servers that never come to an end."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agents.errors import ModelError, ModelMisbehaved, ModelTimeout, ModelUnreachable
from tests.agents.llm.asking import ask, model_at
from tests.openai_server import ScriptedServer, Step, call, raw_events, say

TIMEOUT_S = 0.4


def _choice(finish: str | None = None, **delta: Any) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}, ensure_ascii=False)


def _calling(*, finish: str = "tool_calls", **part: Any) -> list[str]:
    made = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}, **part}
    return [_choice(tool_calls=[made]), _choice(finish)]


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(say("它每月十二欧元。", finish="eos"), id="unknown reason to finish"),
        pytest.param(say("它每月十二欧元。", finish="end_turn"), id="another maker's reason to finish"),
        pytest.param(
            raw_events(_choice(role="oracle", content="它每月十二欧元。"), _choice("stop")), id="unknown role"
        ),
        pytest.param(
            raw_events(_choice(content="它每月十二欧元。"), _choice("stop"), end="drop"), id="drop at the end"
        ),
        pytest.param(raw_events(_choice(content="它每月十二欧元。"), _choice("stop"), end="close"), id="no end mark"),
        pytest.param(
            raw_events(_choice(content="它每月十二欧元。"), _choice("stop"), end="stall"), id="stall at the end"
        ),
    ],
)
def test_a_whole_answer_is_taken_whatever_surrounds_it(step: Step) -> None:
    with ScriptedServer([step]) as server:
        reply = ask(model_at(server.base_url, timeout_s=TIMEOUT_S, max_retries=0))
    assert (reply.text, reply.cut) == ("它每月十二欧元。", False)


def test_nobody_waits_for_what_comes_after_the_end_mark() -> None:
    step = raw_events(_choice(content="12 euro"), _choice("stop"), "[DONE]", end="stall")
    with ScriptedServer([step]) as server:
        started = time.monotonic()
        assert ask(model_at(server.base_url, timeout_s=30)).text == "12 euro"
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("text", ["It costs 12 eu", "它每月十二"])
@pytest.mark.parametrize("finish", ["length", "max_tokens", "model_length"])
def test_a_text_cut_short_is_kept_and_marked(text: str, finish: str) -> None:
    with ScriptedServer([say(text, finish=finish)]) as server:
        reply = ask(model_at(server.base_url))
    assert (reply.text, reply.cut) == (text, True)


def test_tool_calls_count_though_the_endpoint_says_stop() -> None:
    with ScriptedServer([call("f", {"a": 1}, finish="stop")]) as server:
        assert [made.name for made in ask(model_at(server.base_url)).tool_calls] == ["f"]


@pytest.mark.parametrize("arguments", ['{"code": "pri', "not json", "[1]", "{'a': 1}"])
def test_arguments_are_handed_on_as_the_model_wrote_them(arguments: str) -> None:
    with ScriptedServer([call("f", arguments)]) as server:
        assert ask(model_at(server.base_url)).tool_calls[0].arguments == arguments


def test_two_calls_of_one_id_are_two_calls() -> None:
    first, _ = _calling()
    second, finish = _calling(index=1)
    with ScriptedServer([raw_events(first, second, finish)]) as server:
        assert len(ask(model_at(server.base_url)).tool_calls) == 2


@contextmanager
def _endless(head: bytes, piece: bytes, pause_s: float) -> Iterator[str]:
    """An HTTP server that sends `head` and then `piece` again and again as long as the client stays."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = threading.Thread(target=_send_for_ever, args=(listener, head, piece, pause_s), daemon=True)
        server.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        server.join(5)
        assert not server.is_alive()


def _send_for_ever(listener: socket.socket, head: bytes, piece: bytes, pause_s: float) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        try:
            connection.sendall(head)
            while True:
                connection.sendall(piece)
                time.sleep(pause_s)
        except OSError:
            return


def _head(status: str = "200 OK", media_type: str = "text/event-stream") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nConnection: close\r\n\r\n".encode()


def _event(payload: str) -> bytes:
    return f"data: {payload}\n\n".encode()


HEARTBEATS = {
    "comments": b": wait\n\n",
    "empty text": _event(_choice(content="")),
    "null text": _event(_choice(content=None)),
    "a role": _event(_choice(role="assistant")),
    "no choices": _event('{"choices": []}'),
    "empty tool calls": _event(_choice(tool_calls=[{"index": 0, "function": {"arguments": ""}}])),
    "token counts": _event('{"choices": [], "usage": {"prompt_tokens": 1}}'),
    "events without data": b"event: ping\n\n",
}


@pytest.mark.parametrize("name", HEARTBEATS)
@pytest.mark.parametrize("spoken", [b"", _event(_choice(content="so"))], ids=["before", "after a token"])
def test_heartbeats_do_not_keep_a_silent_model_alive(name: str, spoken: bytes) -> None:
    with _endless(_head() + spoken, HEARTBEATS[name], 0.02) as url:
        started = time.monotonic()
        with pytest.raises(ModelTimeout, match="said nothing"):
            ask(model_at(url, timeout_s=TIMEOUT_S))
        assert time.monotonic() - started < TIMEOUT_S + 1


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_a_model_that_thinks_aloud_is_not_silent(field: str) -> None:
    thoughts = [_choice(**{field: "hm "}), *[_choice(**{field: "想一想。"})] * 6, _choice(content="12")]
    server = threading.Event()
    with _thinking([*thoughts, _choice("stop")], server) as url:
        reply = ask(model_at(url, timeout_s=TIMEOUT_S, max_retries=0))
    assert reply.text == "12"


@contextmanager
def _thinking(payloads: list[str], over: threading.Event) -> Iterator[str]:
    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(_head())
            for payload in payloads:
                connection.sendall(_event(payload))
                over.wait(0.1)

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        thread.join(5)


FLOODS: dict[str, tuple[bytes, bytes, type[ModelError]]] = {
    "a line": (_head() + b"data: ", b"x" * 65536, ModelMisbehaved),
    "a reply": (_head(), _event(_choice(content="blah " * 2000)), ModelMisbehaved),
    "thoughts": (_head(), _event(_choice(reasoning="hm " * 2000)), ModelMisbehaved),
    "tool calls": (
        _head(),
        _event(_choice(tool_calls=[{"index": 0, "function": {"arguments": "[" * 9999}}])),
        ModelMisbehaved,
    ),
    "a whole answer": (_head(media_type="application/json"), b" " * 65536, ModelMisbehaved),
    "a page of an error": (_head("500 Oops", "text/plain"), b"x" * 65536, ModelUnreachable),
}


@pytest.mark.parametrize("name", FLOODS)
def test_what_does_not_end_is_left(name: str) -> None:
    head, piece, expected = FLOODS[name]
    with _endless(head, piece, 0) as url:
        started = time.monotonic()
        with pytest.raises(ModelError) as caught:
            ask(model_at(url, timeout_s=30, max_retries=0))
        assert time.monotonic() - started < 5
    assert type(caught.value) is expected
    assert len(str(caught.value)) < 500
