"""Whoever comes for the first time is led to a first question, until they have asked one or had enough."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect

from agents.app import App, build_app
from agents.ports import ConversationInfo
from configs.settings import Settings
from tests.ui.web.browsing import opened
from tests.ui.web.conftest import served
from ui.web.app_backend import AppBackend
from ui.web.walkthrough.examples import example_questions
from ui.web.walkthrough.first_start import FirstStart


class Beside:
    """A tab that holds the first steps, as the conversation's page does while it is empty."""

    name = "library"

    def __init__(self, first_start: FirstStart) -> None:
        self._first_start = first_start

    def build(self, blocks: gr.Blocks) -> None:  # noqa: ARG002 - a page without events
        self._first_start.build()

    def serve(self, server: FastAPI) -> None:
        self._first_start.serve(server)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, App]]:
    home = tmp_path_factory.mktemp("home")
    with build_app(Settings(data_dir=home), command="ui") as app:
        backend = AppBackend(lambda _: app)
        backend.start()
        with served(backend, home, tabs=[Beside(FirstStart(backend.app))]) as url:
            yield url, app


def test_the_steps_lead_on_and_can_be_dismissed_for_good(
    browser: Browser, site: tuple[str, App], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, app = site
    monkeypatch.setattr(app.library, "summary", lambda: {"samples": (12, 90)})
    question = example_questions("en")[0]
    with opened(browser, url) as page:
        page.locator("#tab-library-button").click()
        panel = page.get_by_role("region", name="Three steps to a first answer")
        expect(panel.get_by_role("listitem")).to_have_count(3)
        panel.get_by_role("button", name=question).click()
        expect(page.locator("#composer textarea")).to_have_value(question)
        page.evaluate("roundtable.openTab('chat')")
        page.locator("#composer textarea").press("End")
        page.keyboard.type("!")
        expect(page.locator("#composer textarea")).to_have_value(f"{question}!")
        page.locator("#tab-library-button").click()
        panel.get_by_role("button", name="Add my own documents").click()
        expect(panel).to_be_visible()
        panel.get_by_role("button", name="Do not show again").click()
        expect(panel).to_be_hidden()
        page.reload()
        page.locator("#tab-library-button").click()
        page.wait_for_load_state("networkidle")
        expect(panel).to_be_hidden()


def test_whoever_has_a_conversation_needs_no_steps(site: tuple[str, App]) -> None:
    url, app = site
    assert "walkthrough" in httpx.get(f"{url}/walkthrough").json()["html"]
    chinese = httpx.get(f"{url}/walkthrough", headers={"Accept-Language": "zh-CN"}).json()["html"]
    assert "三步获得第一个回答" in chinese
    app.store.create(ConversationInfo(id="theirs", kb="k", team="qa", strategy="hybrid", owner="stranger"))
    assert httpx.get(f"{url}/walkthrough").json()["html"]
    app.store.create(ConversationInfo(id="ours", kb="k", team="qa", strategy="hybrid"))
    assert httpx.get(f"{url}/walkthrough").json()["html"] == ""
