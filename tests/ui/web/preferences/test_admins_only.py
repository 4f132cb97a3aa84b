"""What concerns everybody is refused to all but administrators; what concerns a person alone is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from agents.app import build_app
from configs.saving import FILE
from configs.settings import Settings
from tests.ui.web.preferences.serving import loading
from ui.web.chat.refusals import serve_refusals
from ui.web.preferences.settings_page import SettingsPage
from ui.web.session import Sessions
from ui.web.visitor import USER, Role


def signed_in(app: ASGIApp, role: Role) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, USER: ("ann", role)}, receive, send)

    return call


def client(home: Path, role: Role) -> TestClient:
    app = build_app(Settings(data_dir=home), command="ui")
    server = FastAPI()
    serve_refusals(server)
    SettingsPage(lambda: app, load=loading(home), use=lambda _: None, fixed={}).serve(server)
    return TestClient(signed_in(Sessions(server), role))


@pytest.mark.parametrize("role", ["reader", "editor"])
def test_nobody_else_sees_changes_or_tests_the_settings(tmp_path: Path, role: Role) -> None:
    visitor = client(tmp_path, role)
    changing = [visitor.post(f"/settings/{path}", json={"fields": {}}) for path in ("app", "test", "sandbox")]
    answers = [visitor.get("/settings/app"), *changing]
    assert [answer.status_code for answer in answers] == [403] * 4
    assert {answer.json()["error"]["type"] for answer in answers} == {"NotAllowed"}
    assert not (tmp_path / FILE).exists()


def test_everybody_chooses_language_and_theme_and_is_told_who_sets_the_rest(tmp_path: Path) -> None:
    told = client(tmp_path, "reader").get("/settings").json()
    assert told["admin"] is False
    assert "roundtable_language" in told["html"]
    assert "set by an administrator" in told["html"]


def test_an_administrator_sees_the_form(tmp_path: Path) -> None:
    visitor = client(tmp_path, "admin")
    assert visitor.get("/settings").json()["admin"] is True
    assert "llm/base_url" in visitor.get("/settings/app").json()["html"]
