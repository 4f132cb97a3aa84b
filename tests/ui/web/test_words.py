"""Everything the page says exists in both languages, with the same values in it."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from configs.errors import AppError
from ui.web.words import Form, catalogue, language_of, words_in

WEB = Path(__file__).parents[3] / "ui" / "web"
_USED = re.compile(r'(?:words|label|said)\(\s*"([a-z_]+\.[A-Za-z_.]+)"')


def _values(form: Form) -> set[str]:
    texts = [form] if isinstance(form, str) else list(form.values())
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", catalogue())
def test_a_sentence_is_there_in_both_languages(key: str) -> None:
    forms = catalogue()[key]

    assert set(forms) == {"en", "zh"}
    assert _values(forms["en"]) - {"n"} == _values(forms["zh"]) - {"n"}


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


def test_an_error_is_told_in_chinese_by_its_kind() -> None:
    error = AppError("The file is broken.", hint="Repair it.")

    assert words_in("en").error(error) == ("The file is broken.", "Repair it.")
    assert words_in("zh").error(error) == ("没有成功。", "The file is broken. Repair it.")
