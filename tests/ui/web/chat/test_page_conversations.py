"""Conversations in a real browser: found again, renamed, branched, compared, removed, alive in every tab."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.ui.web.browsing import ask, ended, log, opened
from tests.ui.web.conftest import served
from tests.ui.web.scripted import ANSWER, ScriptedBackend, answering, discussion


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScriptedBackend, str]]:
    backend = ScriptedBackend(discussion)
    with served(backend, tmp_path_factory.mktemp("home")) as url:
        yield backend, url


@pytest.fixture
def backend(server: tuple[ScriptedBackend, str]) -> ScriptedBackend:
    server[0].reset(discussion)
    return server[0]


@pytest.fixture
def page(browser: Browser, backend: ScriptedBackend, server: tuple[ScriptedBackend, str]) -> Iterator[Page]:
    with opened(browser, server[1]) as page:
        yield page


def listed(page: Page) -> list[str]:
    return page.locator("#side .conversations a").all_inner_texts()


def menu(page: Page, item: str) -> None:
    page.locator(".head summary").first.click()
    page.locator(".head").first.get_by_role("button", name=item).click()


def test_a_reloaded_page_and_a_second_tab_find_the_run_alive(
    page: Page, browser: Browser, backend: ScriptedBackend
) -> None:
    backend.script, backend.pause_s = answering(ANSWER * 40), 0.02
    ask(page)
    expect(log(page).locator(".message")).to_contain_text("Hotels are paid")
    page.reload()
    expect(log(page).locator(".message")).to_contain_text("Hotels are paid")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    second = page.context.new_page()
    second.goto(page.url)
    expect(second.get_by_role("log").locator(".message")).to_contain_text("Hotels are paid")
    before = len(log(page).inner_text())
    second.wait_for_timeout(500)
    assert len(log(page).inner_text()) > before
    second.get_by_role("button", name="Stop").click()
    for tab in (page, second):
        ended(tab, "Stopped.")


def test_another_conversation_can_be_read_while_one_runs_and_nothing_lands_in_it(
    page: Page, backend: ScriptedBackend
) -> None:
    ask(page, "The first?")
    ended(page)
    page.get_by_role("button", name="New conversation").click()
    expect(log(page)).to_contain_text("Ask your documents")
    backend.script, backend.pause_s = answering(ANSWER * 60), 0.02
    ask(page, "The second?")
    expect(log(page).locator(".message")).to_contain_text("Hotels are paid")
    page.get_by_role("link", name="The first?").click()
    expect(log(page).locator(".question")).to_have_text("The first?")
    text = log(page).inner_text()
    page.wait_for_timeout(500)
    assert log(page).inner_text() == text
    page.go_back()
    expect(log(page).locator(".question")).to_have_text("The second?")
    page.get_by_role("button", name="Stop").click()
    ended(page, "Stopped.")
    assert listed(page) == ["The second?", "The first?"]


def test_conversations_are_searched_renamed_saved_and_removed(page: Page) -> None:
    ask(page, "About hotels?")
    ended(page)
    page.get_by_role("button", name="New conversation").click()
    ask(page, "About taxis?")
    ended(page)
    expect(page.locator("[aria-current=page]")).to_have_text("About taxis?")
    menu(page, "Rename")
    page.get_by_role("textbox", name="Title").fill("Taxis <b>abroad</b>")
    page.keyboard.press("Enter")
    expect(page.locator(".head .title")).to_have_text("Taxis <b>abroad</b>")
    search = page.get_by_role("searchbox", name="Search conversations")
    search.fill("abroad")
    expect(page.locator("#side .conversations a")).to_have_text(["Taxis <b>abroad</b>"])
    search.fill("")
    expect(page.locator("#side .conversations a")).to_have_count(2)
    page.locator(".head summary").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Markdown").click()
    assert download.value.suggested_filename.endswith(".md")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("#side .conversations a")).to_have_text(["About hotels?"])
    page.get_by_role("button", name="Undo").click()
    expect(log(page).locator(".question")).to_have_text("About taxis?")
    expect(page.locator("#side .conversations a")).to_have_count(2)


def test_a_question_is_edited_and_asked_again_in_a_branch(page: Page, backend: ScriptedBackend) -> None:
    ask(page, "How much is a hotel?")
    ended(page)
    first = page.url
    log(page).locator(".question").hover()
    page.get_by_role("button", name="Edit and ask again").click()
    box = page.get_by_role("textbox", name="Your question")
    expect(box).to_have_value("How much is a hotel?")
    page.get_by_role("button", name="Cancel").click()
    expect(box).to_have_value("")
    page.get_by_role("button", name="Edit and ask again").click()
    box.fill("How much is a taxi?")
    box.press("Enter")
    expect(log(page).locator(".question")).to_have_text("How much is a taxi?")
    ended(page)
    assert page.url != first
    page.goto(first)
    expect(log(page).locator(".question")).to_have_text("How much is a hotel?")
    page.get_by_role("button", name="Branch here").click()
    expect(page.locator("#side .conversations a")).to_have_count(3)


def test_two_strategies_answer_side_by_side(page: Page, backend: ScriptedBackend) -> None:
    ask(page)
    ended(page)
    backend.script = answering("Another answer.")
    menu(page, "Compare…")
    page.get_by_role("combobox", name="Search strategy").last.select_option("lexical")
    page.get_by_role("button", name="Compare", exact=True).click()
    second = page.locator(".thread").nth(1)
    expect(second.locator(".answer")).to_contain_text("Another answer.")
    expect(second.locator(".facts")).to_contain_text("lexical")
    expect(page.locator(".thread").first.locator(".answer")).to_contain_text("Hotels are paid")
    second.get_by_role("button", name="Close the comparison").click()
    expect(page.locator(".thread")).to_have_count(1)
    expect(log(page).locator(".answer")).to_contain_text("Hotels are paid")


def test_pointing_at_a_number_tells_file_page_and_words(page: Page) -> None:
    ask(page)
    ended(page)
    page.locator(".answer .prose .cite").first.hover()
    for words in ("handbook.pdf", "page 3", "paid up to 120 euros a night"):
        expect(page.locator(".hint")).to_contain_text(words)
    page.mouse.move(1, 1)
    expect(page.locator(".hint")).to_have_count(0)


def test_a_conversation_that_is_not_there_says_so(page: Page, server: tuple[ScriptedBackend, str]) -> None:
    page.goto(f"{server[1]}/?c=nowhere")
    expect(page.locator("#notice").get_by_role("alert")).to_contain_text("There is no conversation")
    expect(log(page)).to_contain_text("Ask your documents")


def test_an_update_touches_only_what_has_changed(page: Page, backend: ScriptedBackend) -> None:
    ask(page)
    ended(page)
    backend.chats[-1].script, backend.chats[-1].pause_s = answering(ANSWER * 10), 0.01
    ask(page, "And more?")
    expect(log(page).locator(".message[aria-busy=true]")).to_be_visible()
    page.evaluate(
        """() => {
          const log = document.querySelector(".log");
          window.touched = new Set();
          const pieceOf = (node) => [...log.children].findIndex((piece) => piece.contains(node));
          new MutationObserver((changes) => changes.forEach((change) => window.touched.add(pieceOf(change.target))))
            .observe(log, { subtree: true, childList: true, characterData: true });
        }"""
    )
    ended(page)
    pieces = page.locator(".log > div").count()
    assert set(page.evaluate("[...window.touched]")) <= {-1, pieces - 1}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_page_follows_the_browser_and_then_the_choice(
    browser: Browser, backend: ScriptedBackend, server: tuple[ScriptedBackend, str], language: str
) -> None:
    words = {"en": ("Your question", "Ask", "Done."), "zh-CN": ("您的问题", "提问", "完成。")}
    context = browser.new_context(locale=language)
    page = context.new_page()
    page.goto(server[1])
    for label, button, done in (words[language], words["en" if language == "zh-CN" else "zh-CN"]):
        page.get_by_role("textbox", name=label).fill("多少？")
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator("#table").get_by_role("status")).to_have_text(re.compile(done))
        assert page.locator("html").get_attribute("lang") == ("zh-CN" if done.endswith("。") else "en")
        other = "en" if done.endswith("。") else "zh"
        context.add_cookies([{"name": "roundtable_language", "value": other, "url": server[1]}])
        page.goto(server[1])
    context.close()


def test_enter_while_a_word_is_composed_does_not_send(page: Page) -> None:
    box = page.get_by_role("textbox", name="Your question")
    box.click()
    session = page.context.new_cdp_session(page)
    session.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
    session.send(
        "Input.dispatchKeyEvent",
        {"type": "rawKeyDown", "windowsVirtualKeyCode": 229, "key": "Process", "code": "Enter"},
    )
    page.wait_for_timeout(300)
    expect(log(page)).to_contain_text("Ask your documents")
    session.send("Input.insertText", {"text": "你好"})
    expect(box).to_have_value("你好")
    box.press("Enter")
    expect(log(page).locator(".question")).to_have_text("你好")


def test_the_earlier_part_of_a_long_conversation_is_shown_when_it_is_asked_for(
    page: Page, backend: ScriptedBackend
) -> None:
    ask(page, "Question 0?")
    ended(page)
    chat = backend.chats[-1]
    for number in range(1, 100):
        for event in answering(f"Answer {number}.")(f"Question {number}?"):
            chat.keep(event)
    backend.chats.append(backend.chats.pop().branch(replace(chat.info, id="long"), 10_000))
    page.goto(f"{page.url.split('?')[0]}?c=long")
    expect(log(page)).to_contain_text("Answer 99.")
    expect(log(page).get_by_text("Question 0?", exact=True)).to_be_hidden()
    earlier = page.get_by_role("button", name="Show earlier messages")
    while earlier.is_visible():
        earlier.click()
    expect(log(page).get_by_text("Question 0?", exact=True)).to_be_visible()
    page.get_by_role("button", name="New conversation").click()
    expect(log(page)).to_contain_text("Ask your documents")


def test_a_hidden_tab_holds_no_connection_and_is_up_to_date_when_it_is_seen_again(
    page: Page, backend: ScriptedBackend
) -> None:
    def hidden(is_hidden: bool) -> None:
        page.evaluate(
            """is => {
              Object.defineProperty(document, "hidden", { get: () => is, configurable: true });
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            is_hidden,
        )

    backend.script, backend.pause_s = answering(ANSWER * 20), 0.01
    ask(page)
    expect(log(page).locator(".message")).to_contain_text("Hotels are paid")
    hidden(True)
    page.wait_for_timeout(200)
    text = log(page).inner_text()
    page.wait_for_timeout(600)
    assert log(page).inner_text() == text
    hidden(False)
    ended(page)
    assert len(log(page).inner_text()) > len(text)


def test_a_question_that_is_sent_twice_is_asked_once(page: Page, backend: ScriptedBackend) -> None:
    def slowly(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/conversations", slowly)
    box = page.get_by_role("textbox", name="Your question")
    box.fill("How much is a hotel?")
    box.press("Enter")
    box.press("Enter")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(log(page).locator(".question")).to_have_text("How much is a hotel?")
    ended(page)
    assert len(backend.chats) == 1
