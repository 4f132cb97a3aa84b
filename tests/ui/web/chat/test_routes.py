"""Conversations over HTTP: what the page's script does, and what a browser that lies cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.ui.web.conftest import served
from tests.ui.web.scripted import ANSWER, ScriptedBackend, answering, discussion
from tests.ui.web.visitor import Visitor
from ui.web.limits import MOST_BYTES


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScriptedBackend, str]]:
    backend = ScriptedBackend(discussion)
    with served(backend, tmp_path_factory.mktemp("home")) as url:
        yield backend, url


@pytest.fixture
def backend(server: tuple[ScriptedBackend, str]) -> ScriptedBackend:
    server[0].reset(discussion)
    return server[0]


@pytest.fixture
def visitor(backend: ScriptedBackend, server: tuple[ScriptedBackend, str]) -> Visitor:
    return Visitor(server[1])


def test_a_conversation_is_shown_as_it_goes_and_as_it_was(visitor: Visitor, backend: ScriptedBackend) -> None:
    backend.pause_s = 0.02
    visitor.ask("How much?")
    live: dict[int, str] = {}
    patches = 0
    for told in visitor.live():
        live |= {int(index): piece for index, piece in told.get("pieces", {}).items()}
        patches += 1
        if told.get("status") == "Done.":
            break
    again = next(visitor.live())

    assert patches > 4
    assert {int(index): piece for index, piece in again["pieces"].items()} == live
    assert again["count"] == len(live)
    assert again["busy"] is False
    assert "How much?" in again["head"]
    assert visitor.conversation in again["list"]


def test_a_tab_without_a_conversation_is_welcomed(visitor: Visitor) -> None:
    told = next(visitor.live(""))

    assert "Ask your documents" in told["pieces"]["0"]
    assert told["head"] == ""


def test_a_conversation_that_is_not_there_is_told(visitor: Visitor) -> None:
    assert "There is no conversation" in next(visitor.live("nowhere"))["gone"]


def test_a_question_too_early_waits_and_is_shown(visitor: Visitor, backend: ScriptedBackend) -> None:
    backend.ready.clear()
    visitor.ask("How much?")
    told = next(visitor.live())

    assert "How much?" in told["pieces"]["0"]
    assert told["busy"]
    assert "Getting ready" in told["ready"]
    backend.ready.set()
    visitor.watch("Done.")


def test_a_silent_connection_still_says_that_it_lives(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.web.chat.live_route._SILENT_S", 0.2)
    patches = visitor.live("")
    next(patches)

    assert next(patches) == {}


def test_stop_ends_the_run(visitor: Visitor, backend: ScriptedBackend) -> None:
    backend.script, backend.pause_s = answering(ANSWER * 40), 0.02
    visitor.ask("How much?")
    visitor.watch("Hotels are")
    visitor.act("stop")

    assert "Stopped." in visitor.watch("Stopped.")


def test_everything_that_can_be_done_with_a_conversation(visitor: Visitor) -> None:
    visitor.ask("How much?")
    visitor.watch("Done.")
    first = visitor.conversation
    again = visitor.act("again", strategy="lexical").json()["conversation"]
    edited = visitor.act("ask", question="How many?", seq=1).json()["conversation"]
    branched = visitor.act("branch", seq=3).json()["conversation"]

    assert len({first, again, edited, branched}) == 4
    assert visitor.act("rename", title="  Hotels\n in Europe ").json() == {"conversation": first}
    listed = visitor.client.get("/conversations", params={"containing": "Europe"}).json()["html"]
    assert listed.count("data-conversation") == 1
    assert "Hotels in Europe" in listed
    assert visitor.act("delete").status_code == 200
    assert first not in visitor.client.get("/conversations").json()["html"]
    assert visitor.act("restore").status_code == 200
    assert first in visitor.client.get("/conversations").json()["html"]


def test_a_conversation_is_saved_as_a_document(visitor: Visitor) -> None:
    visitor.ask("How much?")
    visitor.watch("Done.")
    markdown, data = (
        visitor.client.get(f"/conversations/{visitor.conversation}/export", params={"form": form})
        for form in ("markdown", "json")
    )

    assert markdown.text.startswith("# How much?")
    assert "handbook.pdf" in markdown.text
    assert json.loads(data.text)["info"]["id"] == visitor.conversation
    for answer, ending in ((markdown, ".md"), (data, ".json")):
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"].endswith(ending)


def test_a_second_question_too_early_is_told_in_a_sentence(visitor: Visitor, backend: ScriptedBackend) -> None:
    backend.pause_s = 0.05
    visitor.ask("How much?")
    answer = visitor.ask("And taxis?")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "A question is still being answered."
    assert 'role="alert"' in answer.json()["html"]
    visitor.act("stop")


FORGED: list[tuple[str, Any]] = [
    ("ask", {}),
    ("ask", {"question": 7}),
    ("ask", {"question": ["a"]}),
    ("ask", {"question": "a", "owner": "ann"}),
    ("ask", {"question": "a", "seq": "1"}),
    ("ask", {"question": "x" * 100_001}),
    ("again", {"team": 7}),
    ("again", {"team": "../teams/qa"}),
    ("again", {"owner": "ann"}),
    ("branch", {"seq": -1}),
    ("branch", {}),
    ("rename", {"title": None}),
    ("rename", {"title": ""}),
    ("decide", {"approved": "yes"}),
    ("decide", []),
    ("nothing", {}),
]


@pytest.mark.parametrize(("action", "body"), FORGED)
def test_a_forged_body_has_no_effect(visitor: Visitor, backend: ScriptedBackend, action: str, body: Any) -> None:
    visitor.ask("How much?")
    visitor.watch("Done.")
    before = [(chat.info, chat.events()) for chat in backend.chats]
    answer = visitor.client.post(f"/conversations/{visitor.conversation}/{action}", json=body)

    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text
    assert [(chat.info, chat.events()) for chat in backend.chats] == before


@pytest.mark.parametrize("conversation", ["nowhere", "..%2f..%2fetc", "%00", "x" * 5000, "'; DROP TABLE events"])
def test_an_id_that_is_none_leads_nowhere(visitor: Visitor, conversation: str) -> None:
    for action, body in (("ask", {"question": "a"}), ("stop", {}), ("delete", {}), ("rename", {"title": "a"})):
        assert visitor.client.post(f"/conversations/{conversation}/{action}", json=body).status_code in (400, 404)
    assert visitor.client.get(f"/conversations/{conversation}/export").status_code in (400, 404)
    assert visitor.client.get(f"/conversations/{conversation}/passages/1").status_code == 404


def test_what_cannot_be_read_is_told_without_repeating_it(visitor: Visitor) -> None:
    sent = visitor.client.post(
        "/conversations",
        content=b'{"question": "a", "kb": "\\ud800 secret"}',
        headers={"Content-Type": "application/json"},
    )
    long = visitor.ask("secret " * 3_000)

    assert (sent.status_code, sent.json()["error"]["type"]) == (422, "Unreadable")
    assert "secret" not in sent.text
    assert (long.status_code, "at most 20,000" in long.text) == (400, True)


def test_a_body_larger_than_any_of_ours_is_not_read(visitor: Visitor, server: tuple[ScriptedBackend, str]) -> None:
    declared = visitor.client.post("/conversations", content=b"x" * (MOST_BYTES + 1))
    pieces = visitor.client.post("/conversations", content=(b"x" * (1 << 20) for _ in range(20)))

    assert declared.status_code == 413
    assert 400 <= pieces.status_code < 500


def test_nothing_waits_in_a_thread_for_an_application_that_is_not_ready(
    visitor: Visitor, backend: ScriptedBackend
) -> None:
    backend.ready.clear()
    with ThreadPoolExecutor(60) as pool:
        codes = set(pool.map(lambda _: visitor.client.get("/choices").status_code, range(60)))
    assert codes == {503}
    assert visitor.client.get("/api/health").json() == {"ready": False}
    backend.ready.set()


def test_a_tab_follows_a_conversation_that_was_deleted_and_restored(visitor: Visitor) -> None:
    visitor.ask("How much?")
    visitor.watch("Done.")
    live = visitor.live()
    next(live)
    visitor.act("delete")
    visitor.act("restore")
    visitor.ask("And taxis?")

    assert any("And taxis?" in str(told.get("pieces", {})) for told in live)


def test_a_form_of_another_page_is_not_read(visitor: Visitor, backend: ScriptedBackend) -> None:
    sent = visitor.client.post(
        "/conversations", content='{"question": "a"}', headers={"Content-Type": "text/plain", "Origin": "null"}
    )

    assert sent.status_code == 403
    assert backend.chats == []
