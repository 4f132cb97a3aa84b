"""The settings that can be changed on the page, and what may be written into each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from configs.saving import Name
from configs.settings import ApprovalPolicy

Kind = Literal["text", "address", "secret", "number", "whole", "choice"]

MOST_CHARS = 2000
_MODEL_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")


class Mistaken(ValueError):
    """What was written into a field cannot be taken: the sentence of that `key` says why."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


@dataclass(frozen=True, kw_only=True)
class Field:
    """`choices` names what is offered, where something is; numbers lie from `least` to `most`."""

    name: Name
    kind: Kind
    least: float = 0
    most: float = 0
    choices: str = ""

    @property
    def key(self) -> str:
        """Its name on the page, which is also that of its label in `preferences.yaml` behind `preferences.`."""
        return "/".join(self.name)

    @property
    def label(self) -> str:
        """The key of its label; further models have those of the first."""
        section = "llm" if self.name[0] == "models" else self.name[0]
        return "_".join(("preferences.field", section, *self.name[-1:] * (len(self.name) > 1)))

    def read(self, text: str, offered: Sequence[str] = ()) -> Any:
        """The value of what was written, None for nothing. Raises Mistaken."""
        text = text.strip()
        if not text:
            if self.kind == "choice":
                raise Mistaken("preferences.wrong_choice", value="", known=", ".join(offered))
            return None
        if len(text) > MOST_CHARS or not text.isprintable():
            raise Mistaken("preferences.wrong_text", most=MOST_CHARS)
        if self.kind == "choice" and text not in offered:
            raise Mistaken("preferences.wrong_choice", value=text[:80], known=", ".join(offered))
        if self.kind == "address":
            _check_address(text)
        return self._number(text) if self.kind in ("number", "whole") else text

    def _number(self, text: str) -> float | int:
        try:
            number = int(text) if self.kind == "whole" else float(text)
        except ValueError:
            raise Mistaken(f"preferences.wrong_{self.kind}", value=text[:80]) from None
        if not self.least <= number <= self.most:  # which no NaN does
            raise Mistaken("preferences.wrong_range", least=f"{self.least:g}", most=f"{self.most:g}")
        return number


_MODEL = (
    Field(name=("llm", "base_url"), kind="address"),
    Field(name=("llm", "model"), kind="text"),
    Field(name=("llm", "api_key"), kind="secret"),
    Field(name=("llm", "temperature"), kind="number", most=2),
    Field(name=("llm", "timeout_s"), kind="number", least=1, most=3600),
    Field(name=("llm", "max_tokens"), kind="whole", least=1, most=1_000_000),
)
DEFAULT_MODEL = (Field(name=("llm", "provider"), kind="choice", choices="providers"), *_MODEL)
ANSWERS = (
    Field(name=("search", "strategy"), kind="choice", choices="strategies"),
    Field(name=("team",), kind="choice", choices="teams"),
    Field(name=("kb",), kind="choice", choices="kbs"),
)
CODE = (
    Field(name=("sandbox", "approval"), kind="choice", choices="approvals"),
    Field(name=("sandbox", "approval_timeout_s"), kind="number", least=1, most=86_400),
    Field(name=("sandbox", "timeout_s"), kind="number", least=1, most=86_400),
    Field(name=("sandbox", "memory_mb"), kind="whole", least=64, most=1_000_000),
)
PROVIDERS = ("extractive", "openai")
APPROVALS: tuple[str, ...] = get_args(ApprovalPolicy)


def further_model(name: str) -> tuple[Field, ...]:
    """The fields of one of the further models; what is left empty there is as in the first."""
    return tuple(replace(field, name=("models", name, field.name[-1])) for field in _MODEL)


def check_model_name(name: str, known: Sequence[str]) -> str:
    """A name for a further model. Raises Mistaken."""
    name = name.strip()
    if not _MODEL_NAME.fullmatch(name) or len(name) > 64:
        raise Mistaken("preferences.wrong_name")
    if name in known:
        raise Mistaken("preferences.name_taken", name=name)
    return name


def _check_address(text: str) -> None:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or " " in text or "@" in parts.netloc or parts.query or parts.fragment:
        raise Mistaken("preferences.wrong_address")
