"""Traces leave this machine only where the settings say, without what was said, and their failure disturbs nobody."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agents.events import RunStarted
from agents.log.asked import runs
from agents.log.store import SQLiteConversationStore
from agents.tracing.sending import send
from configs.settings import TracingSettings
from tests.agents.table import completed, conversation, served
from tests.openai_server import ScriptedServer, say

QUESTION = "What does the premium plan cost?"


@contextmanager
def collector(status: int = 200) -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """An address for traces, and what came in there: headers and bodies."""
    received: list[tuple[dict[str, str], bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(status)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", received
    finally:
        server.shutdown()
        server.server_close()


def talk(folder: Path, settings: TracingSettings) -> None:
    with ScriptedServer([say("90 euros [2]."), say("40 euros [1].")]) as server:
        store = SQLiteConversationStore(folder / "roundtable.sqlite")
        over = threading.Event()

        def finished(conversation_id: str) -> None:
            if settings.endpoint:
                send(store.events(conversation_id), settings)
            over.set()

        asked = conversation(folder, model=served(server), finished=finished)
        for question in (QUESTION, "What does the standard plan cost?"):
            over.clear()
            assert completed(asked.ask(question)).answer
            assert over.wait(15)


def test_each_run_is_sent_once_and_without_what_was_said(tmp_path: Path) -> None:
    with collector() as (address, received):
        headers = {"Authorization": "Bearer collector-key"}
        talk(tmp_path, TracingSettings.model_validate({"endpoint": address, "headers": headers}))
    assert len(received) == 2
    for told, body in received:
        assert told["authorization"] == "Bearer collector-key"
        assert b"gen_ai.request.model" in body
        for words in (b"premium", b"90 euros", b"prices.md", b"collector-key"):
            assert words not in body
    assert received[0][1] != received[1][1]


def test_what_was_said_is_sent_where_the_user_asked_for_it(tmp_path: Path) -> None:
    with collector() as (address, received):
        talk(tmp_path, TracingSettings(endpoint=address, content=True))
    assert b"premium plan" in received[0][1]
    assert b"premium plan cost" not in received[1][1].partition(b"gen_ai.input.messages")[0]


def test_a_collector_that_refuses_or_is_gone_is_told_in_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with collector(status=500) as (address, received):
        (tmp_path / "a").mkdir()
        talk(tmp_path / "a", TracingSettings.model_validate({"endpoint": address, "headers": {"Key": "collector-key"}}))
        assert len(received) == 2
    (tmp_path / "b").mkdir()
    talk(tmp_path / "b", TracingSettings(endpoint=address))
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len([line for line in told if "A trace was not sent" in line]) == 4
    assert "collector-key" not in caplog.text


def test_the_last_run_begins_with_the_last_question(tmp_path: Path) -> None:
    asked = conversation(tmp_path)
    list(asked.ask(QUESTION))
    list(asked.ask("Who is the office manager?"))
    last = runs(asked.events())[-1]
    assert isinstance(last[0], RunStarted)
    assert last[0].question == "Who is the office manager?"
    assert [event.seq for event in last] == list(range(last[0].seq, asked.events()[-1].seq + 1))
