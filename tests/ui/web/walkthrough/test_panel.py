"""The first steps say what is there, lead on to what a visitor may do, and ask what the samples answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest

from configs.settings import LLMSettings, Settings
from tests.ui.web.markup import Markup
from ui.web.walkthrough.examples import QUESTIONS, example_questions
from ui.web.walkthrough.panel import State, model_line, walkthrough
from ui.web.words import Language, words_in

EN, ZH = words_in("en"), words_in("zh")
NONE = Settings()
MODEL = Settings(llm=LLMSettings(provider="openai", model="<b>big</b>"))
SAMPLES = {"samples": 12, "mine": 3}
EXAMPLES = ("How <much>?", "When?")


def test_the_samples_are_there_no_model_is_and_questions_are_offered() -> None:
    shown = walkthrough(State(settings=NONE, documents=SAMPLES, examples=EXAMPLES), EN)
    assert "12 sample documents are there to try." in shown
    assert 'data-tab="library">Add my own documents<' in shown
    assert "No model is configured; answers are quotes from the documents." in shown
    assert 'data-tab="settings">Add a model<' in shown
    assert '<button type="button" class="example">How &lt;much&gt;?</button>' in shown
    assert Markup(shown).active == set()


def test_a_model_is_named() -> None:
    shown = walkthrough(State(settings=MODEL, documents=SAMPLES), EN)
    assert "Answers are written by &lt;b&gt;big&lt;/b&gt;." in shown
    assert 'data-tab="settings"' not in shown


def test_without_samples_no_question_about_them_is_offered() -> None:
    shown = walkthrough(State(settings=NONE, documents={"mine": 1}, examples=EXAMPLES), EN)
    assert "1 document is there." in shown
    assert "Write it below." in shown
    assert 'class="example"' not in shown


def test_nobody_is_led_to_what_they_may_not_do() -> None:
    shown = walkthrough(State(settings=NONE, documents=SAMPLES, may_add=False, may_set=False), EN)
    assert "data-tab" not in shown
    assert "An administrator can add one." in shown


def test_the_panel_is_chinese_for_those_who_read_it() -> None:
    shown = walkthrough(State(settings=NONE, documents=SAMPLES), ZH)
    assert "已备好 12 份示例文档可供试用。" in shown
    assert "添加我的文档" in shown


def test_the_line_about_the_model_leads_to_the_settings_only_where_there_is_none() -> None:
    line = model_line("", EN)
    assert "No model is configured; answers are quotes." in line
    assert 'data-tab="settings">Settings<' in line
    assert model_line("<b>big</b>", EN) == '<p class="model-line">Answers are written by &lt;b&gt;big&lt;/b&gt;.</p>'


@pytest.mark.parametrize("language", get_args(Language))
def test_three_questions_that_the_samples_answer_are_there_in_every_language(language: Language) -> None:
    rows = {row["question"]: row for row in map(json.loads, QUESTIONS.read_text(encoding="utf-8").splitlines())}
    chosen = [rows[question] for question in example_questions(language)]
    assert [row["language"] for row in chosen] == [language] * 3
    assert all(row["answer"] for row in chosen)
    assert len({row["source"] for row in chosen}) == 3


def test_where_the_examples_are_not_installed_there_are_none(tmp_path: Path) -> None:
    assert example_questions("en", tmp_path / "none.jsonl") == ()
