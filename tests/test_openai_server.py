from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.openai_server import Request, ScriptedServer, Step, call, fail, say

HELLO = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def _post(base_url: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{base_url}/chat/completions", json=body, timeout=10, trust_env=False)


def test_steps_are_answered_in_order_and_recorded() -> None:
    with ScriptedServer([say("one"), fail(429, retry_after=3), call("f", {"a": 1})]) as server:
        first, second, third = (_post(server.base_url, {**HELLO, "seed": i}) for i in range(3))
    assert first.json()["choices"][0]["message"]["content"] == "one"
    assert (second.status_code, second.headers["retry-after"]) == (429, "3")
    assert third.json()["choices"][0]["message"]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a": 1}'}
    assert [request.body["seed"] for request in server.requests] == [0, 1, 2]


def test_a_stream_is_server_sent_events() -> None:
    with ScriptedServer([say("one two")]) as server:
        answer = _post(server.base_url, {**HELLO, "stream": True, "stream_options": {"include_usage": True}})
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    chunks = [json.loads(line) for line in lines[:-1]]
    assert lines[-1] == "[DONE]"
    assert [c["choices"][0]["delta"].get("content") for c in chunks[:-1]] == ["", "one ", "two", None]
    assert chunks[-1]["usage"]["completion_tokens"] == 2


def test_models_are_listed() -> None:
    with ScriptedServer([]) as server:
        assert httpx.get(f"{server.base_url}/models", trust_env=False).json()["data"][0]["id"] == "scripted"


def test_steps_left_over_are_reported() -> None:
    with pytest.raises(AssertionError, match="1 steps were never asked for"), ScriptedServer([say("one")]):
        pass


def test_a_request_beyond_the_script_is_answered_500_and_reported() -> None:
    with pytest.raises(AssertionError, match="request 1 is beyond the script"), ScriptedServer([]) as server:
        assert _post(server.base_url, HELLO).status_code == 500


def test_a_failing_script_is_reported() -> None:
    def broken(_: Request) -> Step:
        raise KeyError("q")

    with pytest.raises(AssertionError, match="KeyError"), ScriptedServer(broken) as server:
        assert _post(server.base_url, HELLO).status_code == 500


def test_by_hand(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    items = [{"say": "one"}, {"fail": 503}, {"calls": [{"call": "f", "arguments": {}}]}, {"silence": True}]
    script.write_text(json.dumps(items), encoding="utf-8")
    command = [sys.executable, "-m", "tests.openai_server", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert _post(base_url, HELLO).json()["choices"][0]["message"]["content"] == "one"
        assert _post(base_url, HELLO).status_code == 503
        assert _post(base_url, HELLO).json()["choices"][0]["finish_reason"] == "tool_calls"
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=10)
    assert process.returncode == 1
    assert told.strip().startswith("1 steps were never asked for")
