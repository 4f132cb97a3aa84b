"""The library in a real browser before a real application: what editors do, what readers may not."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.ui.web.browsing import opened
from tests.ui.web.library.conftest import settings_in
from tests.ui.web.real_app import KB, Real, real_app
from ui.web.library.page import LibraryPage
from ui.web.undoing import Undoing
from ui.web.uploads import Shelf
from ui.web.visitor import USER

expect.set_options(timeout=20_000)

CHANGES = ("create", "remove", "add", "add_folder", "fetch", "read", "reparse", "reembed")
"""The handlers that change something, by the names Gradio gives them."""


class Readers:
    """A tab that is empty; whoever says so in a header is a reader."""

    name = "settings"

    def build(self, blocks: gr.Blocks) -> None:
        pass

    def serve(self, server: FastAPI) -> None:
        server.add_middleware(SignedIn)


class SignedIn:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (b"x-role", b"reader") in scope["headers"]:
            scope = {**scope, USER: ("rita", "reader")}
        await self._app(scope, receive, send)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    settings = settings_in(tmp_path_factory.mktemp("home"))
    shelf = Shelf(folder=settings.home / "uploads", max_mb=1)
    with real_app(
        settings.home,
        lambda backend: [LibraryPage(backend.app, shelf, settings, Undoing()), Readers()],
        settings=settings,
    ) as real:
        yield real


def _library(page: Page) -> None:
    page.get_by_role("tab", name="Library").click()
    expect(page.locator(".lib-documents")).to_be_visible(timeout=15_000)


def _row(page: Page, name: str) -> None:
    expect(page.locator(".lib-documents").get_by_role("button", name=name, exact=True)).to_be_visible(timeout=30_000)


def _delete_and_undo(page: Page) -> None:
    page.get_by_role("textbox", name="Filter by name").fill("tides")
    expect(page.locator(".lib-documents tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Delete tides.txt").click()
    expect(page.locator("#lib-documents")).to_contain_text("No document has these words")
    page.get_by_role("button", name="Undo the deletion of tides.txt").click()
    _row(page, "tides.txt")


def _search(page: Page) -> None:
    page.get_by_role("tab", name="Try a search").click()
    page.get_by_role("textbox", name="What to look for").fill("When is the tide high?")
    page.get_by_role("button", name="Search", exact=True).click()
    best = page.locator(".lib-hit").first
    expect(best).to_contain_text("tides.txt", timeout=15_000)
    expect(best.locator(".lib-why")).to_contain_text("words rank 1 of")
    assert best.locator(".lib-ledger tbody tr").count() == 3
    best.get_by_role("button", name="tides.txt").click()
    expect(page.locator(".lib-chunk.chosen")).to_contain_text("Saltmarsh Quay")


def test_a_document_is_added_previewed_found_and_deleted_with_undo(
    real: Real, browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "tides.txt").write_text("The tide at Saltmarsh Quay is high at noon.")
    (tmp_path / "tool.exe").write_bytes(b"MZ\0\1" * 99)
    with opened(browser, real.url) as page:
        _library(page)
        expect(page.locator(".lib-numbers")).to_contain_text("12 documents")
        expect(page.locator(".lib-numbers")).to_contain_text("all-MiniLM-L6-v2")

        page.locator("#lib-files input[type=file]").set_input_files([tmp_path / "tides.txt", tmp_path / "tool.exe"])
        job = page.get_by_role("region", name="Adding documents")
        expect(job.get_by_role("status")).to_have_text("2 of 2 done. 1 could not be read.", timeout=40_000)
        expect(job.locator("li.failed")).to_contain_text("Windows program")
        _row(page, "tides.txt")
        page.reload()
        _library(page)
        expect(page.locator("li.failed")).to_contain_text("tool.exe")
        page.get_by_role("button", name="Dismiss").click()
        expect(page.locator(".lib-job")).to_have_count(0)

        _delete_and_undo(page)
        _search(page)


def test_a_document_is_looked_at_page_by_page_with_its_passages_outlined(real: Real, browser: Browser) -> None:
    with opened(browser, real.url) as page:
        _library(page)
        page.get_by_role("textbox", name="Filter by name").fill("employee")
        expect(page.locator(".lib-documents tbody tr")).to_have_count(1)
        page.get_by_role("button", name="employee-handbook.pdf", exact=True).press("Enter")
        expect(page.locator(".lib-preview h3")).to_be_focused()
        page.wait_for_function("document.querySelector('.lib-sheet img')?.naturalWidth > 1000")
        expect(page.locator(".lib-box b").first).to_have_text("1")
        page.locator(".lib-chunk").nth(1).focus()
        expect(page.locator('.lib-box.on[data-chunk="2"]')).to_be_visible()
        sheet, box = (page.locator(place).first.bounding_box() for place in (".lib-sheet", ".lib-box.on"))
        assert sheet is not None
        assert box is not None
        assert sheet["x"] < box["x"] < box["x"] + box["width"] < sheet["x"] + sheet["width"]
        page.get_by_role("button", name="Next page").press("Enter")
        expect(page.locator(".lib-preview").get_by_role("status")).to_have_text("Page 2 of 3")
        expect(page.get_by_role("button", name="Next page")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="employee-handbook.pdf", exact=True)).to_be_focused()


def test_knowledge_bases_are_made_and_deleted_and_a_second_tab_sees_it(real: Real, browser: Browser) -> None:
    with opened(browser, real.url) as page, opened(browser, real.url) as other:
        _library(page)
        _library(other)
        page.get_by_role("button", name="New knowledge base").click()
        page.get_by_role("textbox", name="Name", exact=True).fill("../etc")
        page.get_by_role("button", name="Create").click()
        expect(page.locator("#lib-notice").get_by_role("alert")).to_contain_text("cannot name a knowledge base")
        page.get_by_role("textbox", name="Name", exact=True).fill("sea charts")
        page.get_by_role("button", name="Create").click()
        expect(page.locator(".lib-empty")).to_contain_text("No documents yet.")
        assert "sea charts" in real.app.library.names()
        kb = other.locator("#lib-kb input")
        kb.click()
        expect(other.get_by_role("option", name="sea charts")).to_be_visible()
        kb.press("Escape")
        kb.blur()
        page.get_by_role("button", name="Delete knowledge base").click()
        expect(page.locator("#lib-kb input")).to_have_value(KB)
        page.get_by_role("button", name="Undo the deletion of sea charts").click()
        page.locator("#lib-kb input").click()
        expect(page.get_by_role("option", name="sea charts")).to_be_visible()


def test_a_reader_sees_everything_and_changes_nothing(real: Real, browser: Browser) -> None:
    with opened(browser, real.url) as page:
        page.set_extra_http_headers({"X-Role": "reader"})
        page.reload()
        _library(page)
        expect(page.locator(".lib-actions")).to_have_count(0)
        for name in ("Delete knowledge base", "New knowledge base", "Add a folder"):
            expect(page.get_by_role("button", name=name)).to_have_count(0)
        expect(page.get_by_role("tab", name="Rebuild")).to_have_count(0)
        document = real.app.library.open(KB).document("contacts.csv")
        page.evaluate(
            """id => {
                const button = document.createElement("button");
                Object.assign(button.dataset, { act: "delete", document: id });
                document.querySelector("#lib-documents .lib-pieces").append(button);
                button.click();
            }""",
            document.id,
        )
        expect(page.locator("#lib-notice").get_by_role("alert")).to_contain_text("it takes the role editor")
        expect(page.locator(".lib-undo")).to_have_count(0)


@pytest.mark.parametrize("handler", CHANGES)
def test_a_forged_call_of_a_reader_is_refused(real: Real, handler: str) -> None:
    before = real.app.library.summary()
    config = json.loads(_get(real, "config"))
    called = next(each for each in config["dependencies"] if each["api_name"] == handler)
    kinds = {part["id"]: part["type"] for part in config["components"]}
    sent = {"textbox": "/etc", "dropdown": "all-MiniLM-L6-v2"}
    values = [sent.get(kinds[number]) for number in called["inputs"]]
    body = json.dumps({"data": values, "fn_index": called["id"], "session_hash": handler, "trigger_id": None})
    headers = {"Content-Type": "application/json", "X-Role": "reader"}
    request = urllib.request.Request(f"{real.url}/gradio_api/queue/join", body.encode(), headers)
    urllib.request.urlopen(request, timeout=10).close()
    told = _get(real, f"gradio_api/queue/data?session_hash={handler}", **headers)
    assert "it takes the role" in told
    assert real.app.library.summary() == before


def test_a_page_of_a_document_is_an_image_for_this_browser_alone_and_nothing_else_is_served(real: Real) -> None:
    document = real.app.library.open(KB).document("employee-handbook.pdf").id
    with urllib.request.urlopen(f"{real.url}/library/{KB}/{document}/page/2", timeout=30) as response:
        assert response.headers["Content-Type"] == "image/png"
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.read(8) == b"\x89PNG\r\n\x1a\n"
    other = real.app.library.open(KB).document("contacts.csv").id
    for address in (
        f"{KB}/{document}/page/4",
        f"{KB}/{document}/page/0",
        f"{KB}/{document}/page/-1",
        f"{KB}/{document}/page/9999999",
        f"{KB}/{other}/page/1",
        f"{KB}/employee-handbook.pdf/page/1",
        f"{KB}/..%2F..%2Fetc%2Fpasswd/page/1",
        f"unknown/{document}/page/1",
    ):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{real.url}/library/{address}", timeout=30)


def _get(real: Real, path: str, **headers: str) -> str:
    request = urllib.request.Request(f"{real.url}/{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        text: str = response.read().decode()
    return text
