"""Two people and a stranger, by raw HTTP: nobody reaches anything of anybody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from configs.settings import UISettings
from tests.ui.web.accounts.house import CHEAP, PASSWORD, Browser
from tests.ui.web.computed import computing, request
from tests.ui.web.conftest import served
from tests.ui.web.exhibited import PDF, furnish
from tests.ui.web.scripted import ScriptedBackend, discussion
from tests.ui.web.visitor import Visitor
from ui.web.accounts.audit import Audit
from ui.web.accounts.passwords import hashed
from ui.web.accounts.store import Accounts, open_accounts

Server = tuple[ScriptedBackend, str, Path]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    backend, home = ScriptedBackend(discussion), tmp_path_factory.mktemp("home")
    accounts = Accounts(open_accounts(home))
    accounts.add("root", "admin", hashed(PASSWORD, CHEAP))
    for name in ("ann", "bob"):
        accounts.add(name, "reader", hashed(PASSWORD, CHEAP))
    with served(backend, home, ui=UISettings(port=0, sign_in="local")) as url:
        yield backend, url, home


@pytest.fixture
def backend(server: Server) -> ScriptedBackend:
    server[0].reset(discussion)
    return server[0]


def signed_in(url: str, name: str) -> Visitor:
    browser = Browser(url, {})
    assert browser.sign_in(name, PASSWORD).status_code == 303
    return Visitor(url, browser.client)


@pytest.fixture
def ann(server: Server, backend: ScriptedBackend) -> Visitor:
    return signed_in(server[1], "ann")


@pytest.fixture
def bob(server: Server, backend: ScriptedBackend) -> Visitor:
    return signed_in(server[1], "bob")


def test_nobody_reaches_a_conversation_of_another(
    ann: Visitor, bob: Visitor, backend: ScriptedBackend, tmp_path: Path
) -> None:
    furnish(backend, tmp_path)
    ann.ask("A private question?")
    ann.watch("Done.")
    evidence = ann.cite(PDF)
    image = "/" + evidence.split('src="')[1].split('"')[0]
    assert ann.client.get(image).status_code == 200
    bob.conversation = ann.conversation
    actions: dict[str, dict[str, Any]] = {
        "ask": {"question": "And?"},
        "again": {},
        "branch": {"seq": 3},
        "stop": {},
        "rename": {"title": "Mine"},
        "delete": {},
        "restore": {},
        "decide": {"approval_id": "a1", "approved": True, "code_sha256": request().code_sha256},
    }
    before = [(chat.info, chat.events()) for chat in backend.chats]

    for action, body in actions.items():
        answer = bob.act(action, **body)
        assert answer.status_code == 400
        assert "private" not in answer.text
    assert "private" not in str(next(bob.live()))
    assert "There is no conversation" in next(bob.live())["gone"]
    assert "private" not in bob.client.get("/conversations").text
    assert "private" in ann.client.get("/conversations").text
    assert bob.cite(PDF) == ""
    assert bob.client.get(image).status_code == 404
    assert bob.client.get(f"/conversations/{ann.conversation}/export").status_code == 400
    assert [(chat.info, chat.events()) for chat in backend.chats] == before


def test_code_is_approved_by_its_owner_alone_and_it_is_written_down(
    ann: Visitor, bob: Visitor, backend: ScriptedBackend, server: Server
) -> None:
    folder = server[2] / "artifacts" / "approved"
    folder.mkdir(parents=True)
    backend.script = computing(backend, folder)
    ann.ask("Plot it.")
    ann.watch("Waiting for your approval.")
    verdict = {"approval_id": "a1", "approved": True, "code_sha256": request().code_sha256}
    bob.conversation = ann.conversation

    assert bob.act("decide", **verdict).status_code == 400
    assert backend.answers == []
    assert ann.act("decide", **verdict).status_code == 200
    shown = ann.watch("Done.")
    assert [answer.approved for answer in backend.answers] == [True]
    files = set(re.findall(r"artifacts/[0-9a-f]{32}/file", shown))
    assert files
    for file in files:
        assert ann.client.get(f"/{file}").status_code == 200
        assert bob.client.get(f"/{file}").status_code == 404
    audit = Audit(server[2])
    noted = [(entry.who, entry.detail) for entry in audit.newest(10) if entry.what == "code_approved"]
    audit.close()
    assert noted == [("ann", f"sha256 {request().code_sha256}")]


def test_who_only_reads_uploads_nothing(bob: Visitor, server: Server) -> None:
    root = signed_in(server[1], "root")
    answers = [each.client.post("/gradio_api/upload", files={"files": ("a.md", b"a")}) for each in (bob, root)]
    assert [answer.status_code for answer in answers] == [403, 200]


def test_a_stranger_is_told_nothing(ann: Visitor, server: Server) -> None:
    ann.ask("A private question?")
    ann.watch("Done.")
    stranger = httpx.Client(base_url=server[1])
    for method, path in (
        ("GET", "/"),
        ("GET", f"/live?conversation={ann.conversation}"),
        ("GET", "/conversations"),
        ("GET", "/choices"),
        ("POST", "/conversations"),
        ("GET", f"/conversations/{ann.conversation}/export"),
        ("POST", f"/conversations/{ann.conversation}/ask"),
        ("GET", "/config"),
        ("POST", "/gradio_api/queue/join"),
    ):
        answer = stranger.request(method, path)
        assert answer.status_code == 401
        assert "private" not in answer.text


def test_a_name_in_a_forged_cookie_or_header_is_nobodys(ann: Visitor, server: Server) -> None:
    for headers in ({"X-Forwarded-User": "ann"}, {"Cookie": "roundtable_user=ann"}, {"Remote-User": "ann"}):
        assert httpx.get(f"{server[1]}/conversations", headers=headers).status_code == 401
