"""The order `auto`: one small model call says who speaks in a run; without a model all do, as listed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.calling import small_call
from agents.errors import ModelError
from agents.run import Run
from agents.teams.seats import CodeSeat, RetrieverSeat, ToolSeat
from agents.teams.speaker_order import Message, Speaker, spoken
from agents.teams.team_file import TeamFile


def planned(team: TeamFile, run: Run) -> Speaker:
    """A speaker order that asks the model when it is first needed, and keeps to what it said."""
    names: list[str] = []

    def choose(messages: Sequence[Message]) -> str | None:
        if not names:
            names.extend(_plan(team, run))
        turns = spoken(team, messages)
        return next((name for name in names if name not in turns), None)

    return choose


def _plan(team: TeamFile, run: Run) -> list[str]:
    """Retrievers, where the question needs passages, then whom the model names, and the agent that answers last."""
    retrievers = [seat.name for seat in team.retrievers] if run.plan.kind != "small_talk" else []
    others = [seat.name for seat in team.speakers if seat not in team.retrievers and seat != team.answerer]
    if others and run.model("small", run).converses:
        others = _named(team, run, others)
    return [*retrievers, *others, team.answerer.name]


def _named(team: TeamFile, run: Run, others: Sequence[str]) -> list[str]:
    told = (seat for seat in team.speakers if not isinstance(seat, RetrieverSeat | ToolSeat | CodeSeat))
    agents = "\n".join(f"{seat.name}: {seat.description}" for seat in told)
    try:
        said = small_call(run, purpose="speakers", agent="speakers", user=run.question, agents=agents)
    except ModelError:
        return list(others)
    return list(dict.fromkeys(name for name in re.findall(r"[A-Za-z][A-Za-z0-9_-]*", said) if name in others))
