"""Everything an endpoint can do wrong, and the one error each ends in."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agents.errors import (
    ModelAuthError,
    ModelContextExceeded,
    ModelError,
    ModelMisbehaved,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnreachable,
    RunStopped,
)
from tests.agents.llm.asking import KEY, ask, model_at
from tests.openai_server import (
    Raw,
    Request,
    ScriptedServer,
    Step,
    call,
    fail,
    page,
    raw_events,
    say,
    silence,
)

TIMEOUT_S = 0.4
STREAM = {"Content-Type": "text/event-stream"}
JSON = "application/json"
GZIP = {**STREAM, "Content-Encoding": "gzip"}
LONG = 11_000_000


def _choice(finish: str | None = None, **delta: Any) -> str:
    return json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _nameless() -> Step:
    return raw_events(_choice(tool_calls=[{"index": 0, "id": "a", "function": {"arguments": "{}"}}]), _choice("stop"))


def _in_stream(**error: Any) -> Step:
    return raw_events(_choice(content="so "), json.dumps({"error": error}))


FAULTS: dict[str, tuple[Step, type[ModelError], str]] = {
    "400": (fail(400, "temperature must be below 2"), ModelRefused, "temperature must be below 2"),
    "400 context too long": (fail(400, "maximum context length is 4096"), ModelContextExceeded, "CONTEXT_TOKENS"),
    "400 context by code": (fail(400, "no", code="context_length_exceeded"), ModelContextExceeded, "CONTEXT_TOKENS"),
    "400 prompt too long": (fail(400, "prompt is too long: 9 > 8 maximum"), ModelContextExceeded, "CONTEXT_TOKENS"),
    "400 in Chinese": (fail(400, "输入过长，超出上下文长度"), ModelContextExceeded, "CONTEXT_TOKENS"),
    "500 context": (fail(500, "exceeds the available context size"), ModelContextExceeded, "CONTEXT_TOKENS"),
    "context within the stream": (
        _in_stream(message="maximum context length is 4096 tokens", code=400),
        ModelContextExceeded,
        "CONTEXT_TOKENS",
    ),
    "401": (fail(401, "invalid key"), ModelAuthError, "ROUNDTABLE_LLM__API_KEY"),
    "402": (fail(402, "no credit left"), ModelRefused, "no credit left"),
    "403": (fail(403, "not for you"), ModelAuthError, "key"),
    "404 model": (fail(404, "no model tiny"), ModelRefused, "ROUNDTABLE_LLM__MODEL"),
    "405": (fail(405), ModelRefused, "405"),
    "408": (fail(408, "too slow"), ModelTimeout, "ROUNDTABLE_LLM__TIMEOUT_S"),
    "409": (fail(409), ModelRefused, "409"),
    "413": (fail(413, "request entity too large"), ModelContextExceeded, "CONTEXT_TOKENS"),
    "422": (fail(422, "messages: field required"), ModelRefused, "field required"),
    "429": (fail(429, "slow down", retry_after=0), ModelRateLimited, "slow down"),
    "500": (fail(500), ModelUnreachable, "500"),
    "502 page of a proxy": (page("<h1>Bad Gateway</h1>", status=502), ModelUnreachable, "502"),
    "503": (fail(503, "loading the model"), ModelUnreachable, "loading the model"),
    "504": (page("<h1>Gateway Timeout</h1>", status=504), ModelUnreachable, "504"),
    "529": (fail(529, "overloaded"), ModelUnreachable, "overloaded"),
    "redirected for ever": (
        Raw(body=b"", status=307, headers={"Location": "/v1/chat/completions"}),
        ModelUnreachable,
        "",
    ),
    "never answers": (silence(), ModelTimeout, "TIMEOUT_S"),
    "stalls before the first token": (say("Hello", cut=1, end="stall"), ModelTimeout, "said nothing"),
    "stalls between tokens": (say("one two three", cut=3, end="stall"), ModelTimeout, "said nothing"),
    "a line that does not end": (Raw(body=b"data: {", headers=STREAM, end="stall"), ModelTimeout, "said nothing"),
    "only comments": (Raw(body=b": wait\n\n" * 9, headers=STREAM, end="stall"), ModelTimeout, "said nothing"),
    "an error page that stalls": (Raw(body=b"{", status=500, end="stall"), ModelTimeout, "said nothing"),
    "drops before the first token": (say("Hello", cut=1, end="drop"), ModelUnreachable, "hung up"),
    "drops between tokens": (say("one two three", cut=3, end="drop"), ModelUnreachable, "hung up"),
    "drops within an error page": (Raw(body=b"{", status=400, end="drop"), ModelUnreachable, "hung up"),
    "drops within a whole answer": (
        Raw(body=b"{", headers={"Content-Type": JSON}, end="drop"),
        ModelUnreachable,
        "hung up",
    ),
    "ends cleanly but too early": (say("one two three", cut=3, end="close"), ModelMisbehaved, "broke off"),
    "a chunk that is no JSON": (raw_events(_choice(content="a"), '{"choices": ['), ModelMisbehaved, "BASE_URL"),
    "a chunk of another shape": (raw_events('{"choices": "none"}'), ModelMisbehaved, "BASE_URL"),
    "a chunk that is no object": (raw_events('"hello"'), ModelMisbehaved, "BASE_URL"),
    "text that is no string": (raw_events(_choice(content={"a": 1})), ModelMisbehaved, "BASE_URL"),
    "bytes that are no UTF-8": (Raw(body=b"data: \xff\xfe\n\n", headers=STREAM), ModelMisbehaved, "BASE_URL"),
    "an error within the stream": (raw_events('{"error": {"message": "GPU lost"}}'), ModelMisbehaved, "GPU lost"),
    "an error with status 200": (page('{"error": "GPU lost"}', media_type=JSON), ModelMisbehaved, "GPU lost"),
    "an error as older servers write it": (
        raw_events(json.dumps({"object": "error", "message": "GPU lost", "code": 500})),
        ModelMisbehaved,
        "GPU lost",
    ),
    "a web page within a stream": (Raw(body=b"<html>Log in</html>", headers=STREAM), ModelMisbehaved, "broke off"),
    "bytes that are no gzip": (Raw(body=b"\x1f\x8bnonsense", headers=GZIP), ModelMisbehaved, "BASE_URL"),
    "an error page that is no gzip": (Raw(body=b"nonsense", status=500, headers=GZIP), ModelMisbehaved, "BASE_URL"),
    "a line that is too long": (Raw(body=b"data: " + b"x" * LONG, headers=STREAM), ModelMisbehaved, "come to an end"),
    "an event of too many lines": (
        Raw(body=(b"data: " + b"x" * 9999 + b"\n") * 1100, headers=STREAM),
        ModelMisbehaved,
        "to an end",
    ),
    "a line that is too long once unpacked": (
        Raw(body=gzip.compress(b"data: " + b"x" * LONG), headers=GZIP),
        ModelMisbehaved,
        "come to an end",
    ),
    "a whole answer that is too long": (page(" " * LONG, media_type=JSON), ModelMisbehaved, "come to an end"),
    "a reply that is too long": (raw_events(*[_choice(content="啊" * 10_000)] * 101), ModelMisbehaved, "MAX_TOKENS"),
    "a web page": (page("<html>Log in</html>"), ModelMisbehaved, "BASE_URL"),
    "a web page that claims to be JSON": (page("<html></html>", media_type=JSON), ModelMisbehaved, "BASE_URL"),
    "JSON of another kind": (page("[1, 2]", media_type=JSON), ModelMisbehaved, "BASE_URL"),
    "an empty body": (Raw(body=b""), ModelMisbehaved, "broke off"),
    "an empty answer": (say(""), ModelMisbehaved, "empty"),
    "an answer of spaces": (say(" \n "), ModelMisbehaved, "empty"),
    "an answer of null": (raw_events(_choice(content=None), _choice("stop")), ModelMisbehaved, "empty"),
    "no choices at all": (raw_events(*['{"choices": []}'] * 9), ModelMisbehaved, "broke off"),
    "no reason to finish": (raw_events(_choice(content="It costs")), ModelMisbehaved, "broke off"),
    "an unknown reason to finish, and nothing said": (raw_events(_choice("eos")), ModelMisbehaved, "empty"),
    "an error for a reason to finish": (say("It costs", finish="error"), ModelMisbehaved, "failed in the middle"),
    "a tool call announced but not made": (say("Let me see.", finish="tool_calls"), ModelMisbehaved, "made none"),
    "tokens spent before the answer": (say("", finish="length"), ModelMisbehaved, "MAX_TOKENS"),
    "a tool call cut off": (call("f", '{"code": "pri', finish="length"), ModelMisbehaved, "MAX_TOKENS"),
    "a tool call without a name": (_nameless(), ModelMisbehaved, "without naming it"),
    "the content filter": (say("Half an ans", finish="content_filter"), ModelRefused, "content filter"),
    "a refusal": (raw_events(_choice("stop", refusal="I will not.")), ModelRefused, "I will not."),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_ends_in_one_error(name: str) -> None:
    step, expected, words = FAULTS[name]
    with ScriptedServer(lambda _: step) as server:
        model = model_at(server.base_url, timeout_s=TIMEOUT_S, max_retries=0)
        started = time.monotonic()
        with pytest.raises(ModelError) as caught:
            ask(model)
        assert time.monotonic() - started < TIMEOUT_S + 1
        error = caught.value
        assert "said nothing" not in error.message or server.wait_until_left(1)
    assert type(error) is expected
    assert words in str(error)
    assert server.base_url.removeprefix("http://").removesuffix("/v1") in error.message
    assert "tiny" in error.message
    assert error.hint
    assert "\n" not in str(error)
    assert KEY not in f"{error!r} {error}"


@contextmanager
def _listening(backlog: int = 8) -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        yield listener


def _url(listener: socket.socket, scheme: str = "http") -> str:
    return f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/v1"


def test_nobody_listens() -> None:
    with _listening() as listener:
        url = _url(listener)
    with pytest.raises(ModelUnreachable, match="ROUNDTABLE_LLM__BASE_URL"):
        ask(model_at(url, max_retries=0))


def test_the_connection_is_never_accepted() -> None:
    with _listening(backlog=0) as listener, socket.socket() as first, socket.socket() as second:
        for other in (first, second):
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
        started = time.monotonic()
        with pytest.raises(ModelTimeout):
            ask(model_at(_url(listener), timeout_s=TIMEOUT_S))
        assert time.monotonic() - started < TIMEOUT_S + 1


def _answer_once(listener: socket.socket, data: bytes) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(data)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_server_speaks_another_protocol(scheme: str) -> None:
    with _listening() as listener:
        server = threading.Thread(target=_answer_once, args=(listener, b"SSH-2.0-OpenSSH_9.2\r\n"), daemon=True)
        server.start()
        with pytest.raises(ModelUnreachable):
            ask(model_at(_url(listener, scheme), max_retries=0, timeout_s=5))
        server.join(5)


def test_the_address_lacks_its_path() -> None:
    with ScriptedServer([]) as server, pytest.raises(ModelRefused, match="usually ends in /v1"):
        ask(model_at(server.base_url.removesuffix("/v1")))


@pytest.mark.parametrize(
    "passing",
    [
        pytest.param(fail(429, retry_after=0), id="429"),
        pytest.param(fail(500), id="500"),
        pytest.param(page("<h1>Bad Gateway</h1>", status=502), id="502"),
        pytest.param(fail(503, retry_after=0), id="503"),
        pytest.param(fail(504), id="504"),
        pytest.param(say("Hello", cut=1, end="drop"), id="dropped before the first token"),
        pytest.param(say("Hello", cut=0, end="drop"), id="dropped before the first chunk"),
    ],
)
def test_a_passing_fault_is_tried_again(passing: Step) -> None:
    tokens: list[str] = []
    with ScriptedServer([passing, passing, say("fine")]) as server:
        reply = ask(model_at(server.base_url), on_token=tokens.append)
    assert (reply.text, reply.attempts, tokens) == ("fine", 3, ["fine"])


@pytest.mark.parametrize(("max_retries", "requests"), [(0, 1), (1, 2), (3, 4)])
def test_tries_are_bounded(max_retries: int, requests: int) -> None:
    with ScriptedServer(lambda _: fail(429, retry_after=0)) as server:
        with pytest.raises(ModelRateLimited):
            ask(model_at(server.base_url, max_retries=max_retries))
        assert len(server.requests) == requests


@pytest.mark.parametrize(
    "lasting",
    [
        pytest.param(fail(400), id="400"),
        pytest.param(fail(401), id="401"),
        pytest.param(fail(404), id="404"),
        pytest.param(fail(408), id="408"),
        pytest.param(fail(500, "maximum context length is 4096 tokens"), id="context"),
        pytest.param(Raw(body=b"nonsense", headers=GZIP), id="no gzip"),
        pytest.param(say(""), id="empty"),
        pytest.param(silence(), id="timeout"),
        pytest.param(say("one two three", cut=3, end="drop"), id="dropped after a token"),
    ],
)
def test_other_faults_are_not_tried_again(lasting: Step) -> None:
    with ScriptedServer([lasting]) as server, pytest.raises(ModelError):
        ask(model_at(server.base_url, max_retries=5, timeout_s=TIMEOUT_S))


@pytest.mark.parametrize("retry_after", [1, "date"])
def test_retry_after_is_respected(retry_after: int | str) -> None:
    asked = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 2)) if retry_after == "date" else 1
    with ScriptedServer([fail(429, retry_after=asked), say("fine")]) as server:
        started = time.monotonic()
        assert ask(model_at(server.base_url)).text == "fine"
        assert 0.9 < time.monotonic() - started < 4


@pytest.mark.parametrize("retry_after", [3600, "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_wait_beyond_the_time_limit_is_not_begun(retry_after: int | str) -> None:
    with ScriptedServer([fail(429, retry_after=retry_after)]) as server:
        started = time.monotonic()
        with pytest.raises(ModelRateLimited):
            ask(model_at(server.base_url, timeout_s=30))
        assert time.monotonic() - started < 2


@pytest.mark.parametrize("retry_after", ["soon", "-5", "nan", ""])
def test_a_retry_after_without_sense_is_ignored(retry_after: str) -> None:
    with ScriptedServer([fail(429, retry_after=retry_after), say("fine")]) as server:
        assert ask(model_at(server.base_url)).text == "fine"


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(silence(), id="before the first byte"),
        pytest.param(say("one two three", cut=3, end="stall"), id="between tokens"),
        pytest.param(fail(429, retry_after=20), id="while waiting to try again"),
        pytest.param(say("never", wait_s=20, streamed=False), id="within an answer not streamed"),
    ],
)
def test_stop_takes_effect_at_once(step: Step) -> None:
    stop = threading.Event()
    with ScriptedServer([step]) as server:
        model = model_at(server.base_url)
        timer = threading.Timer(0.5, stop.set)
        timer.start()
        started = time.monotonic()
        with pytest.raises(RunStopped):
            ask(model, stop=stop)
        assert 0.4 < time.monotonic() - started < 1.5
        if not isinstance(step, Raw):
            assert server.wait_until_left(1)


ECHOES: dict[str, Step] = {
    "status": fail(401, f"Incorrect API key provided: {KEY}."),
    "page": page(f"you sent {KEY}", status=400, media_type="text/plain"),
    "header": fail(429, headers={"X-Echo": f"Bearer {KEY}", "Retry-After": "0"}),
    "stream": raw_events(json.dumps({"error": {"message": f"key {KEY} has no access"}})),
    "shape": raw_events(json.dumps({"choices": f"Bearer {KEY}"})),
    "not JSON": raw_events(f"Bearer {KEY}"),
    "drop": say("one two", cut=2, end="drop"),
    "stall": silence(),
}


@pytest.mark.parametrize("name", ECHOES)
def test_the_key_is_nowhere_to_be_read(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer(lambda _: ECHOES[name]) as server:
        model = model_at(server.base_url, timeout_s=TIMEOUT_S, max_retries=1)
        with pytest.raises(ModelError) as caught:
            ask(model)
        logging.getLogger("test").exception("failed", exc_info=caught.value)
    told = "".join(traceback.format_exception(caught.value))
    for shown in (str(caught.value), repr(caught.value), repr(caught.value.as_dict()), told, repr(model), caplog.text):
        assert KEY not in shown
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert caplog.records


def test_a_password_in_the_address_is_sent_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer([say("fine"), fail(401)]) as server:
        model = model_at(server.base_url.replace("http://", "http://user:hunter2@"), api_key=None)
        assert ask(model).text == "fine"
        with pytest.raises(ModelAuthError) as caught:
            ask(model)
    assert server.requests[0].headers["authorization"].startswith("Basic ")
    assert "hunter2" not in caplog.text + str(caught.value)


def test_the_key_does_not_follow_a_redirect_to_another_host() -> None:
    with ScriptedServer(lambda _: say("fine")) as other:

        def elsewhere(_: Request) -> Step:
            location = other.base_url.replace("127.0.0.1", "localhost") + "/chat/completions"
            return Raw(body=b"", status=307, headers={"Location": location})

        with ScriptedServer(elsewhere) as server:
            ask(model_at(server.base_url))
        assert "authorization" not in other.requests[0].headers
