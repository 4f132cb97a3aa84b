"""What a tab shows before there is anything: getting ready, a failed start, no knowledge base."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from agents.app import App
from configs.errors import AppError
from configs.settings import Settings
from tests.ui.web.waiting import until
from ui.web.library.desk import Desk
from ui.web.library.workshop import open_workshop
from ui.web.undoing import Undoing
from ui.web.uploads import Shelf
from ui.web.visitor import Role, Visitor


def _desk(role: Role = "admin") -> Desk:
    return Desk(Visitor(owner="", role=role, browser="", language="zh"))


def test_a_tab_waits_without_a_thread_of_its_own_until_the_application_is_ready(tmp_path: Path) -> None:
    ready = threading.Event()

    def app() -> App:
        ready.wait(5)
        raise AppError("No model.", hint="Install it.")

    shop = open_workshop(app, Shelf(folder=tmp_path, max_mb=1), Settings(data_dir=tmp_path), Undoing())
    assert not shop.opening.done()
    assert "正在准备" in shop.screens.waiting(_desk()).numbers
    ready.set()
    until(shop.opening.done)
    (piece,) = shop.screens.draw(_desk()).documents
    assert 'role="alert"' in piece["html"]
    assert "No model. Install it." in piece["html"]


@pytest.mark.parametrize(("role", "said"), [("editor", "请在上方新建"), ("reader", "有编辑权限的人")])
def test_without_a_knowledge_base_each_role_is_told_what_helps(app: App, tmp_path: Path, role: Role, said: str) -> None:
    shop = open_workshop(lambda: app, Shelf(folder=tmp_path, max_mb=1), app.settings, Undoing())
    for name in shop.stock.names():
        shop.deleting.knowledge_base("", name)
    desk = _desk(role)
    desk.choose("gone")
    screen = shop.screens.draw(desk)
    for key in shop.undoing.pending(""):
        shop.undoing.undo("", key)
    assert (screen.kb, screen.names, desk.look.kb) == (None, (), None)
    assert "还没有知识库" in screen.documents[0]["html"]
    assert said in screen.documents[0]["html"]
