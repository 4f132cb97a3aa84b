"""AutoGen's RetrieveUserProxyAgent over our knowledge base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NoReturn
from uuid import uuid4

from autogen.agentchat.contrib import retrieve_user_proxy_agent as stock

from agents.errors import ToolError
from agents.events import MessageCompleted
from agents.run import Run
from agents.turns.memory import Exchange, Memory
from agents.turns.retrieving import listing, message_for, passages_for
from retrieval.citations import markers
from retrieval.types import Passage


class RetrieveUserProxyAgent(stock.RetrieveUserProxyAgent):  # type: ignore[misc]  # AutoGen is untyped
    """Puts the passages found for the user's question before the other agents, at every question.

    It opens a chat with `initiate_chat(other, message=agent.message_generator, problem=question)`, or answers in a
    chat someone else opened with the passages for that one's last message, whatever the order of the speakers. No
    words in a message steer it, it makes no index of its own, and it never runs code.
    """

    def __init__(self, name: str, *, run: Run, description: str = "finds passages of the documents") -> None:
        super().__init__(
            name,
            human_input_mode="NEVER",
            is_termination_msg=lambda _: False,
            code_execution_config=False,
            description=description,
            retrieve_config={"vector_db": None, "docs_path": None, "client": run.kb(name)},
        )
        self._run = run
        self._asked = 0
        self._has_opened = False
        self.replace_reply_func(
            stock.RetrieveUserProxyAgent._generate_retrieve_user_reply, RetrieveUserProxyAgent._reply_with_passages
        )

    def retrieve_docs(self, problem: str, n_results: int | None = None, search_string: str = "") -> None:
        """Find what the question needs; in a chat that it opens each question replaces the passages of the last one."""
        if problem != self._run.question or self._has_opened:
            self._run.turn_to(problem, self._run.memory)
        self._has_opened = True
        self._results = passages_for(self._run, agent=self.name, k=n_results, containing=search_string)

    def run_code(self, code: str, **kwargs: Any) -> NoReturn:  # noqa: ARG002
        """Refused: code runs in the sandbox, as a tool call."""
        raise ToolError("This agent runs no code.", hint="Call the tool run_python.")

    def _reply_with_passages(self, messages: Sequence[Mapping[str, Any]], sender: Any, config: Any) -> tuple[bool, str]:  # noqa: ARG002
        if not self._opened_by_a_retriever(messages, sender):
            self._turn_to_last_question(messages)
        self._results = passages_for(self._run, agent=self.name)
        return True, self._generate_message(self._get_context(self._results))

    def _turn_to_last_question(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Go on with the last thing said by whoever opened the chat, unless it is what the run is about already."""
        asked = [at for at, message in enumerate(messages) if message.get("name") == messages[0].get("name")]
        question = str(messages[asked[-1]]["content"])
        if question != self._run.question or len(asked) > max(1, self._asked):
            self._run.turn_to(question, self._said_before(messages, asked))
        self._asked = len(asked)

    @staticmethod
    def _opened_by_a_retriever(messages: Sequence[Mapping[str, Any]], sender: Any) -> bool:
        """Whether the first message is no question but another retriever's passages for that of the run."""
        group = getattr(sender, "groupchat", None)
        opener = group and group.agent_by_name(str(messages[0].get("name")))
        return isinstance(opener, RetrieveUserProxyAgent)

    def _said_before(self, messages: Sequence[Mapping[str, Any]], asked: Sequence[int]) -> Memory:
        """The questions before the last, each with the last thing another agent said about it."""
        told = []
        for start, end in pairwise(asked):
            said = [str(m["content"]) for m in messages[start + 1 : end] if m.get("name") != self.name]
            question, answer = str(messages[start]["content"]), said[-1] if said else ""
            told.append(Exchange(question=question, query=question, answer=answer, markers=markers(answer), through=0))
        return Memory(exchanges=tuple(told))

    def _get_context(self, results: Sequence[Passage]) -> str:
        return message_for(self._run, results)

    def _generate_message(self, doc_contents: str, task: str = "default") -> str:  # noqa: ARG002
        self._run.emit(
            MessageCompleted(
                agent=self.name,
                message_id=uuid4().hex,
                role="retriever",
                content=listing(self._run, self._results),
            )
        )
        return doc_contents

    def _init_db(self) -> None:
        """The knowledge base is ready."""

    def _check_update_context_before_send(self, sender: Any, message: Any, recipient: Any, silent: bool) -> Any:  # noqa: ARG002
        return message
