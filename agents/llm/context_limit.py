"""How much a model reads, from what its endpoint says about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DEFAULT = 8192
"""When nobody says: what small local servers commonly allow."""

_FIELDS = ("max_model_len", "context_length", "context_window", "max_context_length")
"""In the list of models: vLLM and SGLang; OpenRouter and Together; Groq; Mistral."""

_SENSIBLE = range(256, 100_000_001)
_TOO_LONG = re.compile(
    r"context.?(length|window|size)|maximum (context|(input|allowed )?number of tokens)|too many (input )?tokens"
    r"|(prompt|input) is too long|input (length|token count)|tokens` must be <=|exceed_context|n_ctx"
    r"|上下文(长度|窗口)|输入(过长|长度)",
    re.I,
)
_STATED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"context (?:length|window|size)(?: limit)?(?: is| of|:)? ?\(?([\d,]+)(?![\d,]| ?>)",
        r"([\d,]+) maximum context length",
        r"> ([\d,]+) maximum",
        r"max_new_tokens` must be <= ([\d,]+)",
        r"tokens allowed \(([\d,]+)\)",
        r"n_ctx\W{1,4}([\d,]+)",
    )
)
"""OpenAI, vLLM and llama.cpp; Mistral; Anthropic; TGI; Gemini; LM Studio and llama.cpp."""


def is_about_length(message: str) -> bool:
    """Whether an error message says that the request was longer than the model reads."""
    return _TOO_LONG.search(message) is not None


def limit_in_message(message: str) -> int | None:
    """The tokens the model reads, where such a message states them."""
    found = (match[1] for pattern in _STATED if (match := pattern.search(message)))
    return next((limit for digits in found if (limit := _sensible(int(digits.replace(",", "") or 0)))), None)


def limit_in_list(models: Any, model: str) -> int | None:
    """The tokens that the answer of `/v1/models` gives for `model`, or for the only model there is."""
    entries = models.get("data") if isinstance(models, Mapping) else None
    known = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    own = [entry for entry in known if str(entry.get("id", "")).lower() == model.lower()] or known
    return next((limit for name in _FIELDS if (limit := _sensible(own[0].get(name)))), None) if len(own) == 1 else None


def _sensible(limit: Any) -> int | None:
    return limit if isinstance(limit, int) and limit in _SENSIBLE else None
