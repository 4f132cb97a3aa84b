"""A team: AutoGen agents around one table, built from a YAML file, answering one question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autogen import Agent, GroupChat, GroupChatManager

from agents.code_executor import CodeExecutorAgent
from agents.critic import CriticAgent
from agents.llm.autogen_client import Voice, give_voice
from agents.quiet import quiet
from agents.retrieve_assistant import RetrieveAssistantAgent
from agents.retrieve_user_proxy import RetrieveUserProxyAgent
from agents.run import Run
from agents.seats import AssistantSeat, CodeSeat, CriticSeat, RetrieverSeat, Seat
from agents.speaker_order import may_call_tools, next_speaker
from agents.team_file import TeamFile, load_team
from agents.tool_agent import ToolAgent
from agents.tools.catalogue import TOOLS
from agents.tools.registry import Tool


class Team:
    """The plan of a table. Its agents are made anew for every run, so nothing of one run can reach another."""

    def __init__(self, file: TeamFile, *, tools: Mapping[str, Tool] = TOOLS) -> None:
        self.file = file
        self._tools = tools

    @classmethod
    def from_yaml(cls, reference: str, *, tools: Mapping[str, Tool] = TOOLS) -> Team:
        """The team of that name in configs/teams, or of a .yaml file. Raises UnknownTeam or TeamError."""
        return cls(load_team(reference, tools=tools), tools=tools)

    def discuss(self, run: Run) -> None:
        """Let the agents answer `run.question`; afterwards `run.answer` holds the answer.

        Raises the ModelError, RetrievalError or RunStopped that ended the discussion, and ToolServerFailed before it
        begins when a server of its tools does not answer.
        """
        with self._connected(run) as team, quiet():
            manager = team.gather(run)
            retriever = manager.groupchat.agent_by_name(team.file.retriever.name)
            retriever.initiate_chat(
                manager,
                message=retriever.message_generator,
                problem=run.question,
                n_results=run.search.k,
                silent=True,
            )

    def gather(self, run: Run) -> GroupChatManager:
        """A fresh AutoGen group chat and its manager; choosing the next speaker costs no model call."""

        run.approval = self.file.approval or run.approval

        def select(_last: Agent, chat: GroupChat) -> Agent | None:
            run.check_stop()
            name = next_speaker(self.file, chat.messages)
            return None if name is None else chat.agent_by_name(name)

        messages: list[dict[str, Any]] = []
        chat = GroupChat(
            agents=[self._agent(seat, run, messages) for seat in self.file.agents],
            messages=messages,
            max_round=self.file.max_rounds,
            speaker_selection_method=select,
        )
        return GroupChatManager(chat, is_termination_msg=lambda _: False, silent=True)

    @contextmanager
    def _connected(self, run: Run) -> Iterator[Team]:
        """The same team with the tools of its MCP servers, which are there as long as the context is open."""
        if not self.file.served:
            yield self
            return
        from agents.tools.mcp.servers import serve

        with serve(self.file.mcp_servers, self.file.served, taken=self._tools, stop=run.stop) as served:
            names = {named: [tool.name for tool in found] for named, found in served.items()}
            tools = {tool.name: tool for found in served.values() for tool in found}
            yield Team(self.file.with_served(names), tools={**self._tools, **tools})

    def _agent(self, seat: Seat, run: Run, messages: list[dict[str, Any]]) -> Agent:
        match seat:
            case RetrieverSeat():
                return RetrieveUserProxyAgent(seat.name, run=run)
            case AssistantSeat():
                assistant = RetrieveAssistantAgent(seat.name, instructions=seat.instructions, history=run.history)
                give_voice(assistant, self._assistant_voice(seat, run, messages))
                return assistant
            case CriticSeat():
                critic = CriticAgent(seat.name, instructions=seat.instructions, run=run)
                give_voice(critic, Voice(agent=seat.name, role="critic", model=run.model("critic", run), run=run))
                return critic
            case CodeSeat():
                return CodeExecutorAgent(seat.name, team=self.file, run=run, tools=self._tools)
            case _:
                return ToolAgent(seat.name, team=self.file, run=run, tools=self._tools)

    def _assistant_voice(self, seat: AssistantSeat, run: Run, messages: list[dict[str, Any]]) -> Voice:
        return Voice(
            agent=seat.name,
            role="assistant",
            model=run.model("assistant", run),
            run=run,
            tools=[self._tools[name].schema for name in seat.tools],
            may_call_tools=lambda: may_call_tools(self.file, messages),
        )
