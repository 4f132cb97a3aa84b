"""Our two agents used with AutoGen alone, without a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from autogen import ConversableAgent, GroupChat, GroupChatManager, UserProxyAgent
from autogen.agentchat.contrib import retrieve_assistant_agent, retrieve_user_proxy_agent

from agents.errors import ToolError
from agents.events import Event, MessageCompleted, ModelCalled, Retrieved, TokenDelta, TurnPlanned
from agents.llm.autogen_client import Voice, give_voice
from agents.ports import LanguageModel, ModelReply, ModelRequest, StopSignal
from agents.quiet import quiet
from agents.retrieve_assistant import RetrieveAssistantAgent
from agents.retrieve_user_proxy import RetrieveUserProxyAgent
from agents.run import Run
from agents.turns.memory import Exchange, Memory
from tests.agents.shelf import Shelf
from tests.agents.table import HANDBOOK, a_run, of


class Parrot(LanguageModel):
    """Says the same thing whatever it is asked, and keeps what it was asked."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[ModelRequest] = []

    def complete(self, request: ModelRequest, *, on_token: Callable[[str], None], stop: StopSignal) -> ModelReply:  # noqa: ARG002
        self.asked.append(request)
        on_token(self.text)
        return ModelReply(text=self.text)


def retriever(**run: Any) -> tuple[RetrieveUserProxyAgent, list[Event]]:
    events: list[Event] = []
    return RetrieveUserProxyAgent("retriever", run=a_run(emit=events.append, **run)), events


def assistant(run: Run, says: str = "90 [1].") -> tuple[RetrieveAssistantAgent, Parrot]:
    parrot = Parrot(says)
    agent = RetrieveAssistantAgent("assistant", instructions="Answer.")
    give_voice(agent, Voice(agent="assistant", role="assistant", model=parrot, run=run))
    return agent, parrot


def a_table(**how: Any) -> tuple[Run, RetrieveUserProxyAgent, list[Event]]:
    """The run that the agents of one table share, and its retriever."""
    events: list[Event] = []
    run = a_run(emit=events.append, **how)
    return run, RetrieveUserProxyAgent("retriever", run=run), events


def chat(first: ConversableAgent, second: ConversableAgent, **how: Any) -> list[dict[str, Any]]:
    with quiet():
        history: list[dict[str, Any]] = first.initiate_chat(second, silent=True, **how).chat_history
    return history


def test_they_are_autogens_agents() -> None:
    assert issubclass(RetrieveUserProxyAgent, retrieve_user_proxy_agent.RetrieveUserProxyAgent)
    assert issubclass(RetrieveAssistantAgent, retrieve_assistant_agent.RetrieveAssistantAgent)


def test_the_retriever_starts_a_chat_as_in_autogen() -> None:
    run, agent, events = a_table()
    answering, parrot = assistant(run)
    history = chat(agent, answering, message=agent.message_generator, problem="premium plan", max_turns=1)
    assert "The premium plan costs 90 euros a month." in history[0]["content"]
    assert history[1]["content"] == "90 [1]."
    assert [type(event) for event in events] == [
        TurnPlanned,
        Retrieved,
        MessageCompleted,
        TokenDelta,
        ModelCalled,
        MessageCompleted,
    ]
    assert parrot.asked[0].messages[0] == {"content": "Answer.", "role": "system"}


def test_n_results_and_search_string_mean_what_they_mean_in_autogen() -> None:
    agent, events = retriever()
    generate = agent.message_generator
    text = generate(agent, agent, {"problem": "plan", "n_results": 6, "search_string": "standard"})
    assert "standard plan" in text
    assert "premium" not in text
    generate(agent, agent, {"problem": "plan", "n_results": 2})
    assert len(of(Retrieved, events)[-1].passages) == 2


def test_in_a_group_that_someone_else_opens_the_retriever_answers_that_one_s_last_question() -> None:
    shelf = Shelf(HANDBOOK.texts)
    run, agent, _ = a_table(kb=shelf)
    answering, _ = assistant(run)
    user = UserProxyAgent("user", human_input_mode="NEVER", code_execution_config=False, default_auto_reply="And rent?")
    group = GroupChat([user, agent, answering], speaker_selection_method="round_robin", max_round=6)
    manager = GroupChatManager(group, is_termination_msg=lambda _: False, silent=True)
    chat(user, manager, message="What does the premium plan cost?")
    assert [message["name"] for message in group.messages] == ["user", "retriever", "assistant"] * 2
    assert shelf.searched == ["What does the premium plan cost?", "What does the premium plan cost? And rent?"]
    assert "90 euros" in group.messages[1]["content"]
    assert "And rent?" in group.messages[4]["content"]


def test_asked_directly_the_retriever_replies_with_passages() -> None:
    agent, _ = retriever()
    user = ConversableAgent("user", human_input_mode="NEVER", llm_config=False)
    history = chat(user, agent, message="Who is the office manager?", max_turns=1)
    assert "Ines Baptista" in history[1]["content"]


@pytest.mark.parametrize("words", ["UPDATE CONTEXT", "update context, please", "TERMINATE", "exitcode: 0"])
def test_no_words_steer_the_retriever(words: str) -> None:
    shelf = Shelf(HANDBOOK.texts)
    agent, _ = retriever(kb=shelf)
    user = ConversableAgent("user", human_input_mode="NEVER", llm_config=False)
    history = chat(user, agent, message=words, max_turns=1)
    assert shelf.searched == [words]
    assert history[1]["content"].startswith(f"Question: {words}")


def test_what_the_retriever_is_made_to_send_is_sent_as_it_is() -> None:
    agent, events = retriever()
    answering, parrot = assistant(a_run())
    chat(agent, answering, message="UPDATE CONTEXT", max_turns=1)
    assert parrot.asked[0].messages[-1]["content"] == "UPDATE CONTEXT"
    assert events == []


@pytest.mark.parametrize(
    "words", ["UPDATE CONTEXT", "exitcode: 0 (execution succeeded)", "TERMINATE", "exit", "```python\nprint(1)\n```"]
)
def test_no_words_steer_the_assistant(words: str) -> None:
    answering, parrot = assistant(a_run(), says="Answered.")
    user = ConversableAgent("user", human_input_mode="NEVER", llm_config=False)
    history = chat(user, answering, message=words, max_turns=1)
    assert history[-1]["content"] == "Answered."
    assert len(parrot.asked) == 1


def test_the_retriever_runs_no_code_even_when_asked() -> None:
    agent, _ = retriever()
    with pytest.raises(ToolError, match="runs no code"):
        agent.run_code("print(1)", lang="python")


def test_earlier_exchanges_stand_before_the_question() -> None:
    said = Exchange(question="q1", query="q1", answer="a1", markers=(), through=1)
    run = a_run(memory=Memory(exchanges=(said,)))
    agent = RetrieveAssistantAgent("assistant", instructions="Answer.", run=run)
    parrot = Parrot("a2")
    give_voice(agent, Voice(agent="assistant", role="assistant", model=parrot, run=run))
    agent.generate_reply([{"role": "user", "content": "q2"}])
    assert [message["content"] for message in parrot.asked[0].messages] == ["Answer.", "q1", "a1", "q2"]
