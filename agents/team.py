"""A team: AutoGen agents around one table, built from a YAML file or in Python, answering one question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from autogen import Agent, GroupChat, GroupChatManager

from agents.answers.judging import checked as checked_answer
from agents.answers.judging import judged
from agents.budget import diagnosis
from agents.code_executor import CodeExecutorAgent
from agents.critic import CriticAgent
from agents.errors import BudgetExceeded, TeamError
from agents.events import Noted
from agents.llm.autogen_client import Voice, give_voice
from agents.quiet import quiet
from agents.retrieve_assistant import RetrieveAssistantAgent
from agents.retrieve_user_proxy import RetrieveUserProxyAgent
from agents.run import Run
from agents.teams.guest import Guest, seated
from agents.teams.planned_order import planned
from agents.teams.seats import AssistantSeat, CodeSeat, CriticSeat, GuestSeat, RetrieverSeat, Seat
from agents.teams.speaker_order import Speaker, may_call_tools, next_speaker
from agents.teams.team_file import TeamFile, checked, load_team
from agents.tool_agent import ToolAgent
from agents.tools.catalogue import TOOLS
from agents.tools.registry import Tool
from agents.turns.compaction import compact
from agents.watching import given_before, watched


class Team:
    """The plan of a table. Its agents are made anew for every run, so nothing of one run can reach another.

    `guests` makes the agent of each guest's seat; `speaker` decides the order of a team whose order is `function`.
    """

    def __init__(
        self,
        file: TeamFile,
        *,
        tools: Mapping[str, Tool] = TOOLS,
        guests: Mapping[str, Guest] | None = None,
        speaker: Speaker | None = None,
    ) -> None:
        self.file = file
        self._tools = tools
        self._guests = guests or {}
        self._speaker = speaker
        self._check()

    @classmethod
    def from_yaml(cls, reference: str, *, tools: Mapping[str, Tool] = TOOLS, **code: Any) -> Team:
        """The team of that name in configs/teams, or of a .yaml file. Raises UnknownTeam or TeamError."""
        return cls(load_team(reference, tools=tools), tools=tools, **code)

    @classmethod
    def of(cls, name: str, *agents: Mapping[str, Any], tools: Mapping[str, Tool] = TOOLS, **fields: Any) -> Team:
        """The same in Python: the seats and the other fields as a team file has them. Raises TeamError."""
        code = {key: fields.pop(key) for key in ("guests", "speaker") if key in fields}
        content = {"name": name, "agents": [dict(agent) for agent in agents], **fields}
        return cls(checked(content, tools=tools, name=f"The team {name!r}"), tools=tools, **code)

    def with_tools(self, tools: Mapping[str, Tool]) -> Team:
        """The same with more tools at hand."""
        return Team(self.file, tools={**tools, **self._tools}, guests=self._guests, speaker=self._speaker)

    def discuss(self, run: Run) -> None:
        """Let the agents answer `run.question`; afterwards `run.answer` holds the answer.

        Raises the ModelError, RetrievalError or RunStopped that ended the discussion, BudgetExceeded when it came to
        no answer within its budget, and ToolServerFailed before it begins when a server of its tools does not answer.
        """
        with self._connected(run) as team, quiet():
            manager = team.gather(run)
            with watched(run):
                team._talk(run, manager)
        if run.verdicts is None:
            run.verdicts = checked_answer(run)

    def _talk(self, run: Run, manager: GroupChatManager) -> None:
        """Let the agents speak, and a judge read what they came to; an answer that stands outlives the budget."""
        try:
            _ = run.plan
            compact(run)
            self._open(run, manager)
        except BudgetExceeded as error:
            if not run.answer:
                raise
            run.emit(Noted(kind="budget", text=f"{error.message} {given_before(run)}"))
            return
        if not run.answer:
            raise BudgetExceeded(
                f"The team {self.file.name} came to no answer within {self.file.max_rounds} messages. "
                f"{diagnosis(run.deeds)}".strip(),
                hint="Raise max_rounds, or change the order of the team.",
            )
        run.verdicts = checked_answer(run)
        run.verdicts = judged(run, run.verdicts)

    def gather(self, run: Run) -> GroupChatManager:
        """A fresh AutoGen group chat and its manager."""
        run.approval, run.budget, run.judge = self.file.approval or run.approval, self.file.budget, self.file.judge
        run.kb_of = self.file.kb_of
        choose = planned(self.file, run) if self.file.order == "auto" else self._speaker

        def select(_last: Agent, chat: GroupChat) -> Agent | None:
            run.check_stop()
            name = next_speaker(self.file, chat.messages, choose=choose)
            return None if name is None else self._seated(chat, name)

        messages: list[dict[str, Any]] = []
        chat = GroupChat(
            agents=[self._agent(seat, run, messages) for seat in self.file.agents],
            messages=messages,
            max_round=self.file.max_rounds,
            speaker_selection_method=select,
        )
        return GroupChatManager(chat, is_termination_msg=lambda _: False, silent=True)

    def _open(self, run: Run, manager: GroupChatManager) -> None:
        """Let the starter put the question: a retriever with its passages, another agent as it is."""
        starter = manager.groupchat.agent_by_name(self.file.starter.name)
        if isinstance(starter, RetrieveUserProxyAgent):
            question = {"message": starter.message_generator, "problem": run.question, "n_results": run.search.k}
        else:
            question = {"message": run.question}
        starter.initiate_chat(manager, silent=True, **question)

    def _seated(self, chat: GroupChat, name: str) -> Agent:
        if name not in chat.agent_names:
            raise TeamError(
                f"The order of the team {self.file.name} chose {str(name)[:80]!r}, who does not sit at the table.",
                hint=f"Its agents are {', '.join(chat.agent_names)}.",
            )
        return chat.agent_by_name(name)

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
            yield Team(
                self.file.with_served(names),
                tools={**self._tools, **tools},
                guests=self._guests,
                speaker=self._speaker,
            )

    def _agent(self, seat: Seat, run: Run, messages: list[dict[str, Any]]) -> Agent:
        match seat:
            case RetrieverSeat():
                return RetrieveUserProxyAgent(seat.name, run=run, description=seat.description)
            case AssistantSeat():
                assistant = RetrieveAssistantAgent(seat.name, instructions=seat.instructions, run=run)
                give_voice(assistant, self._assistant_voice(seat, run, messages))
                return assistant
            case CriticSeat():
                critic = CriticAgent(seat.name, instructions=seat.instructions, run=run)
                model = run.model(seat.model or "critic", run)
                give_voice(critic, Voice(agent=seat.name, role="critic", model=model, run=run))
                return critic
            case CodeSeat():
                return CodeExecutorAgent(seat.name, team=self.file, run=run, tools=self._tools)
            case GuestSeat():
                return seated(self._guests[seat.name](run), run, answers=seat == self.file.answerer)
            case _:
                return ToolAgent(seat.name, team=self.file, run=run, tools=self._tools)

    def _assistant_voice(self, seat: AssistantSeat, run: Run, messages: list[dict[str, Any]]) -> Voice:
        return Voice(
            agent=seat.name,
            role="assistant",
            model=run.model(seat.model or "assistant", run),
            run=run,
            tools=[self._tools[name].schema for name in seat.tools],
            answers=seat == self.file.answerer,
            may_call_tools=lambda: may_call_tools(self.file, messages),
        )

    def _check(self) -> None:
        guests = {seat.name for seat in self.file.agents if isinstance(seat, GuestSeat)}
        if guests != set(self._guests):
            raise TeamError(
                f"The team {self.file.name} has the guests {', '.join(sorted(guests)) or 'none'}, "
                f"but was given {', '.join(sorted(self._guests)) or 'none'}.",
                hint="Give Team(guests={name: function}) one for each.",
            )
        if self.file.order == "function" and self._speaker is None:
            raise TeamError(
                f"The order of the team {self.file.name} is function, and no function was given.",
                hint="Give Team(speaker=...) one that names who speaks next.",
            )
        if self.file.order != "function" and self._speaker is not None:
            raise TeamError(
                f"The team {self.file.name} was given speaker=, but its order is {self.file.order}.",
                hint="Say order: function, or leave speaker= out.",
            )
