"""Which model answers, and where: checked once, named in every error, with the key never shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr

from configs.errors import ConfigError
from configs.settings import LLMSettings

OPENAI = "https://api.openai.com/v1"
KEYLESS = "no-key"
_QUOTED_CHARS = 200
_DEFAULT = "ROUNDTABLE_LLM__"


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """`key` is a placeholder when none is set: local servers ask for none, the protocol always carries one.

    `name` is the model's own in the settings, empty for the default one.
    """

    base_url: str
    host: str
    model: str
    key: SecretStr
    name: str = ""

    @classmethod
    def of(cls, settings: LLMSettings, name: str = "") -> Endpoint:
        """Read the settings; without `base_url` it is OpenAI's own. Raises ConfigError naming the wrong setting."""
        if not settings.model:
            raise ConfigError(
                "The provider openai needs the name of a model.",
                hint=_advice("Set ROUNDTABLE_LLM__MODEL to a model the endpoint offers.", name),
            )
        base_url = (settings.base_url or OPENAI).strip()
        host, key = _host(base_url, name), _key(settings, name)
        return cls(base_url=base_url, host=host, model=settings.model, key=key, name=name)

    def __str__(self) -> str:
        return f"The endpoint {self.host} (model {self.model})"

    def advise(self, hint: str) -> str:
        """`hint`, which names settings of the default model, for this one."""
        return _advice(hint, self.name)

    def quote(self, text: str) -> str:
        """Foreign text as one short line, without the key should the endpoint have echoed it."""
        line = " ".join(text.replace(self.key.get_secret_value(), "***").split())
        return line if len(line) <= _QUOTED_CHARS else f"{line[:_QUOTED_CHARS]}…"


def _advice(hint: str, name: str) -> str:
    return hint.replace(_DEFAULT, f"ROUNDTABLE_MODELS__{name.upper()}__") if name else hint


def _host(base_url: str, name: str) -> str:
    if not _is_address(base_url):
        raise ConfigError(
            _advice("The setting ROUNDTABLE_LLM__BASE_URL is not an http or https address.", name),
            hint="Give it whole, as in http://127.0.0.1:11434/v1.",
        )
    return urlsplit(base_url).netloc.rpartition("@")[2]


def _is_address(base_url: str) -> bool:
    try:
        parts = urlsplit(base_url)
        name, _ = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(name) and not re.search(r"\s", base_url)


def _key(settings: LLMSettings, name: str) -> SecretStr:
    key = (settings.api_key or SecretStr("")).get_secret_value().strip()
    if not (key.isascii() and key.isprintable()):
        raise ConfigError(
            _advice("The setting ROUNDTABLE_LLM__API_KEY holds characters that cannot stand in a key.", name),
            hint="Copy the key again, without quotes or line breaks.",
        )
    return SecretStr(key or KEYLESS)
