"""An administrator sets a model in a browser, tests it against a real server, and the next conversation asks it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from agents.app import App, build_app
from configs.saving import FILE, read_saved
from configs.settings import Settings
from tests.openai_server import ScriptedServer, fail, say
from tests.ui.web.browsing import opened
from tests.ui.web.conftest import served
from tests.ui.web.preferences.serving import loading
from ui.web.app_backend import AppBackend
from ui.web.preferences.settings_page import SettingsPage

FIXED = {("llm", "timeout_s"): "environment", ("sandbox", "memory_mb"): "file"}


class Site:
    """A page on an empty data directory, and the settings that were put in force."""

    def __init__(self, home: Path, url: str, app: App, used: list[Settings]) -> None:
        self.home, self.url, self.app, self.used = home, url, app, used

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.url}/settings{path}", json=body, timeout=20)
        assert answer.status_code == 200
        told: dict[str, Any] = answer.json()
        return told


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    home = tmp_path_factory.mktemp("home")
    used: list[Settings] = []
    with build_app(Settings(data_dir=home), command="ui") as app:
        backend = AppBackend(lambda _: app)
        backend.start()

        def use(settings: Settings) -> None:
            used.append(settings)
            app.settings = settings

        page = SettingsPage(backend.app, load=loading(home), use=use, fixed=FIXED)  # type: ignore[arg-type]
        with served(backend, home, tabs=[page]) as url:
            yield Site(home, url, app, used)


@pytest.fixture(autouse=True)
def _as_new(site: Site) -> None:
    (site.home / FILE).unlink(missing_ok=True)
    site.used.clear()
    site.app.settings = Settings(data_dir=site.home)


def show(page: Page) -> None:
    page.get_by_role("tab", name="Settings").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()


def test_a_model_is_set_tested_and_saved(browser: Browser, site: Site) -> None:
    with ScriptedServer([say("ready")]) as model, opened(browser, site.url) as page:
        show(page)
        first = page.get_by_role("region", name="Model", exact=True)
        first.get_by_label("Answers come from").select_option("openai")
        first.get_by_label("Address").fill("nowhere")
        first.get_by_label("Temperature").fill("-1")
        page.get_by_role("button", name="Save").click()
        expect(first.get_by_text("This is no address.")).to_be_visible()
        expect(first.get_by_text("It must lie between 0 and 2.")).to_be_visible()
        expect(first.get_by_text("Name the model that shall answer.")).to_be_visible()
        expect(first.get_by_label("Address")).to_be_focused()
        expect(first.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
        first.get_by_label("Address").fill(model.base_url)
        first.get_by_label("Temperature").fill("0.5")
        first.get_by_label("Name of the model").fill("small")
        first.get_by_label("Key", exact=True).fill("sk-typed-here")
        first.get_by_role("button", name="Test").click()
        expect(first.get_by_role("status")).to_contain_text("It answers. The first token took")
        assert model.requests[0].headers["authorization"] == "Bearer sk-typed-here"
        assert not (site.home / FILE).exists()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".save").get_by_role("status")).to_have_text("Saved. New conversations use it.")
        expect(first.get_by_label("Key", exact=True)).to_have_attribute("placeholder", "set")
        expect(first.get_by_label("Key", exact=True)).to_have_value("")
        assert "sk-typed-here" not in page.content()
    assert site.used[-1].llm.model == "small"
    assert (site.used[-1].llm.base_url, site.used[-1].llm.temperature) == (model.base_url, 0.5)
    assert stat.S_IMODE((site.home / FILE).stat().st_mode) == 0o600


def test_further_models_are_added_and_removed_and_what_is_fixed_is_told(browser: Browser, site: Site) -> None:
    with opened(browser, site.url) as page:
        show(page)
        expect(page.get_by_label("Longest wait in seconds").first).not_to_be_editable()
        expect(page.get_by_text("Set by the environment; it cannot be changed here.")).to_be_visible()
        expect(page.get_by_label("Memory in MB")).not_to_be_editable()
        page.get_by_role("button", name="Add a model").click()
        card = page.locator(".card")
        expect(card.get_by_label("Name on this page")).to_be_focused()
        card.get_by_label("Name on this page").fill("fast")
        card.get_by_label("Name of the model").fill("small")
        page.locator("#settings").get_by_label("Team", exact=True).select_option("careful")
        page.get_by_role("button", name="Save").click()
        expect(card.get_by_role("heading")).to_have_text("fast")
        assert read_saved(site.home) == {"models": {"fast": {"model": "small"}}, "team": "careful"}
        card.get_by_role("button", name="Remove").click()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("None yet.")).to_be_visible()
    assert read_saved(site.home) == {"team": "careful"}
    assert site.app.settings.team == "careful"


def test_language_and_theme_are_remembered(browser: Browser, site: Site) -> None:
    with opened(browser, site.url) as page:
        show(page)
        page.get_by_label("Language", exact=True).select_option("zh")
        page.locator("#tab-settings-button").click()
        expect(page.get_by_label("语言")).to_have_value("zh")
        page.get_by_label("主题").select_option("dark")
        expect(page.locator("body.dark, .dark body, html.dark").first).to_be_attached()
        page.locator("#tab-settings-button").click()
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        assert (cookies["roundtable_theme"]["value"], cookies["roundtable_language"]["value"]) == ("dark", "zh")
        assert {cookies[name]["sameSite"] for name in ("roundtable_theme", "roundtable_language")} == {"Strict"}
        page.get_by_label("语言").select_option("")
        page.locator("#tab-settings-button").click()
        expect(page.get_by_label("Language", exact=True)).to_have_value("")


def test_a_failed_test_says_what_happened_and_what_to_do(site: Site) -> None:
    with ScriptedServer([fail(401, "no such key")]) as model:
        fields = {"llm/provider": "openai", "llm/base_url": model.base_url, "llm/model": "small"}
        told = site.post("/test", fields=fields)["told"]
    assert 'class="bad"' in told
    assert "refuse" in told
    assert 'class="what"' in told
    assert "There is no model to test" in site.post("/test", fields={})["told"]


def test_a_model_that_is_being_added_is_tested_at_its_own_address_without_the_key_of_the_first(site: Site) -> None:
    with ScriptedServer([say("ready")]) as model:
        first = {
            "llm/provider": "openai",
            "llm/base_url": "http://127.0.0.1:9/v1",
            "llm/model": "m",
            "llm/api_key": "sk-1",
        }
        new = {"models/+1/name": "fast", "models/+1/model": "small", "models/+1/base_url": model.base_url}
        told = site.post("/test", fields={**first, **new}, model="+1")["told"]
        (request,) = model.requests
    assert "It answers." in told
    assert request.body["model"] == "small"
    assert "sk-1" not in str(request.headers)


def test_the_saved_key_does_not_follow_to_another_address(site: Site) -> None:
    ours = {"llm/provider": "openai", "llm/base_url": "http://127.0.0.1:9/v1", "llm/model": "m", "llm/api_key": "sk-1"}
    site.post("/app", fields=ours)
    with ScriptedServer([say("ready")]) as theirs:
        site.post("/test", fields={"llm/base_url": theirs.base_url})
        assert "sk-1" not in str(theirs.requests[0].headers)
        told = site.post("/app", fields={"llm/base_url": theirs.base_url})
    assert "the key was forgotten" in told["told"]
    assert "sk-1" not in (site.home / FILE).read_text()


def test_nothing_is_saved_where_one_field_is_wrong(site: Site) -> None:
    told = site.post("/app", fields={"team": "nobody", "search/strategy": "lexical"})
    assert "“nobody” is not offered. There are: " in told["mistakes"]["team"]
    assert not (site.home / FILE).exists()
    assert site.used == []


def test_the_sandbox_is_checked(site: Site) -> None:
    told = site.post("/sandbox")["told"]
    assert "Code runs in" in told or "No code is run" in told
    assert "<code>bubblewrap</code>" in told


@pytest.mark.parametrize(
    "body", [{"fields": {"team": 1}}, {"fields": {"team": None}}, {"more": 1}, {"fields": [1]}, {"remove": "all"}]
)
def test_a_body_of_another_shape_is_refused(site: Site, body: dict[str, Any]) -> None:
    assert httpx.post(f"{site.url}/settings/app", json=body).status_code == 422
    assert site.used == []


def test_a_request_from_another_site_is_refused(site: Site) -> None:
    headers = {"Origin": "http://evil.example"}
    assert httpx.post(f"{site.url}/settings/app", json={}, headers=headers).status_code == 403
