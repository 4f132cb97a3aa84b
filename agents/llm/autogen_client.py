"""Gives an AutoGen agent its voice: one of our language models, as AutoGen's ModelClient."""

from __future__ import annotations

import json
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Literal
from uuid import uuid4

from agents.budget import Called, Said, loop
from agents.calling import call_model
from agents.errors import BudgetExceeded, ModelContextExceeded, ModelMisbehaved
from agents.events import MessageCompleted, Noted, TokenDelta, ToolCalled
from agents.llm.draft import Draft
from agents.ports import LanguageModel, ModelReply, ModelRequest, ToolCall
from agents.run import Run
from agents.teams.speaker_order import wants_revision
from configs.errors import AppError
from retrieval.extractive import NOT_FOUND


@dataclass(frozen=True, kw_only=True)
class Voice:
    """What one agent speaks with; `may_call_tools` says whether it is offered its tools just now.

    What it says last is the answer of the run, if it is the agent that `answers`.
    """

    agent: str
    role: Literal["assistant", "critic"]
    model: LanguageModel
    run: Run
    answers: bool = True
    tools: Sequence[Mapping[str, Any]] = ()
    may_call_tools: Callable[[], bool] = lambda: True

    def offered(self) -> Sequence[Mapping[str, Any]]:
        """The tools that may help just now: none in a loop, no search when searching brings nothing new any more."""
        if not self.tools or not self.may_call_tools() or loop(self.run.deeds):
            return ()
        if self.run.dry_searches < DRY_SEARCHES:
            return self.tools
        return [tool for tool in self.tools if tool["function"]["name"] != SEARCH]


DRY_SEARCHES = 2
"""After so many searches in a row that brought nothing new no other is offered."""
SEARCH = "search_documents"


def give_voice(agent: Any, voice: Voice) -> None:
    """Make `voice` the only model client of an AutoGen agent, which alone keeps it; nothing is cached.

    AutoGen itself remembers the last 128 clients (`autogen.oai.client.log_cache_seed_value`), which must not keep 128
    runs with everything in them.
    """
    from autogen import OpenAIWrapper

    agent.client = OpenAIWrapper(config_list=[{"model": voice.role, "model_client_cls": LanguageModelClient.__name__}])
    agent.voice = voice
    agent.register_model_client(LanguageModelClient, voice=weakref.proxy(voice))


class LanguageModelClient:
    """AutoGen's ModelClient protocol. A failing model raises its ModelError through AutoGen and ends the run."""

    def __init__(self, config: Mapping[str, Any], *, voice: Voice) -> None:  # noqa: ARG002 AutoGen passes its entry
        self._voice = voice

    def create(self, params: Mapping[str, Any]) -> SimpleNamespace:
        """One message of the agent: streamed, accounted for, and in the log when this returns.

        Of a message that breaks off, what there was is kept and marked.
        """
        voice, message_id, started = self._voice, uuid4().hex, time.perf_counter()
        draft = Draft(self._teller(message_id), sentence=lambda: NOT_FOUND.get(voice.run.language, NOT_FOUND["en"]))
        try:
            reply = self._complete(params["messages"], draft, message_id)
        except AppError:
            if draft.shown:
                kept = voice.run.cleaned(draft.shown)
                self._close(message_id, kept, ModelReply(text=""), started, interrupted=True)
            raise
        text = voice.run.clean(draft.finish(reply.text), agent=voice.agent)
        self._close(message_id, text, reply, started, interrupted=reply.cut)
        calls = self._announce(reply.tool_calls)
        if voice.role == "assistant" and voice.answers and not calls:
            voice.run.answer, voice.run.abstained, voice.run.disputed = text, draft.abstained, False
        voice.run.disputed = voice.run.disputed or (voice.role == "critic" and wants_revision(text))
        self._watch(text, calls)
        return SimpleNamespace(message=_message(text, calls), reply=reply, model=reply.model)

    def message_retrieval(self, response: SimpleNamespace) -> list[dict[str, Any]]:
        """The message, as AutoGen puts it in the chat."""
        return [response.message]

    def cost(self, response: SimpleNamespace) -> float:
        """In US dollars."""
        return float(response.reply.cost)

    @staticmethod
    def get_usage(response: SimpleNamespace) -> dict[str, Any]:
        """Tokens and cost, under the names AutoGen wants."""
        reply = response.reply
        return {
            "prompt_tokens": reply.prompt_tokens,
            "completion_tokens": reply.completion_tokens,
            "total_tokens": reply.prompt_tokens + reply.completion_tokens,
            "cost": reply.cost,
            "model": reply.model,
        }

    def _complete(self, messages: Sequence[Mapping[str, Any]], draft: Draft, message_id: str) -> ModelReply:
        voice = self._voice
        tools = voice.offered()
        request = ModelRequest(agent=voice.agent, messages=messages, tools=tools)
        try:
            reply = call_model(voice.run, voice.model, request, on_token=draft.write, message_id=message_id)
        except ModelContextExceeded:
            shorter = _without_history(messages, voice.run)
            if draft.shown or len(shorter) == len(messages):
                raise
            note = "The conversation is longer than the model can read; it answers without what was said before."
            voice.run.emit(Noted(kind="overflow", agent=voice.agent, text=note))
            again = replace(request, messages=shorter)
            reply = call_model(voice.run, voice.model, again, on_token=draft.write, message_id=message_id)
        if reply.tool_calls and not tools:
            names = ", ".join(call.name for call in reply.tool_calls)
            raise ModelMisbehaved(f"The model called {names} when it was offered no tools.", hint="Try another model.")
        return reply

    def _watch(self, text: str, calls: Sequence[ToolCall]) -> None:
        """Notice work that leads nowhere. Raises BudgetExceeded for talk that does."""
        run, agent = self._voice.run, self._voice.agent
        before = loop(run.deeds)
        run.deeds += [Called(agent, call.name, call.arguments) for call in calls] if calls else [Said(agent, text)]
        found = loop(run.deeds)
        if found and found != before:
            run.emit(Noted(kind="loop", agent=agent, text=found))
            if not calls:
                raise BudgetExceeded(
                    f"The agents go round in circles: {found}", hint="Ask differently, or change the team."
                )

    def _teller(self, message_id: str) -> Callable[[str], None]:
        voice = self._voice

        def tell(text: str) -> None:
            voice.run.emit(TokenDelta(agent=voice.agent, message_id=message_id, text=text))
            if voice.role == "assistant" and voice.answers:
                voice.run.draft += text

        if voice.answers:
            voice.run.draft = ""
        return tell

    def _close(
        self, message_id: str, text: str, reply: ModelReply, started: float, *, interrupted: bool = False
    ) -> None:
        voice, ms = self._voice, (time.perf_counter() - started) * 1000
        voice.run.emit(
            MessageCompleted(
                agent=voice.agent,
                message_id=message_id,
                role=voice.role,
                content=text,
                prompt_tokens=reply.prompt_tokens,
                completion_tokens=reply.completion_tokens,
                ms=ms,
                cost=reply.cost,
                model=reply.model,
                interrupted=interrupted,
            )
        )

    def _announce(self, calls: Sequence[ToolCall]) -> list[ToolCall]:
        named = [replace(call, id=uuid4().hex) for call in calls]  # some servers give the same id again, or none
        for call in named:
            arguments = _as_object(call.arguments)
            self._voice.run.emit(
                ToolCalled(agent=self._voice.agent, call_id=call.id, tool=call.name, arguments=arguments)
            )
        return named


def _message(text: str, calls: Sequence[ToolCall]) -> dict[str, Any]:
    if not calls:
        return {"content": text}
    made = [{"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}} for c in calls]
    return {"content": text, "tool_calls": made}


def _without_history(messages: Sequence[Mapping[str, Any]], run: Run) -> Sequence[Mapping[str, Any]]:
    """The messages of this turn alone."""
    said = [(message["role"], message["content"]) for message in run.memory.messages()]
    there = [(message["role"], message.get("content")) for message in messages[1 : 1 + len(said)]]
    return [messages[0], *messages[1 + len(said) :]] if said and there == said else messages


def _as_object(arguments: str) -> Mapping[str, Any]:
    try:
        value = json.loads(arguments)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
