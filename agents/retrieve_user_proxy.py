"""AutoGen's RetrieveUserProxyAgent over our knowledge base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, NoReturn
from uuid import uuid4

from autogen.agentchat.contrib import retrieve_user_proxy_agent as stock

from agents.errors import ToolError
from agents.events import MessageCompleted
from agents.run import Run
from agents.words import say
from configs.prompts import prompt
from retrieval.context import render_context
from retrieval.types import Passage


class RetrieveUserProxyAgent(stock.RetrieveUserProxyAgent):  # type: ignore[misc]  # AutoGen is untyped
    """Puts the passages found for the user's question before the other agents, at every question.

    It opens a chat with `initiate_chat(other, message=agent.message_generator, problem=question)`, or answers in a
    chat someone else opened with the passages for that one's last message. No words in a message steer it, it makes
    no index of its own, and it never runs code.
    """

    def __init__(self, name: str, *, run: Run) -> None:
        super().__init__(
            name,
            human_input_mode="NEVER",
            is_termination_msg=lambda _: False,
            code_execution_config=False,
            retrieve_config={"vector_db": None, "docs_path": None, "client": run.kb},
        )
        self._run = run
        self.replace_reply_func(
            stock.RetrieveUserProxyAgent._generate_retrieve_user_reply, RetrieveUserProxyAgent._reply_with_passages
        )

    def retrieve_docs(self, problem: str, n_results: int | None = None, search_string: str = "") -> None:
        """Search the knowledge base; the passages found replace those of the question before."""
        self._run.evidence.shown = ()
        self._results = self._run.look_up(problem, agent=self.name, k=n_results, containing=search_string)

    def run_code(self, code: str, **kwargs: Any) -> NoReturn:  # noqa: ARG002
        """Refused: code runs in the sandbox, as a tool call."""
        raise ToolError("This agent runs no code.", hint="Call the tool run_python.")

    def _reply_with_passages(self, messages: Sequence[Mapping[str, Any]], sender: Any, config: Any) -> tuple[bool, str]:  # noqa: ARG002
        question = {"problem": _last_question(messages), "n_results": self._run.search.k}
        return True, self.message_generator(self, sender, question)

    def _get_context(self, results: Sequence[Passage]) -> str:
        return render_context(results) or "No passage was found for it."

    def _generate_message(self, doc_contents: str, task: str = "default") -> str:  # noqa: ARG002
        self._run.emit(
            MessageCompleted(
                agent=self.name,
                message_id=uuid4().hex,
                role="retriever",
                content=_listing(self._results, self._run.language),
            )
        )
        return prompt("question", question=self.problem, context=doc_contents)

    def _init_db(self) -> None:
        """The knowledge base is ready."""

    def _check_update_context_before_send(self, sender: Any, message: Any, recipient: Any, silent: bool) -> Any:  # noqa: ARG002
        return message


def _last_question(messages: Sequence[Mapping[str, Any]]) -> str:
    """The last thing said by whoever opened the chat."""
    asker = messages[0].get("name")
    return next(str(message["content"]) for message in reversed(messages) if message.get("name") == asker)


def _listing(passages: Sequence[Passage], language: str) -> str:
    return "\n".join(_line(passage, language) for passage in passages) or say("nothing_found", language)


def _line(passage: Passage, language: str) -> str:
    chunk, source = passage.hit.chunk, passage.hit.document.source
    page = "" if chunk.page is None else ", " + say("page", language, page=chunk.page)
    headings = " — " + " > ".join(chunk.headings) if chunk.headings else ""
    return f"[{passage.marker}] {PurePath(source).name}{page}{headings}"
