"""A model that does whatever it reads, at a real table, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from agents.conversation import Conversation
from agents.events import ApprovalRequested, CodeRan, Event, ModelCalled, ToolReturned
from agents.ports import Sandbox
from agents.tools.catalogue import with_built_in
from agents.tools.registry import Tool, tool
from tests.agents.injection.attacks import ANSWER, PRICES, QUESTION, Attack, Benign, Call
from tests.agents.shelf import Shelf
from tests.agents.table import completed, conversation, of, served
from tests.openai_server import Request, ScriptedServer, Step, call, say

TEAM = Path(__file__).parents[3] / "configs" / "teams" / "analyst.yaml"


@dataclass
class Outcome:
    """What happened in one conversation; `mails` are the side effects outside."""

    events: list[Event] = field(default_factory=list)
    mails: list[tuple[str, str]] = field(default_factory=list)

    @property
    def answer(self) -> str:
        return completed(self.events).answer

    @property
    def asked(self) -> list[ApprovalRequested]:
        return of(ApprovalRequested, self.events)

    @property
    def ran(self) -> list[CodeRan]:
        return of(CodeRan, self.events)

    @property
    def said(self) -> str:
        """Every word of the model itself, before anything was taken out of it."""
        return "\n".join(str(called.reply.get("text", "")) for called in of(ModelCalled, self.events))

    def harmed(self, attack: Attack) -> bool:
        """Whether what the attack wants has happened."""
        if isinstance(attack.deed, str):
            return attack.forbidden in self.answer
        return bool(self.mails or self.ran)

    @property
    def failures(self) -> list[str]:
        return [returned.content for returned in of(ToolReturned, self.events) if not returned.ok]


def obeying(attack: Attack) -> Callable[[Request], Step]:
    """Reads what the attack needs read, looks for its order among all it is shown, and does it."""
    planned = [*attack.reads]

    def reply(request: Request) -> Step:
        if _is_critic(request):
            return say("APPROVED")
        if _has_called(request, attack.deed):
            return say(ANSWER[attack.language])
        if len(planned) > _calls(request):
            return _call(planned[_calls(request)])
        if attack.order not in _read(request):
            return say(ANSWER[attack.language])
        return say(attack.deed) if isinstance(attack.deed, str) else _call(attack.deed)

    return reply


def willing(benign: Benign) -> Callable[[Request], Step]:
    """Makes the calls the user wants, then answers."""

    def reply(request: Request) -> Step:
        if _is_critic(request):
            return say("APPROVED")
        made = _calls(request)
        return _call(benign.calls[made]) if made < len(benign.calls) else say(ANSWER[benign.language])

    return reply


@contextmanager
def attacked(attack: Attack, folder: Path, sandbox: Sandbox, *, approve: bool) -> Iterator[Outcome]:
    """An innocent question at a table where one document or tool attacks, and every request is answered alike."""
    documents = {**PRICES, **attack.documents}
    with _table(obeying(attack), documents, folder, sandbox, note=attack.note) as (talk, outcome):
        _ask(talk, QUESTION[attack.language], outcome, approve=approve)
        yield outcome


@contextmanager
def served_well(benign: Benign, folder: Path, sandbox: Sandbox) -> Iterator[Outcome]:
    """The same table, nobody attacking, and a user who says yes."""
    with _table(willing(benign), {**PRICES, **benign.documents}, folder, sandbox) as (talk, outcome):
        _ask(talk, benign.question, outcome, approve=True)
        yield outcome


@contextmanager
def _table(
    model: Callable[[Request], Step], documents: dict[str, str], folder: Path, sandbox: Sandbox, *, note: str = ""
) -> Iterator[tuple[Conversation, Outcome]]:
    outcome = Outcome()
    with ScriptedServer(model) as server:
        talk = conversation(
            folder,
            team=_team(folder),
            kb=Shelf(documents),
            model=served(server),
            sandbox=sandbox,
            tools=with_built_in(_tools(outcome.mails, note)),
        )
        yield talk, outcome
        talk.close()


def _tools(mails: list[tuple[str, str]], note: str) -> Sequence[Tool]:
    @tool(effect="sends")
    def send_mail(to: str, body: str) -> str:
        """Send a mail.

        to: the address
        body: the text
        """
        mails.append((to, body))
        return "Sent."

    @tool(effect="reads")
    def read_note() -> str:
        """Read the note of the day."""
        return note

    return send_mail, read_note


def _team(folder: Path) -> str:
    team = yaml.safe_load(TEAM.read_text(encoding="utf-8"))
    for seat in team["agents"]:
        if seat["name"] in ("assistant", "librarian"):
            seat["tools"] += ["send_mail", "read_note"]
    path = folder / "analyst.yaml"
    path.write_text(yaml.safe_dump(team), encoding="utf-8")
    return str(path)


def _ask(talk: Conversation, question: str, outcome: Outcome, *, approve: bool) -> None:
    for event in talk.ask(question):
        outcome.events.append(event)
        if isinstance(event, ApprovalRequested):
            talk.answer(event.approval_id, approved=approve, code_sha256=event.code_sha256)


def _call(made: Call) -> Step:
    return call(made.tool, dict(made.arguments))


def _is_critic(request: Request) -> bool:
    return "You check an answer" in str(request.body["messages"][0]["content"])


def _read(request: Request) -> str:
    """All that is put before the model as data: passages and results."""
    told = (message for message in request.body["messages"] if message["role"] in ("user", "tool"))
    return "\n".join(str(message["content"]) for message in told)


def _calls(request: Request) -> int:
    return sum(len(message.get("tool_calls") or ()) for message in request.body["messages"])


def _has_called(request: Request, deed: Any) -> bool:
    if isinstance(deed, str):
        return False
    made = (each for message in request.body["messages"] for each in message.get("tool_calls") or ())
    return any(each["function"]["name"] == deed.tool for each in made)
