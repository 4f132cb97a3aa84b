"""A person looks into turns of their own conversations, in a browser; nobody reaches those of others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from agents import events as kinds
from agents.app import App, build_app
from agents.log.recovery import this_process
from agents.ports import ConversationInfo
from configs.settings import Settings
from tests.agents.tracing.logs import one_question
from tests.ui.web.browsing import opened
from tests.ui.web.conftest import served
from ui.web.app_backend import AppBackend
from ui.web.traces.trace_page import TracePage


class Site(NamedTuple):
    """Where the page is served, and the application behind it."""

    url: str
    app: App


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page of an application with the logs of two questions of ours and one of a stranger's."""
    home = tmp_path_factory.mktemp("home")
    with build_app(Settings(data_dir=home), command="ui") as app:
        backend = AppBackend(lambda _: app)
        backend.start()
        keep(app, "theirs", one_question(), owner="stranger", title="Theirs")
        keep(app, "analyst", [*one_question(), *again()])
        with served(backend, home, tabs=[TracePage(backend.app)]) as url:
            yield Site(url, app)


def keep(app: App, conversation_id: str, events: list[kinds.Event], *, owner: str = "", title: str = "价格") -> None:
    info = ConversationInfo(
        id=conversation_id, title=title, kb="k", team="analyst", strategy="hybrid", owner=owner, created_at=100.0
    )
    app.store.create(info)
    for event in events:
        app.store.append(replace(event, conversation_id=conversation_id))


def again() -> list[kinds.Event]:
    return [replace(event, seq=event.seq + 14, at=event.at + 60) for event in one_question()]


def show(page: Page) -> None:
    page.get_by_role("tab", name="Trace").click()


def conversation(page: Page) -> Locator:
    return page.locator("#trace").get_by_label("Conversation")


def question(page: Page) -> Locator:
    return page.locator("#trace").get_by_label("Question", exact=True)


def test_a_turn_is_a_timeline_whose_bars_open(browser: Browser, site: Site) -> None:
    with opened(browser, site.url) as page:
        page.goto(f"{site.url}/?c=analyst")
        show(page)
        expect(question(page)).to_have_value("2")
        bars = page.locator("#trace .bar")
        for stage in ("Question · team analyst", "Search in the documents", "dense", "lexical", "Waiting for approval"):
            expect(bars.filter(has_text=stage).first).to_be_visible()
        page.get_by_role("button", name=re.compile("^Search in the documents")).click()
        details = page.get_by_role("region", name="Search in the documents")
        expect(details.get_by_role("heading", level=3)).to_be_focused()
        expect(details).to_contain_text("高级套餐每月九十欧元。")
        page.keyboard.press("Escape")
        expect(details).to_be_hidden()
        expect(page.get_by_role("button", name=re.compile("^Search in the documents"))).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.get_by_role("region", name="dense")).to_be_visible()


def test_another_conversation_and_turn_can_be_chosen_and_opened_from_elsewhere(browser: Browser, site: Site) -> None:
    with opened(browser, site.url) as page:
        page.wait_for_function("() => document.getElementById('tab-trace-button')")
        page.evaluate("roundtable.trace('analyst', 1)")
        expect(conversation(page)).to_have_value("analyst")
        expect(question(page)).to_have_value("1")
        question(page).select_option("2")
        expect(page.get_by_role("link", name="Save as JSON")).to_have_attribute("href", "/traces/analyst/2")
        page.get_by_role("button", name=re.compile("^Code · python")).click()
        expect(page.get_by_role("region", name="Code · python")).to_contain_text("print(90 * 12)")
        row = page.get_by_role("row", name=re.compile("^assistant"))
        expect(row).to_have_text(re.compile(r"assistant\s*2\s*240\s*60\s*1\.5\s*\$0\.002400"))
        assert "Theirs" not in conversation(page).inner_text()


def test_a_turn_under_way_is_followed(browser: Browser, site: Site) -> None:
    started = kinds.RunStarted(
        question="Now?", team="analyst", kb="k", strategy="hybrid", process=this_process(), seq=1, at=100.0
    )
    _, *events = one_question()
    keep(site.app, "live", [started], title="Live")
    with opened(browser, site.url) as page:
        page.goto(f"{site.url}/?c=live")
        show(page)
        expect(page.locator("#trace .bar.running")).to_have_count(1)
        for event in events[:7]:
            site.app.store.append(replace(event, conversation_id="live"))
        tool = page.get_by_role("button", name=re.compile("^Tool run_python"))
        expect(tool).to_contain_text("running…", timeout=3000)
        tool.click()
        expect(page.get_by_role("region", name="Tool run_python")).not_to_contain_text("Result")
        for event in events[7:]:
            site.app.store.append(replace(event, conversation_id="live"))
        expect(page.get_by_role("region", name="Tool run_python")).to_contain_text("1080", timeout=3000)
        expect(page.locator("#trace .running")).to_have_count(0)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1200)
        assert [url for url in asked if "/traces" in url] == []


def test_a_saved_turn_holds_all_its_spans(site: Site) -> None:
    answer = httpx.get(f"{site.url}/traces/analyst/2")
    told = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert (told["number"], told["question"], told["usage"]["calls"]) == (2, "高级套餐一年多少钱？", 3)
    assert len(told["spans"]) == 12
    assert "print(90 * 12)" in str(told["spans"])


def test_nothing_is_sent_again_before_something_happens(site: Site) -> None:
    seen = httpx.get(f"{site.url}/traces", params={"conversation": "analyst"}).json()["seen"]
    assert seen == 28
    again = httpx.get(f"{site.url}/traces", params={"conversation": "analyst", "seen": seen})
    assert (again.status_code, again.content) == (204, b"")


@pytest.mark.parametrize(
    "path", ["?conversation=theirs", "?conversation=theirs&seen=14", "/theirs/1", "/theirs/1/SPAN", "/nobodys/1"]
)
def test_a_conversation_of_somebody_else_is_as_none(site: Site, path: str) -> None:
    span = "0" * 16
    answer = httpx.get(f"{site.url}/traces{path.replace('SPAN', span)}")
    assert answer.status_code == 400
    assert "There is no conversation" in answer.json()["error"]["message"]
    assert "print(90" not in answer.text


@pytest.mark.parametrize("run", [-1, 3])
def test_a_question_that_was_not_asked_is_named(site: Site, run: int) -> None:
    answer = httpx.get(f"{site.url}/traces", params={"conversation": "analyst", "run": run})
    assert answer.json()["error"]["message"] == f"This conversation has no question {run}."


def test_a_span_that_is_not_there_is_not_found(site: Site) -> None:
    assert httpx.get(f"{site.url}/traces/analyst/1/{'0' * 16}").status_code == 404
