"""The agent that checks an answer before the user reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autogen import ConversableAgent

from agents.run import Run
from configs.prompts import prompt
from retrieval.context import render_context


class CriticAgent(ConversableAgent):  # type: ignore[misc]  # AutoGen is untyped
    """Sees the question, the passages, the tool results and the answer as one message, and says whether it holds."""

    def __init__(self, name: str, *, instructions: str, run: Run) -> None:
        super().__init__(
            name,
            system_message=instructions,
            llm_config=False,
            is_termination_msg=lambda _: False,
            human_input_mode="NEVER",
            code_execution_config=False,
        )
        self._run = run
        self.register_hook("process_all_messages_before_reply", self._as_review)

    def _as_review(self, messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
        results = [message["content"] for message in messages if message.get("tool_responses")]
        review = prompt(
            "review",
            question=self._run.question,
            context=render_context(self._run.evidence.shown) or "No passage was found for it.",
            results="\n\n".join(results) or "none",
            answer=self._run.answer,
        )
        return [{"role": "user", "content": review}]
