"""The real application behind the page: its library, its agents, its answers with citations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from agents.app import App, build_app
from agents.events import RunCompleted
from configs.errors import AppError
from configs.settings import Settings
from retrieval.errors import DataDirectoryInUse, UnknownKnowledgeBase
from tests.ui.web.conftest import served
from tests.ui.web.waiting import until
from ui.web.app_backend import AppBackend

DOCUMENTS = {
    "travel.md": "# Handbook\n\n## Travel\n\nHotels are paid up to 120 euros a night. Taxis need a receipt.\n",
    "假期.md": "# 员工手册\n\n## 年假\n\n员工每年有十二天带薪年假。\n",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    app = build_app(Settings(data_dir=tmp_path_factory.mktemp("home"), kb="handbook"))
    app.library.create("archive")
    app.library.create("handbook").ingest([folder])
    yield app
    app.close()


@pytest.fixture(scope="module")
def backend(app: App) -> AppBackend:
    backend = AppBackend(lambda _: app)
    backend.start()
    return backend


def test_the_configured_knowledge_base_comes_first(backend: AppBackend) -> None:
    assert backend.knowledge_bases() == ["handbook", "archive"]


def test_documents_are_listed_with_their_figures(backend: AppBackend) -> None:
    rows, total = backend.documents("handbook", 1)
    assert total == 2
    assert [(row.name, row.pages, row.chunks, row.status) for row in rows] == [("travel.md", 0, 1, "indexed")]
    with pytest.raises(UnknownKnowledgeBase):
        backend.documents("nowhere", 1)


def test_documents_are_taken_in_with_progress(backend: AppBackend, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text("# News\n\nThe office moves to Porto.\n")
    (tmp_path / "bad.pdf").write_text("not a pdf")
    seen: list[tuple[str, str, int]] = []
    backend.ingest(
        "archive",
        [tmp_path / "new.md", tmp_path / "bad.pdf"],
        lambda outcome, _, total: seen.append((Path(outcome.source).name, outcome.status, total)),
        threading.Event(),
    )
    assert sorted(seen) == [("bad.pdf", "failed", 2), ("new.md", "indexed", 2)]


def test_a_conversation_is_held_with_the_agents(backend: AppBackend) -> None:
    *_, last = backend.new_conversation("handbook").ask("How much is paid for a hotel?")
    assert isinstance(last, RunCompleted)
    assert "120" in last.answer


def test_preparing_tells_what_it_does_and_then_is_ready(app: App) -> None:
    go_on = threading.Event()

    def prepare(say: object) -> App:
        assert callable(say)
        say("Loading the models…")
        go_on.wait()
        return app

    backend = AppBackend(prepare)
    backend.start()
    until(lambda: backend.readiness().message == "Loading the models…")
    assert not backend.readiness().ready
    go_on.set()
    assert backend.knowledge_bases()
    assert backend.readiness().ready


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DataDirectoryInUse("Another process owns the data.", hint="Close it."), "Another process owns the data."),
        (ZeroDivisionError("secret"), "The application could not start."),
    ],
)
def test_a_failed_preparation_is_told_to_everyone_who_asks(error: Exception, message: str) -> None:
    def prepare(say: object) -> App:
        raise error

    backend = AppBackend(prepare)
    backend.start()
    until(lambda: backend.readiness().error is not None)
    assert not backend.readiness().ready
    with pytest.raises(AppError, match=message):
        backend.new_conversation("handbook")


@pytest.fixture
def page(browser: Browser, backend: AppBackend, tmp_path: Path) -> Iterator[Page]:
    with served(backend, tmp_path) as url:
        page = browser.new_page()
        page.goto(url)
        yield page
        page.close()


@pytest.mark.parametrize(
    ("question", "marked", "source"),
    [
        ("How much is paid for a hotel?", "120 euros", "travel.md"),
        ("员工每年有几天年假？", "十二天", "假期.md"),
    ],
)
def test_a_question_is_answered_with_a_citation_that_opens(page: Page, question: str, marked: str, source: str) -> None:
    page.get_by_role("textbox", name="Your question").fill(question)
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    expect(answer).to_contain_text(marked, timeout=20_000)
    answer.locator(".prose .cite").first.click()
    passage = page.locator(".passage")
    expect(passage.get_by_role("heading")).to_contain_text(source)
    expect(passage.locator("mark").first).to_contain_text(marked)
