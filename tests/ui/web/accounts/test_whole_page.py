"""The sign-in before the real page: no stranger reaches any part of it, and a person finds it pleasant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.routing import BaseRoute

from tests.ui.web.accounts.house import CHEAP, LOCAL, PASSWORD, House, at_work
from tests.ui.web.accounts.provider import provider
from tests.ui.web.conftest import served
from tests.ui.web.scripted import ScriptedBackend, discussion
from ui.web.accounts.add_sign_in import add_sign_in
from ui.web.accounts.sign_in import SignIn

_OPEN = {("GET", "/api/health")}
_DOORS = {"/sign-in", "/sign-out", "/set-up"}
_GRADIO = (
    "/config",
    "/gradio_api/info",
    "/gradio_api/queue/data?session_hash=x",
    "/gradio_api/queue/status",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/heartbeat/x",
    "/gradio_api/startup-events",
    "/gradio_api/app_id",
    "/gradio_api/proxy=http://127.0.0.1/",
    "/theme.css",
    "/assets/index.js",
    "/static/img/logo.svg",
    "/monitoring",
    "/login_check",
    "/token",
    "/robots.txt",
    "/favicon.ico",
    "/sign-in/",
    "/sign-in/../config",
    "/sign-in%2f..%2fconfig",
    "//config",
    "/oidc/callback",
    "/accounts",
    "/accounts/audit",
)


class Door:
    """Stands in for the server's own call of `add_sign_in`."""

    name = "settings"

    def __init__(self, home: Path, sign_in: SignIn, said: list[str]) -> None:
        self._home, self._sign_in, self._said = home, sign_in, said
        self.server = FastAPI()

    def build(self, _: gr.Blocks) -> None:
        gr.Markdown("")

    def serve(self, server: FastAPI) -> None:
        self.server = server
        add_sign_in(server, self._sign_in, self._home, self._said.append)


@contextmanager
def whole(home: Path, sign_in: SignIn = LOCAL) -> Iterator[tuple[House, FastAPI]]:
    """The real page behind the sign-in."""
    said: list[str] = []
    door = Door(home, sign_in, said)
    with served(ScriptedBackend(discussion), home, tabs=[door]) as url:
        yield House(url=url, home=home, said=said), door.server


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, FastAPI]]:
    with whole(tmp_path_factory.mktemp("home")) as house_and_server:
        yield house_and_server


def _addresses(routes: Sequence[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        path = before + re.sub(r"\{[^}]*\}", "x", getattr(route, "path", ""))
        inner = getattr(getattr(route, "original_router", route), "routes", None)  # FastAPI keeps an included one whole
        if inner:
            yield from _addresses(inner, path.rstrip("/"))
        for method in getattr(route, "methods", None) or ("GET", "POST"):
            yield method, path or "/"


def test_a_stranger_reaches_no_route_of_the_page(made: tuple[House, FastAPI]) -> None:
    house, app = made
    addresses = {*_addresses(app.routes), *(("GET", path) for path in _GRADIO), ("OPTIONS", "/config")} - _OPEN
    port = house.url.rsplit(":", 1)[1]
    reached = []
    with httpx.Client(base_url=house.url, verify=False) as stranger:
        for cookie in ("", f"roundtable_user_{port}={'A' * 43}"):
            for method, path in sorted(addresses):
                if path in _DOORS:
                    continue
                headers = {"Cookie": cookie} if cookie else {}
                answer = stranger.request(method, path, headers=headers)
                if answer.status_code != 401 or (method != "HEAD" and set(answer.json()) != {"error"}):
                    reached.append((method, path, answer.status_code))

    assert {("POST", "/gradio_api/queue/join"), ("POST", "/gradio_api/upload"), ("GET", "/config")} <= addresses
    assert reached == []


def test_other_methods_at_the_doors_do_not_reach_the_page_behind(made: tuple[House, FastAPI]) -> None:
    house, _ = made

    answers = {
        (method, path): httpx.request(method, house.url + path, verify=False).status_code
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
        for path in _DOORS
    }

    assert set(answers.values()) == {405}


def test_a_person_makes_the_first_account_signs_out_and_in_again_in_chinese(
    made: tuple[House, FastAPI], browser: Browser
) -> None:
    house, _ = made
    with _tab(browser, locale="zh-CN") as (page, wrong):
        page.goto(house.url)
        expect(page.get_by_role("heading", name="创建第一个账户")).to_be_visible()
        page.get_by_label("设置代码").fill(house.code)
        page.get_by_label("用户名").fill("小李")
        page.get_by_label("新密码").fill("短")
        page.get_by_role("button", name="创建账户").click()
        expect(page.get_by_role("alert")).to_have_text("密码长度须为 10 至 1000 个字符。")
        page.get_by_label("设置代码").fill(house.code)
        page.get_by_label("新密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#tabs")).to_be_visible(timeout=20_000)

        page.goto(f"{house.url}/accounts")
        expect(page.get_by_text("您已登录为 小李（管理员）。")).to_be_visible()
        page.get_by_role("button", name="退出登录", exact=True).click()
        expect(page.get_by_role("status")).to_have_text("您已退出登录。")
        page.go_back()
        expect(page.get_by_role("heading", name="登录")).to_be_visible()

        page.get_by_label("用户名").fill("小李")
        page.get_by_label("密码").fill("不是这个密码，对吗")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("用户名或密码错误。")
        page.get_by_label("密码").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_text("您已登录为 小李（管理员）。")).to_be_visible()
    assert [line for line in wrong if "403" not in line and "400" not in line] == []


def test_the_pages_fit_a_phone_and_a_link_from_another_site_finds_who_is_signed_in(
    made: tuple[House, FastAPI], browser: Browser
) -> None:
    house, _ = made
    house.add("ann-with-a-rather-long-name@a-long-domain.example", "admin")
    house.add("rob", "reader")
    with _elsewhere(f"{house.url}/accounts") as link, _tab(browser, width=390) as (page, wrong):
        page.goto(f"{house.url}/accounts")
        page.get_by_label("Name", exact=True).fill("ann-with-a-rather-long-name@a-long-domain.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
        page.locator("summary", has_text="Change your password").click()
        page.locator("summary", has_text="Remove rob").click()
        assert _overflow(page) == 0
        page.goto(link)
        page.get_by_role("link", name="there").click()
        expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
        page.get_by_role("link", name="Audit").click()
        expect(page.get_by_role("cell", name="signed in").first).to_be_visible()
        assert _overflow(page) == 0
    assert wrong == []


def test_who_comes_back_from_the_provider_is_signed_in(browser: Browser, tmp_path: Path) -> None:
    with provider() as place:
        place.url = place.url.replace("127.0.0.1", "localhost")
        with (
            whole(tmp_path, SignIn(kind="oidc", oidc=place.oidc(), cost=CHEAP)) as (made, _),
            _tab(browser) as (page, wrong),
        ):
            page.goto(f"{made.url}/accounts")
            page.get_by_role("link", name="Sign in at localhost").click()
            expect(page.get_by_text("You are signed in as sam (reader).")).to_be_visible()
    assert wrong == []


@contextmanager
def _tab(browser: Browser, *, locale: str = "en-GB", width: int = 1280) -> Iterator[tuple[Page, list[str]]]:
    """A tab, and what went wrong in it."""
    context: BrowserContext = browser.new_context(locale=locale, viewport={"width": width, "height": 844})
    page, wrong = context.new_page(), list[str]()
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page, wrong
    context.close()


@contextmanager
def _elsewhere(target: str) -> Iterator[str]:
    """The address of a page of another site that links to ours."""
    app = FastAPI()

    @app.get("/")
    def page() -> Any:
        return HTMLResponse(f'<link rel="icon" href="data:,"><a href="{target}">there</a>')

    with at_work(app) as url:
        yield url.replace("127.0.0.1", "localhost")


def _overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
