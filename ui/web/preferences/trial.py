"""One real small call to a model, to see whether its settings are right."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from agents.errors import RunStopped
from agents.llm.chain import model_chain
from agents.llm.openai_compatible import OpenAICompatible
from agents.ports import ModelRequest
from configs.errors import ConfigError
from configs.settings import Settings

_MOST_S = 30.0
_QUESTION = "Answer with one word: ready."


def first_token_ms(settings: Settings, name: str) -> float:
    """How long the first token of the model `name` takes; its fallbacks are not asked, and the rest is not waited for.

    Raises a ModelError or ConfigError.
    """
    model = model_chain(settings, name)[0]
    if model.provider == "extractive":
        raise ConfigError("There is no model to test: answers are quotes.", hint="Choose the other provider.")
    once = model.model_copy(update={"max_retries": 0, "timeout_s": min(model.timeout_s, _MOST_S)})
    opened = OpenAICompatible(once, name=name, table=settings.model_table)
    begun, came, stop = time.perf_counter(), list[float](), threading.Event()

    def on_token(_: str) -> None:
        came.append(time.perf_counter())
        stop.set()

    request = ModelRequest(agent="settings", messages=[{"role": "user", "content": _QUESTION}])
    with suppress(RunStopped):
        opened.complete(request, on_token=on_token, stop=stop)
    return ((came[0] if came else time.perf_counter()) - begun) * 1000
