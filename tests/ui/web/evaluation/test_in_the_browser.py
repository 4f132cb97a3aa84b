"""The evaluation tab in a real browser before a real application."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from retrieval.evaluation.questions import read_questions
from tests.ui.web.browsing import opened
from tests.ui.web.evaluation.given import FILES, Here, zipped
from tests.ui.web.evaluation.recorded import ASKED, DENSE, HEAD, TITLES
from tests.ui.web.real_app import KB
from ui.web.evaluation.question_store import QuestionStore
from ui.web.evaluation.run_store import RunStore

EXAMPLES = Path(__file__).resolve().parents[4] / "examples" / "questions.jsonl"


def show(page: Page) -> None:
    page.get_by_role("tab", name="Evaluation").click()


def test_own_questions_are_written_and_kept_as_they_are_typed(here: Here, browser: Browser) -> None:
    with opened(browser, here.url) as page:
        show(page)
        tally = page.locator("#evaluation-tally").get_by_role("status")
        page.get_by_role("button", name="Start with three examples").click()
        expect(tally).to_have_text("3 questions, saved.")
        page.get_by_role("button", name="Add a question").click()
        expect(page.get_by_role("textbox", name="Question").last).to_be_focused()
        page.keyboard.type("Which clock tells the tide?")
        page.keyboard.press("Tab")
        expect(tally).to_have_text("4 questions, saved. 1 has no document that is there and is left out.")
        page.keyboard.type("price-list-2025.xlsx")
        page.keyboard.press("Enter")
        expect(tally).to_have_text("4 questions, saved.")
        page.set_input_files("[data-import]", EXAMPLES)
        expect(page.locator(".asked")).to_have_count(44)
        expect(page.locator(".asked textarea").nth(3)).to_have_value("Which clock tells the tide?")
        page.get_by_role("button", name="Remove question 1", exact=True).click()
        expect(tally).to_contain_text("43 questions, saved.")


def measured(page: Page) -> None:
    """Measure two strategies, and look away in between."""
    show(page)
    for strategy in ("dense", "lexical"):
        page.get_by_role("checkbox", name=strategy).check()
    page.get_by_role("checkbox", name="hybrid").uncheck()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#evaluation-progress")).to_contain_text("Your run on handbook")
    page.reload()
    show(page)
    results = page.locator("#evaluation-result")
    expect(results).to_contain_text("p = ", timeout=40_000)
    expect(results.get_by_role("img", name="nDCG@10")).to_be_visible()
    expect(results.get_by_role("row").filter(has_text="lexical")).to_contain_text("[")


def test_strategies_are_measured_across_a_reload_and_compared_question_by_question(
    here: Here, browser: Browser
) -> None:
    questions = read_questions(EXAMPLES.read_text(encoding="utf-8"))
    QuestionStore(here.home / "evaluation" / "questions").add(KB, questions)
    with opened(browser, here.url) as page:
        measured(page)
        compared = page.locator("#evaluation-differences")
        everything = compared.locator("details").count()
        page.get_by_role("combobox", name="Measure").select_option("mrr@10")
        page.get_by_role("checkbox", name="Only different").check()
        expect(compared.locator("summary .same")).to_have_count(0)
        expect(page.get_by_role("checkbox", name="Only different")).to_be_focused()
        assert 0 < compared.locator("details").count() < everything
        compared.locator("summary").first.click()
        expect(compared.get_by_text("✓ expected").first).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Export CSV").click()
        rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
        assert len(rows) == compared.locator("details").count()
        chosen = page.locator("#evaluation-runs .chosen")
        run = chosen.get_by_role("button").first.get_attribute("id")
        chosen.get_by_role("button", name="Delete the run").click()
        page.get_by_role("button", name="Really delete?").click()
        expect(page.locator(f"#{run}")).to_have_count(0)


def test_a_dataset_is_uploaded_measured_and_a_broken_one_told(here: Here, browser: Browser, tmp_path: Path) -> None:
    with opened(browser, here.url) as page:
        show(page)
        page.get_by_role("radio", name="A dataset").check()
        upload = page.locator("[data-upload]")
        upload.set_input_files(zipped(tmp_path / "bad.zip", FILES | {"qrels.tsv": "q\nnonsense\n"}))
        expect(page.get_by_role("alert")).to_contain_text("Line 2 of qrels.tsv")
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator("#evaluation-notice").get_by_role("alert")).to_contain_text(
            "Choose a dataset or upload one."
        )
        upload.set_input_files(zipped(tmp_path / "sea.zip", FILES))
        expect(page.get_by_role("combobox", name="Uploaded dataset")).to_have_value("sea")
        expect(page.get_by_role("radio", name="A dataset")).to_be_checked()
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator("#evaluation-notice").get_by_role("alert")).to_have_count(0)
        expect(page.get_by_role("heading", name="Results on sea")).to_be_visible()
        expect(page.locator("#evaluation-result")).to_contain_text("2 questions, 100 passages", timeout=40_000)
        page.locator("#evaluation-differences").get_by_text("Measure a second strategy").wait_for()


def test_an_interrupted_run_shows_what_was_finished_in_chinese_too(here: Here, browser: Browser) -> None:
    runs = RunStore(here.home / "evaluation" / "runs", is_live=lambda _: True)
    runs.begin(HEAD, ASKED)
    runs.finish(HEAD, "dense", DENSE, TITLES)
    context = browser.new_context(locale="zh-CN", viewport={"width": 390, "height": 800}, color_scheme="dark")
    page = context.new_page()
    page.goto(here.url)
    page.get_by_role("tab", name="评测").click()
    page.locator(f"#evaluation-run-{HEAD.id}").click()
    expect(page.locator("#evaluation-result")).to_contain_text("评测期间服务器重启。2 种策略中已完成的 1 种已保留。")
    expect(page.get_by_role("img", name="MRR@10")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()
