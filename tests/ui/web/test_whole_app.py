"""The whole application as `main.py ui` starts it: killed and started again, without a mouse, and measured by axe."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.openai_server import ScriptedServer, say
from tests.ui.web.browsing import ask, ended, log

ROOT = Path(__file__).resolve().parents[3]
TABS = ("library", "evaluation", "trace", "settings")

ACCEPTED: Mapping[str, str] = {
    "nested-interactive": "Gradio's upload area holds a button, and is one.",
}
"""Rules of axe whose violations are Gradio's own, and why we live with them."""


@contextmanager
def started(home: Path, port: int, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A process of the application that is ready to answer, and its address."""
    environment = {**os.environ, "ROUNDTABLE_UI__PORT": str(port), **settings}
    command = [sys.executable, "main.py", "--data-dir", str(home), "ui"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while not _is_ready(url):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield process, url
    finally:
        process.kill()
        process.wait()


def _is_ready(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/api/health").json()["ready"])
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def app(home: Path, port: int) -> Iterator[str]:
    with started(home, port) as (_, url):
        yield url


def violations(page: Page) -> list[str]:
    """What axe calls critical or serious, but for what is accepted."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}"
        for each in found
        if each["impact"] in ("critical", "serious") and each["id"] not in ACCEPTED
    ]


@pytest.mark.parametrize(("scheme", "locale", "width"), [("light", "en", 1280), ("dark", "zh-CN", 390)])
def test_axe_finds_nothing_serious_on_any_screen(
    browser: Browser, app: str, scheme: str, locale: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light", locale=locale, viewport={"width": width, "height": 800}
    )
    page = context.new_page()
    page.goto(app)
    expect(page.locator(".walkthrough, .welcome").first).to_be_visible(timeout=20_000)
    expect(page.locator("#side input[role=combobox]").first).not_to_have_value("", timeout=20_000)
    expect(page.locator(".model-line")).to_be_visible()
    wrong = {"empty": violations(page)}
    page.locator("#composer textarea").fill("How long is the warranty of a Petrel barometer?")
    page.keyboard.press("Enter")
    page.locator(".answer .cite").first.click(timeout=30_000)
    expect(page.locator(".passage")).to_be_visible()
    wrong["conversation"] = violations(page)
    page.keyboard.press("Escape")
    for tab in TABS:
        page.evaluate("name => roundtable.openTab(name)", tab)
        expect(page.locator(f"#tab-{tab}")).to_be_visible()
        page.wait_for_timeout(1500)
        wrong[tab] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, tab
    context.close()
    found = [f"{screen}: {each}" for screen, several in wrong.items() for each in several]
    assert not found, "\n".join(found)


def test_a_question_is_asked_read_and_left_by_keyboard_alone(browser: Browser, app: str) -> None:
    page = browser.new_page()
    page.goto(app)
    expect(page.get_by_role("textbox", name="Your question")).to_be_visible(timeout=20_000)

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        pytest.fail(f"Tab never comes to {selector}.")

    tab_to("#composer textarea")
    page.keyboard.type("How long is the warranty of a Petrel barometer?")
    page.keyboard.press("Enter")
    ended(page)
    page.evaluate("document.activeElement.blur()")
    tab_to(".answer .cite")
    page.keyboard.press("Enter")
    expect(page.locator(".passage h2")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".answer .cite").first).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    tab_to("#new")
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your question")).to_be_focused()
    page.close()


def test_a_killed_server_comes_back_and_the_run_is_shown_as_interrupted(
    browser: Browser, tmp_path: Path, home: Path, app: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    with ScriptedServer(
        [say("It is twelve months [1]. "), say("Slowly, word after word. " * 200, delay_s=0.05)]
    ) as model:
        settings = {
            "ROUNDTABLE_LLM__PROVIDER": "openai",
            "ROUNDTABLE_LLM__BASE_URL": model.base_url,
            "ROUNDTABLE_LLM__MODEL": "scripted",
        }
        page = browser.new_page()
        with started(tmp_path, port, **settings) as (process, url):
            page.goto(url)
            ask(page, "How long is the warranty of a Petrel barometer?")
            ended(page)
            ask(page, "Who looks after workshop safety?")
            expect(log(page).locator(".message[aria-busy=true]")).to_contain_text("word after word")
            process.send_signal(signal.SIGKILL)
            process.wait()
            expect(page.locator(".status")).to_have_text("Connection lost. Trying again…", timeout=15_000)
        with started(tmp_path, port, **settings):
            expect(page.locator(".status")).to_have_text("Ended without an answer.", timeout=30_000)
            expect(log(page).locator(".question")).to_have_count(2)
            expect(log(page)).to_contain_text("twelve months")
            expect(log(page)).to_contain_text("broke off")
            expect(log(page).locator(".message[aria-busy=true]")).to_have_count(0)
        page.close()
