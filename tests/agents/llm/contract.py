"""What every LanguageModel promises; a test class for an implementation inherits from this."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from agents.errors import RunStopped
from agents.ports import LanguageModel, ModelRequest


class _Refusal(Exception):
    pass


class LanguageModelContract:
    """Override both fixtures: a model, and a request that it answers with text of two or more tokens, every time."""

    @pytest.fixture
    def model(self) -> LanguageModel:
        raise NotImplementedError

    @pytest.fixture
    def question(self) -> ModelRequest:
        raise NotImplementedError

    def test_hands_out_the_text_in_order(self, model: LanguageModel, question: ModelRequest) -> None:
        tokens: list[str] = []
        reply = model.complete(question, on_token=tokens.append, stop=threading.Event())
        assert "".join(tokens) == reply.text
        assert reply.text.strip()
        assert len(tokens) > 1

    def test_counts_tokens_and_cost(self, model: LanguageModel, question: ModelRequest) -> None:
        reply = model.complete(question, on_token=lambda _: None, stop=threading.Event())
        assert min(reply.prompt_tokens, reply.completion_tokens, reply.cost) >= 0

    def test_answers_again_and_from_several_threads(self, model: LanguageModel, question: ModelRequest) -> None:
        def ask(_: int) -> str:
            return model.complete(question, on_token=lambda _: None, stop=threading.Event()).text

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(ask, range(8)))) == 1

    def test_says_nothing_once_stopped(self, model: LanguageModel, question: ModelRequest) -> None:
        stop, tokens = threading.Event(), list[str]()
        stop.set()
        with pytest.raises(RunStopped):
            model.complete(question, on_token=tokens.append, stop=stop)
        assert tokens == []

    def test_stops_between_two_tokens(self, model: LanguageModel, question: ModelRequest) -> None:
        stop, tokens = threading.Event(), list[str]()

        def stop_at_first(token: str) -> None:
            tokens.append(token)
            stop.set()

        started = time.monotonic()
        with pytest.raises(RunStopped):
            model.complete(question, on_token=stop_at_first, stop=stop)
        assert len(tokens) == 1
        assert time.monotonic() - started < 5

    def test_passes_on_what_the_listener_raises(self, model: LanguageModel, question: ModelRequest) -> None:
        def refuse(_: str) -> None:
            raise _Refusal

        with pytest.raises(_Refusal):
            model.complete(question, on_token=refuse, stop=threading.Event())
