"""Everything the page says exists in both languages, with the same values in it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from string import Formatter

import pytest

from agents.errors import BudgetExceeded, ConversationError, ModelAuthError, UnknownTeam
from configs.errors import AppError
from ui.web.words import Form, catalogue, language_of, words_in

WEB = Path(__file__).parents[3] / "ui" / "web"
_CLASS = re.compile(r"^class (\w+)\(([\w, ]+)\):", re.MULTILINE)
_NAME = re.compile(r"^([\w.]+):", re.MULTILINE)
_USED = re.compile(r'(?:words|label|said)\(\s*"([a-z_]+\.[A-Za-z_.]+)"')


def _values(form: Form) -> set[str]:
    texts = [form] if isinstance(form, str) else list(form.values())
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_every_sentence_is_there_in_both_languages() -> None:
    wrong = {
        key
        for key, forms in catalogue().items()
        if set(forms) != {"en", "zh"} or _values(forms["en"]) - {"n"} != _values(forms["zh"]) - {"n"}
    }

    assert not wrong


def test_no_name_is_given_twice() -> None:
    names = [name for file in WEB.rglob("languages/*.yaml") for name in _NAME.findall(file.read_text(encoding="utf-8"))]

    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert set(names) == set(catalogue())


def test_every_sentence_that_is_asked_for_is_there() -> None:
    used = {key for file in WEB.rglob("*.py") for key in _USED.findall(file.read_text(encoding="utf-8"))}

    assert used <= set(catalogue())


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({}, "en"),
        ({"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"),
        ({"accept-language": "de,en;q=0.5,zh;q=0.4"}, "en"),
        ({"accept-language": "zh-CN", "cookie": "roundtable_language=en"}, "en"),
        ({"accept-language": "en", "cookie": "roundtable_language=zh"}, "zh"),
        ({"accept-language": "en", "cookie": "roundtable_language=<script>"}, "en"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_browsers(headers: dict[str, str], language: str) -> None:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]

    assert language_of({"type": "http", "headers": raw}) == language


def test_every_kind_of_error_has_a_sentence() -> None:
    assert {kind for kind in _errors() if f"errors.{kind}" not in catalogue()} == set()


def test_every_sentence_about_an_error_is_about_one_there_is() -> None:
    told = {key.split(".")[1] for key in catalogue() if key.startswith("errors.")}

    assert told == _errors()


def _errors() -> set[str]:
    """The names of all classes of the application's errors, whoever imports them."""
    bases: dict[str, set[str]] = {}
    for folder in ("configs", "retrieval", "agents", "ui"):
        for file in (WEB.parents[1] / folder).rglob("*.py"):
            found = _CLASS.findall(file.read_text(encoding="utf-8"))
            bases.update({name: set(re.findall(r"\w+", parents)) for name, parents in found})
    errors = {"AppError"}
    while more := {name for name, parents in bases.items() if parents & errors} - errors:
        errors |= more
    return errors


def test_in_english_an_error_says_what_it_says() -> None:
    error = AppError("The file is broken.", hint="Repair it.")

    assert words_in("en").error(error) == ("The file is broken.", "Repair it.")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (AppError("The file is broken.", hint="Repair it."), ("没有成功。", "The file is broken. Repair it.")),
        (ConversationError("The question is empty.", hint="Type a question."), ("问题为空。", "请输入问题。")),
        (ConversationError("The question is empty.", hint="Try so."), ("问题为空。", "Try so.")),
        (
            ModelAuthError("No.", hint="Check it."),
            ("语言模型服务拒绝了密钥。", "请检查设置中的密钥（API_KEY）及其权限。 No."),
        ),
        (
            BudgetExceeded("No.", hint="Raise the team's budget."),
            ("预算已用尽，仍未得出回答。", "请提高团队的预算。 No."),
        ),
        (UnknownTeam("There is no team 'x'."), ("没有团队 'x'。", "")),
    ],
)
def test_in_chinese_an_error_says_what_is_known_and_the_rest_in_english(error: AppError, told: tuple[str, str]) -> None:
    assert words_in("zh").error(error) == told


@pytest.mark.parametrize("kind", ["ModelTimeout", "SomethingNew", ""])
def test_an_error_of_a_log_is_told_by_the_name_of_its_kind(kind: str) -> None:
    told = words_in("zh")(f"errors.{kind if kind == 'ModelTimeout' else 'AppError'}")

    assert words_in("zh").failure(kind, message="No.", hint="")[0] == told
    assert words_in("en").failure(kind, message="No.", hint="So.") == ("No.", "So.")
