"""Asking a model, mostly an OpenAICompatible one of a scripted server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from agents.llm.openai_compatible import OpenAICompatible
from agents.ports import LanguageModel, ModelReply, ModelRequest
from configs.settings import LLMSettings

KEY = "sk-very-secret-0123456789"
QUESTION = ModelRequest(agent="assistant", messages=[{"role": "user", "content": "What does the plan cost?"}])


def model_at(base_url: str, **settings: Any) -> OpenAICompatible:
    given = {"provider": "openai", "model": "tiny", "api_key": KEY, "base_url": base_url, **settings}
    return OpenAICompatible(LLMSettings.model_validate(given))


def ask(
    model: LanguageModel,
    request: ModelRequest = QUESTION,
    *,
    on_token: Callable[[str], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> ModelReply:
    return model.complete(request, on_token=on_token, stop=stop or threading.Event())
