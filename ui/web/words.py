"""What the page says, in English and in Chinese: every sentence has a name, and stands in `languages/*.yaml`.

`remarks.*` are what other layers say in English; the page tells them with `Words.remark`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, get_args

import yaml
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import Scope

from configs.errors import AppError
from ui.web.remarks import Phrasebook

Language = Literal["en", "zh"]
Form = str | Mapping[str, str]
"""A sentence, or one for `one` and one for `other` numbers."""

LANGUAGES: Mapping[Language, str] = {"en": "English", "zh": "中文"}
COOKIE = "roundtable_language"

_FOLDER = Path(__file__).parent / "languages"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The one written in C is ten times as fast, and not everywhere."""


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

    def remark(self, text: str) -> str:
        """What another layer says in English, as far as `languages/remarks.yaml` knows it; the rest as it is."""
        return text if self.language == "en" else _phrasebook()(text)

    def error(self, error: AppError) -> tuple[str, str]:
        """What went wrong, and what to do."""
        return self.failure(*(kind.__name__ for kind in type(error).__mro__), message=error.message, hint=error.hint)

    def failure(self, *kinds: str, message: str, hint: str) -> tuple[str, str]:
        """The same of an error by the names of its class and those above it.

        In Chinese a sentence that is not known is told by the kind of error, and stands below in English.
        """
        if self.language == "en":
            return message, hint
        kind = next((name for name in kinds if f"errors.{name}" in catalogue()), AppError.__name__)
        told, advice = self.remark(message), self._advice(kind, hint)
        english = ("" if told != message else message, "" if advice else hint)
        return self(f"errors.{kind}") if told == message else told, " ".join(filter(None, (advice, *english)))

    def _advice(self, kind: str, hint: str) -> str:
        """What to do, in this language; empty where only the hint itself says it."""
        told, usual = self.remark(hint), f"errors.{kind}.hint"
        if told != hint:
            return told
        return self(usual) if usual in catalogue() else ""


@functools.cache
def words_in(language: Language) -> Words:
    """The words of a language."""
    return Words(language)


@functools.cache
def catalogue() -> Mapping[str, Mapping[str, Form]]:
    """Every sentence in every language: `{key: {language: form}}`."""
    files = (file.read_text(encoding="utf-8") for file in sorted(_FOLDER.glob("*.yaml")))
    return {key: forms for text in files for key, forms in yaml.load(text, Loader=_LOADER).items()}


@functools.cache
def _phrasebook() -> Phrasebook:
    return Phrasebook(_pairs("remarks.", but="remarks.part."), _pairs("remarks.part."))


def _pairs(prefix: str, but: str = "-") -> Iterator[tuple[str, str]]:
    for key, forms in catalogue().items():
        if key.startswith(prefix) and not key.startswith(but):
            yield str(forms["en"]), str(forms["zh"])


def language_of(scope: Scope) -> Language:
    """What the person chose, else what the browser prefers, else English."""
    chosen = HTTPConnection(scope).cookies.get(COOKIE, "")
    for wanted in (chosen, *Headers(scope=scope).get("accept-language", "").split(",")):
        for language in get_args(Language):
            if wanted.strip().lower().startswith(language):
                return language  # type: ignore[no-any-return]
    return "en"
