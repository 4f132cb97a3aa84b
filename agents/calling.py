"""One request to a language model: within the budget, accounted for, and in the log whatever comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agents.budget import exceeded
from agents.errors import RunStopped
from agents.events import ModelCalled
from agents.ports import LanguageModel, ModelReply, ModelRequest
from configs.errors import AppError
from configs.prompts import prompt

if TYPE_CHECKING:
    from agents.run import Run


def call_model(
    run: Run,
    model: LanguageModel,
    request: ModelRequest,
    *,
    on_token: Callable[[str], None] = lambda _: None,
    purpose: str = "message",
    message_id: str = "",
) -> ModelReply:
    """The reply. Raises BudgetExceeded instead of asking, RunStopped, and the ModelError of a call that failed."""
    run.check_stop()
    if reason := run.overspent():
        raise exceeded(reason, run.deeds)
    first, started = 0.0, time.perf_counter()

    def hear(piece: str) -> None:
        nonlocal first
        first = first or (time.perf_counter() - started) * 1000
        on_token(piece)

    def tell(**outcome: Any) -> None:
        if model.converses:
            ms = (time.perf_counter() - started) * 1000
            run.emit(_event(model, request, purpose, message_id, ms=ms, first_token_ms=first, **outcome))

    try:
        reply = model.complete(request, on_token=hear, stop=run.stop)
    except AppError as error:
        with suppress(RunStopped):
            tell(error_type=type(error).__name__)
        raise
    run.pay(reply)
    tell(
        reply={"text": reply.text, "tool_calls": [vars(call) for call in reply.tool_calls]},
        prompt_tokens=reply.prompt_tokens,
        completion_tokens=reply.completion_tokens,
        cost=reply.cost,
        attempts=reply.attempts,
    )
    return reply


def small_call(run: Run, *, purpose: str, agent: str, user: str, **variables: str) -> str:
    """What the model says to the prompt named `purpose`: a sideline of a run that nobody is shown.

    Raises the ModelError of a call that failed; whoever asks can do without.
    """
    messages = [
        {"role": "system", "content": prompt(purpose, **variables)},
        {"role": "user", "content": user},
    ]
    request = ModelRequest(agent=agent, messages=messages)
    return call_model(run, run.model("small", run), request, purpose=purpose).text.strip()


def _event(model: LanguageModel, request: ModelRequest, purpose: str, message_id: str, **rest: Any) -> ModelCalled:
    parameters = dict(model.parameters)
    return ModelCalled(
        agent=request.agent,
        purpose=purpose,
        provider=parameters.pop("provider", ""),
        model=parameters.pop("model", ""),
        messages=tuple(dict(message) for message in request.messages),
        tools=tuple(dict(tool) for tool in request.tools),
        parameters=parameters,
        message_id=message_id,
        **rest,
    )
