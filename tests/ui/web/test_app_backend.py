"""The real application behind the page: its library, its agents, its answers with citations."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import docx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from agents.app import App, build_app
from agents.errors import ConversationError, UnknownTeam
from agents.events import RunCompleted
from configs.errors import AppError, ConfigError
from configs.settings import ParsingSettings, Settings
from retrieval.errors import DataDirectoryInUse
from tests.retrieval.evidence.pixels import yellow
from tests.retrieval.parsing.sheets import WIDTH, Sheet, write_pdf
from tests.ui.web.conftest import served
from tests.ui.web.waiting import until
from ui.web.app_backend import AppBackend
from ui.web.backend import Chat, Wish

DOCUMENTS = {
    "travel.md": "# Handbook\n\n## Travel\n\nHotels are paid up to 120 euros a night. Taxis need a receipt.\n",
    "假期.md": "# 员工手册\n\n## 年假\n\n员工每年有十二天带薪年假。\n",
}


MOST_PAGES = 4


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    first = Sheet().text(72, 100, "Parking", size=16, font="bold")
    first.lines(72, 130, ["Visitors park in the yard behind the mill.", "The gate is locked at ten."])
    second = Sheet().text(72, 100, "Lockers", size=16, font="bold")
    second.lines(72, 130, ["A locker costs seven crowns per month.", "Its key is kept by the janitor."])
    write_pdf(folder / "building.pdf", [first, second])
    memo = docx.Document()
    memo.add_heading("Memo", 1)
    for sentence in ("The canteen opens at noon.", "Soup is served on Thursdays only.", "Bring a spoon."):
        memo.add_paragraph(sentence)
    memo.save(str(folder / "memo.docx"))
    return folder


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[App]:
    limits = ParsingSettings(max_pages=MOST_PAGES)
    app = build_app(Settings(data_dir=tmp_path_factory.mktemp("home"), kb="handbook", parsing=limits))
    app.library.create("archive")
    app.library.create("handbook").ingest([folder])
    yield app
    app.close()


def begun(backend: AppBackend, wish: Wish, *, owner: str = "") -> Chat:
    return backend.new_conversation(wish, owner=owner, conversation_id=uuid4().hex)


@pytest.fixture(scope="module")
def backend(app: App) -> AppBackend:
    backend = AppBackend(lambda _: app)
    backend.start()
    return backend


def test_the_configured_knowledge_base_comes_first(backend: AppBackend) -> None:
    assert backend.knowledge_bases() == ["handbook", "archive"]


def test_a_conversation_is_held_with_the_agents(backend: AppBackend) -> None:
    *_, last = begun(backend, Wish(kb="handbook")).ask("How much is paid for a hotel?")
    assert isinstance(last, RunCompleted)
    assert "120" in last.answer


def test_the_configured_team_comes_first_and_only_known_ones_are_asked(backend: AppBackend, tmp_path: Path) -> None:
    choices = backend.choices()
    assert (choices.kbs[0], choices.teams[0], choices.strategies[0]) == ("handbook", "qa", "hybrid")
    assert "analyst" in choices.teams
    begun(backend, Wish(kb="handbook", team="analyst"))
    (tmp_path / "team.yaml").write_text("secret: here")
    for team in ("nobody", str(tmp_path / "team.yaml")):
        with pytest.raises(UnknownTeam, match="There is no team") as raised:
            begun(backend, Wish(kb="handbook", team=team))
        assert "secret" not in str(raised.value)
    with pytest.raises(ConfigError, match="There is no strategy"):
        begun(backend, Wish(strategy=str(tmp_path / "team.yaml")))


def test_conversations_are_kept_by_their_owner(backend: AppBackend) -> None:
    chat = begun(backend, Wish(kb="handbook"), owner="ann")
    list(chat.ask("How much is paid for a hotel?"))
    name = chat.info.id
    assert [info.id for info in backend.conversations("ann", "hotel")] == [name]
    assert backend.conversations("bob") == []
    branch = backend.branch(name, "ann", through=1)
    again, question = backend.retry(name, "ann", Wish(strategy="lexical"))
    assert question == "How much is paid for a hotel?"
    assert (again.info.strategy, branch.info.parent) == ("lexical", name)
    backend.rename(name, "ann", "Hotels")
    assert backend.conversation(name, "ann").info.title == "Hotels"
    with pytest.raises(ConversationError):
        backend.delete(name, "bob")
    backend.delete(name, "ann")
    with pytest.raises(ConversationError):
        backend.conversation(name, "ann")


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
    backend.prepare()
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
        begun(backend, Wish())


@pytest.fixture
def page(browser: Browser, backend: AppBackend, tmp_path: Path) -> Iterator[Page]:
    with served(backend, tmp_path) as url:
        page = browser.new_page()
        page.goto(url)
        yield page
        page.close()


def open_first_source(page: Page, question: str, answered: str) -> Locator:
    page.get_by_role("textbox", name="Your question").fill(question)
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    expect(answer).to_contain_text(answered, timeout=20_000)
    answer.locator(".prose .cite").first.click()
    return page.locator(".passage")


@pytest.mark.parametrize(
    ("question", "marked", "source"),
    [
        ("How much is paid for a hotel?", "120 euros", "travel.md"),
        ("员工每年有几天年假？", "十二天", "假期.md"),
        ("On which day is soup served?", "Thursdays", "memo.docx"),
    ],
)
def test_a_question_is_answered_with_a_citation_that_opens(page: Page, question: str, marked: str, source: str) -> None:
    passage = open_first_source(page, question, marked)
    expect(passage.get_by_role("heading")).to_contain_text(source)
    expect(passage.locator(".cited mark").first).to_contain_text(marked)


def test_a_citation_of_a_pdf_opens_the_page_with_the_sentence_marked(page: Page) -> None:
    passage = open_first_source(page, "What does a locker cost per month?", "seven crowns")
    image = passage.get_by_role("img", name="Page 2 of building.pdf with the cited words marked")
    until(lambda: bool(image.evaluate("image => image.complete && image.naturalWidth > 0")))
    shown = Image.open(io.BytesIO(image.screenshot()))
    mark, scale = yellow(shown), shown.width / WIDTH
    assert mark
    assert mark[0] / scale == pytest.approx(72, abs=3)
    assert 115 < mark[1] / scale < mark[3] / scale < 150


def test_a_changed_original_is_told_and_its_text_still_shown(backend: AppBackend, page: Page, tmp_path: Path) -> None:
    path = tmp_path / "cellar.pdf"
    write_pdf(path, [Sheet().lines(72, 130, ["The cellar holds forty barrels of cider."])])
    backend.app().library.open("handbook").ingest([path])
    path.write_bytes(path.read_bytes() + b" ")
    passage = open_first_source(page, "How many barrels of cider does the cellar hold?", "forty barrels")
    expect(passage).to_contain_text("cellar.pdf has changed or is gone")
    expect(passage.locator("mark")).to_contain_text("forty barrels")
    expect(passage.get_by_role("img")).to_have_count(0)
