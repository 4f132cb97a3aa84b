"""What the page says, in English and in Chinese: every sentence has a name, and stands in `languages/*.yaml`."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import yaml
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

from configs.errors import AppError

Language = Literal["en", "zh"]
Form = str | Mapping[str, str]
"""A sentence, or one for `one` and one for `other` numbers."""

LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "中文"}
COOKIE = "roundtable_language"

_FOLDER = Path(__file__).parent / "languages"


class Words:
    """The sentences of one language by their names."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, key: str, **values: object) -> str:
        """The sentence `key` with its `{values}` filled in; `n` chooses between one and many. Raises KeyError."""
        form = catalogue()[key][self.language]
        if not isinstance(form, str):
            form = form["one" if values.get("n") == 1 else "other"]
        return form.format(**values)

    def error(self, error: AppError) -> tuple[str, str]:
        """What went wrong, and what to do.

        In Chinese the kind of error is told, with the English sentence about this one below it.
        """
        key = next((name for kind in type(error).__mro__ if (name := f"errors.{kind.__name__}") in catalogue()), "")
        if self.language == "en" or not key:
            return error.message, error.hint
        return self(key), f"{error.message} {error.hint}".strip()


@functools.cache
def words_in(language: Language) -> Words:
    """The words of a language."""
    return Words(language)


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, Form]]:
    """Every sentence in every language: `{key: {language: form}}`."""
    files = sorted(_FOLDER.glob("*.yaml"))
    return {key: forms for file in files for key, forms in yaml.safe_load(file.read_text(encoding="utf-8")).items()}


def language_of(scope: Scope) -> Language:
    """What the person chose, else what the browser prefers, else English."""
    chosen = HTTPConnection(scope).cookies.get(COOKIE, "")
    for wanted in (chosen, *Headers(scope=scope).get("accept-language", "").split(",")):
        for language in get_args(Language):
            if wanted.strip().lower().startswith(language):
                return language  # type: ignore[no-any-return]
    return "en"
