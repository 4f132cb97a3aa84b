"""A second model answers when the first fails, unless something was said already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from agents.errors import (
    ModelAuthError,
    ModelContextExceeded,
    ModelError,
    ModelMisbehaved,
    ModelRateLimited,
    ModelRefused,
    ModelTimeout,
    ModelUnreachable,
    RunStopped,
)
from agents.llm.fallback import WithFallback
from agents.ports import LanguageModel, ModelReply, ModelRequest, StopSignal
from tests.agents.llm.asking import QUESTION, ask, model_at
from tests.agents.llm.contract import LanguageModelContract
from tests.openai_server import ScriptedServer, fail, say


class Failing(LanguageModel):
    """Says some words and fails."""

    def __init__(self, error: Exception, *, first: str = "") -> None:
        self._error, self._first = error, first

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:  # noqa: ARG002
        if self._first:
            on_token(self._first)
        raise self._error


class Speaking(LanguageModel):
    """Says one sentence."""

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:  # noqa: ARG002
        on_token("从第二个模型。")
        return ModelReply(text="从第二个模型。")


class TestContract(LanguageModelContract):
    @pytest.fixture
    def model(self) -> Iterator[LanguageModel]:
        with ScriptedServer(lambda _: say("It costs 12 euro.", delay_s=0.005)) as server:
            first = Failing(ModelUnreachable("Nobody is there."))
            yield WithFallback(first, model_at(server.base_url), on_fallback=lambda _: None)

    @pytest.fixture
    def question(self) -> ModelRequest:
        return QUESTION


def _complete(model: LanguageModel, said: list[str]) -> ModelReply:
    return model.complete(QUESTION, on_token=said.append, stop=threading.Event())


@pytest.mark.parametrize(
    "kind",
    [
        ModelUnreachable,
        ModelTimeout,
        ModelAuthError,
        ModelRateLimited,
        ModelRefused,
        ModelContextExceeded,
        ModelMisbehaved,
    ],
)
def test_every_failure_of_the_first_goes_to_the_second(kind: type[ModelError]) -> None:
    said: list[str] = []
    noted: list[ModelError] = []
    error = kind("It failed.")
    reply = _complete(WithFallback(Failing(error), Speaking(), on_fallback=noted.append), said)
    assert (reply.text, said, noted) == ("从第二个模型。", ["从第二个模型。"], [error])


def test_what_was_shown_is_not_said_again_by_another() -> None:
    said: list[str] = []
    noted: list[ModelError] = []
    model = WithFallback(Failing(ModelTimeout("Slow."), first="It co"), Speaking(), on_fallback=noted.append)
    with pytest.raises(ModelTimeout):
        _complete(model, said)
    assert (said, noted) == (["It co"], [])


@pytest.mark.parametrize("error", [RunStopped("Stopped."), KeyError("a defect")])
def test_only_a_failing_model_is_replaced(error: Exception) -> None:
    noted: list[ModelError] = []
    with pytest.raises(type(error)):
        _complete(WithFallback(Failing(error), Speaking(), on_fallback=noted.append), [])
    assert noted == []


def test_the_error_of_the_last_model_is_the_one_to_see() -> None:
    noted: list[ModelError] = []
    last = Failing(ModelRefused("The last."))
    middle = WithFallback(Failing(ModelTimeout("The second.")), last, on_fallback=noted.append)
    with pytest.raises(ModelRefused, match="The last"):
        _complete(WithFallback(Failing(ModelTimeout("The first.")), middle, on_fallback=noted.append), [])
    assert [error.message for error in noted] == ["The first.", "The second."]


def test_it_reads_as_much_as_the_first() -> None:
    first = model_at("http://127.0.0.1:9/v1", context_tokens=50_000)
    model = WithFallback(first, Speaking(), on_fallback=lambda _: None)
    assert model.context_tokens() == 50_000
    assert model.parameters["model"] == "tiny"


def test_a_real_endpoint_that_fails_is_replaced() -> None:
    noted: list[ModelError] = []
    with ScriptedServer([fail(401, "expired")]) as first, ScriptedServer([say("fine")]) as second:
        model = WithFallback(model_at(first.base_url), model_at(second.base_url), on_fallback=noted.append)
        assert ask(model).text == "fine"
    assert "expired" in str(noted[0])
