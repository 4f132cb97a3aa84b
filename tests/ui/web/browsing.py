"""The page in a real browser, and what a person does with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Locator, Page, expect


@contextmanager
def opened(browser: Browser, url: str, *, may_fail: str = "") -> Iterator[Page]:
    """An opened page; afterwards nothing may have gone wrong but requests to an address with `may_fail`."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    wrong: list[str] = []
    page.on(
        "console",
        lambda message: (
            wrong.append(message.text)
            if message.type == "error" and not (may_fail and may_fail in message.location["url"])
            else None
        ),
    )
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"dialog {dialog.message}"))
    local = (url, "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else wrong.append(request.url))
    page.goto(url)
    yield page
    context.close()
    assert wrong == []


def ask(page: Page, question: str = "How much is a hotel?") -> None:
    """Send a question."""
    page.get_by_role("textbox", name="Your question").fill(question)
    page.get_by_role("button", name="Ask", exact=True).click()


def ended(page: Page, words: str = "Done.") -> None:
    """Wait until the run is over."""
    expect(page.locator("#table").get_by_role("status")).to_have_text(words, timeout=10_000)


def log(page: Page) -> Locator:
    """The conversation."""
    return page.get_by_role("log")
