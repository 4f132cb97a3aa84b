"""The key of a model, whatever goes wrong: in no file, no event, no trace, no log."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agents.events import to_json
from agents.log.exporting import as_json, as_markdown
from agents.tracing.spans import spans
from tests.agents.table import conversation, served
from tests.openai_server import ScriptedServer, call, fail, page, raw_events, say

KEY = "sk-canary-4f1d9c7be2a6"
FAULTS: dict[str, Any] = {
    "an answer": say("90 euros [2]."),
    "401": fail(401, f"Incorrect API key provided: {KEY}"),
    "403": fail(403, f"{KEY} may not"),
    "404": fail(404, f"no model for {KEY}"),
    "429": fail(429, f"slow down, {KEY}", headers={"X-Key": KEY}),
    "500": fail(500, f"Authorization: Bearer {KEY}"),
    "a page": page(f"<html>{KEY}</html>"),
    "an error in the stream": raw_events(json.dumps({"error": {"message": f"bad key {KEY}"}})),
    "no JSON": raw_events(f"{{{KEY}"),
    "a broken stream": say("half an answer", cut=4, end="drop"),
    "an unknown tool": call("teleport", {"to": "x"}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_key_is_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: str) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer([FAULTS[fault]]) as server:
        talk = conversation(tmp_path, model=served(server, api_key=SecretStr(KEY)))
        events = list(talk.ask("What does the premium plan cost?"))
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    told = [to_json(event) for event in events]
    told += [json.dumps([span.as_dict() for span in spans(events, content=True)])]
    told += [as_markdown(talk.info, events), json.dumps(as_json(talk.info, events)), caplog.text]
    assert not [text for text in told if KEY in text]
    assert not [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
