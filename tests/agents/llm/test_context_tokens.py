"""How much a model reads: set, known, asked for, or learned from a request that was too long."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agents.errors import ModelContextExceeded
from agents.llm.context_limit import limit_in_list, limit_in_message
from agents.llm.openai_compatible import OpenAICompatible
from configs.settings import LLMSettings
from tests.agents.llm.asking import ask, model_at
from tests.openai_server import ScriptedServer, fail


@contextmanager
def _listing(answer: bytes, *, wait_s: float = 0.0, status: int = 200) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            over.wait(wait_s)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1", asked
        over.set()
        server.shutdown()


def _models(*entries: dict[str, Any]) -> bytes:
    return json.dumps({"object": "list", "data": entries}).encode()


def test_the_setting_counts_more_than_the_table() -> None:
    settings = LLMSettings(provider="openai", model="gpt-4o", context_tokens=32_000)
    assert OpenAICompatible(settings).context_tokens() == 32_000


def test_the_table_is_enough_and_the_endpoint_is_not_asked() -> None:
    with _listing(_models({"id": "gpt-4o", "max_model_len": 1000})) as (url, asked):
        assert model_at(url, model="gpt-4o").context_tokens() == 128_000
    assert asked == []


def test_a_table_of_ones_own_is_used(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("tiny: {context_tokens: 5000}\n")
    model = OpenAICompatible(LLMSettings(provider="openai", model="tiny"), table=tmp_path / "mine.yaml")
    assert model.context_tokens() == 5000


@pytest.mark.parametrize("field", ["max_model_len", "context_length", "context_window", "max_context_length"])
def test_the_endpoint_is_asked_once(field: str) -> None:
    with _listing(_models({"id": "other", field: 1000}, {"id": "tiny", field: 40_960})) as (url, asked):
        model = model_at(url)
        assert [model.context_tokens() for _ in range(3)] == [40_960] * 3
    assert asked == ["/v1/models"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(_models({"id": "tiny"}), 200, id="not said"),
        pytest.param(_models({"id": "a", "max_model_len": 999}, {"id": "b", "max_model_len": 999}), 200, id="others"),
        pytest.param(_models({"id": "tiny", "max_model_len": "many"}), 200, id="no number"),
        pytest.param(_models({"id": "tiny", "max_model_len": 0}), 200, id="nought"),
        pytest.param(b'{"data": "none"}', 200, id="other shape"),
        pytest.param(b"<html>", 200, id="no JSON"),
        pytest.param(b"[" * 100_000, 200, id="nested without end"),
        pytest.param(b" " * 11_000_000, 200, id="far too much"),
        pytest.param(b"{}", 401, id="refused"),
    ],
)
def test_when_nobody_says_a_small_context_is_assumed(answer: bytes, status: int) -> None:
    with _listing(answer, status=status) as (url, asked):
        assert model_at(url).context_tokens() == 8192
    assert asked


def test_an_endpoint_that_is_not_there_is_no_failure() -> None:
    assert model_at("http://127.0.0.1:9/v1").context_tokens() == 8192


def test_a_slow_list_is_not_waited_for() -> None:
    with _listing(_models({"id": "tiny", "max_model_len": 9999}), wait_s=20) as (url, _):
        model = model_at(url)
        started = time.monotonic()
        assert model.context_tokens() == 8192
        assert 1.5 < time.monotonic() - started < 3
        assert model.context_tokens() == 8192
        assert time.monotonic() - started < 3


def test_the_only_model_of_an_endpoint_is_meant_whatever_its_name() -> None:
    assert limit_in_list({"data": [{"id": "/models/qwen.gguf", "max_model_len": 4096}]}, "qwen") == 4096


def test_a_request_that_was_too_long_teaches_the_limit() -> None:
    message = "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens."
    with ScriptedServer([fail(400, message)]) as server:
        model = model_at(server.base_url, context_tokens=100_000)
        with pytest.raises(ModelContextExceeded) as caught:
            ask(model)
        assert caught.value.limit == 4096
        assert model.context_tokens() == 4096


@pytest.mark.parametrize("message", ["prompt is too long", "maximum context length is 3 tokens"])
def test_an_overflow_without_a_sensible_limit_teaches_nothing(message: str) -> None:
    with ScriptedServer([fail(400, message)]) as server:
        model = model_at(server.base_url, context_tokens=100_000)
        with pytest.raises(ModelContextExceeded) as caught:
            ask(model)
        assert caught.value.limit is None
        assert model.context_tokens() == 100_000


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        ("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens", 4096),
        ("This endpoint's maximum context length is 131,072 tokens. However, you requested about 140000", 131_072),
        ("prompt is too long: 210000 tokens > 200000 maximum", 200_000),
        ("request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it", 4096),
        ("{'type': 'exceed_context_size_error', 'n_prompt_tokens': 5000, 'n_ctx': 4096}", 4096),
        ("too large for model with 32768 maximum context length", 32_768),
        ("`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens", 4096),
        ("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1_048_576),
        ("tokens to keep is greater than the context length (n_keep: 5000>= n_ctx: 4096)", 4096),
        ("context window (5000 > 4096)", None),
        ("context length: 1, or so", None),
    ],
)
def test_limits_as_servers_word_them(message: str, limit: int | None) -> None:
    assert limit_in_message(message) == limit
