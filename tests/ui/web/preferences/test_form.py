"""The form shows what is set, says what is fixed, and holds no key."""

from __future__ import annotations

import pytest

from agents.sandbox import BackendReport, SandboxReport
from configs.settings import LLMSettings, Settings
from tests.ui.web.preferences.test_draft import OFFERED, state
from ui.web.preferences.draft import State
from ui.web.preferences.form import form
from ui.web.preferences.sandbox_check import sandbox_check
from ui.web.words import words_in

EN, ZH = words_in("en"), words_in("zh")
SAVED = {
    "llm": {"provider": "openai", "model": 'm"><script>', "base_url": "http://ours/v1", "api_key": "sk-ours-1"},
    "models": {"fast": {"model": "small", "base_url": "http://b/v1", "api_key": "sk-fast-2", "temperature": 0.25}},
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_key_is_in_the_form(language: str) -> None:
    shown = form(state(SAVED), EN if language == "en" else ZH)
    assert "sk-" not in shown
    assert shown.count('placeholder="set"' if language == "en" else 'placeholder="已设置"') == 2


def test_what_is_set_is_shown_as_text() -> None:
    shown = form(state(SAVED), EN)
    assert 'name="llm/base_url" id="setting-llm/base_url" type="text" inputmode="url" value="http://ours/v1"' in shown
    assert 'value="m&quot;&gt;&lt;script&gt;"' in shown
    temperature = shown[shown.index('name="models/fast/temperature"') :]
    assert 'inputmode="decimal" value="0.25"' in temperature[: temperature.index(">")]
    assert '<option value="openai" selected>' in shown
    assert "<script" not in shown


def test_a_fixed_field_cannot_be_written_and_says_why() -> None:
    shown = form(state(SAVED, {("llm", "model"): "environment", ("team",): "file"}), EN)
    model = shown[shown.index('name="llm/model"') :]
    assert "readonly" in model[: model.index(">")]
    assert "Set by the environment; it cannot be changed here." in model[:400]
    assert '<select name="team" id="setting-team" disabled>' in shown
    assert "Set by the config file; it cannot be changed here." in shown


def test_models_of_elsewhere_are_told_and_can_be_tested() -> None:
    settings = Settings(models={"big": LLMSettings(model="large", base_url="http://c/v1")})
    shown = form(State(settings=settings, saved={}, fixed={}, offered=OFFERED), EN)
    assert "<code>big</code> large http://c/v1" in shown
    assert 'class="test" data-model="big"' in shown
    assert 'name="models/big/model"' not in shown


def test_a_value_that_is_not_offered_is_still_the_one_that_is_set() -> None:
    shown = form(state({"kb": "<gone>"}), EN)
    assert '<option value="&lt;gone&gt;" selected>&lt;gone&gt;</option>' in shown


def test_the_check_of_the_sandbox_tells_why_a_backend_is_not_usable() -> None:
    reports = (
        BackendReport(name="docker", usable=False, reason="<b>No daemon.</b>"),
        BackendReport(name="bubblewrap", usable=True),
    )
    report = SandboxReport(backend="bubblewrap", isolation="full", usable=True, backends=reports)
    shown = sandbox_check(report, EN)
    assert "Code runs in bubblewrap, with full isolation." in shown
    assert "<li><code>docker</code> &lt;b&gt;No daemon.&lt;/b&gt;</li>" in shown
    assert "完全隔离" in sandbox_check(report, ZH)
