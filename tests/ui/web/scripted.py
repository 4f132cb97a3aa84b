"""An application behind the page that plays scripts of real events instead of thinking."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from agents.errors import ConversationError, UnknownTeam
from agents.events import (
    ApprovalAnswered,
    ApprovalRequested,
    CodeRan,
    Event,
    MessageCompleted,
    Retrieved,
    RunCompleted,
    RunStarted,
    TokenDelta,
    ToolCalled,
    ToolReturned,
)
from agents.ports import ConversationInfo
from configs.errors import AppError
from retrieval.errors import SourceError, UnknownDocument, UnknownKnowledgeBase
from retrieval.types import Chunk, Document
from ui.web.backend import Choices, NotReady, Readiness, Wish

Script = Callable[[str], Iterable[Event]]


class ScriptedChat:
    """Plays one script per question; `pause_s` passes between events, and `stop` ends it as the engine does.

    A script that requests an approval goes on when it is answered, in time; `answers` then has the answer.
    `meanwhile` are events that happen while it waits.
    """

    def __init__(
        self,
        info: ConversationInfo,
        script: Script,
        pause_s: float,
        answers: list[ApprovalAnswered],
        meanwhile: Script = lambda _: (),
    ) -> None:
        self.info = info
        self._log: list[Event] = []
        self.script = script
        self.pause_s = pause_s
        self._answers = answers
        self._meanwhile = meanwhile
        self._stopped = threading.Event()
        self._asked: ApprovalRequested | None = None
        self._answered = threading.Event()
        self._deciding = threading.Lock()
        self.closed = threading.Event()

    def ask(self, text: str) -> Iterator[Event]:
        self._stopped.clear()
        self.info = replace(self.info, title=self.info.title or text)
        said = ""
        for event in self._played(text):
            if self._stopped.wait(self.pause_s):
                yield self.keep(RunCompleted(answer=said, abstained=False, stopped=True))
                return
            said = said + event.text if isinstance(event, TokenDelta) else said
            yield self.keep(event)

    def events(self) -> list[Event]:
        return list(self._log)

    def branch(self, info: ConversationInfo, through: int) -> ScriptedChat:
        """Another chat that begins as this one did."""
        chat = ScriptedChat(info, self.script, self.pause_s, self._answers, self._meanwhile)
        chat._log = self._log[:through]
        return chat

    def keep(self, event: Event) -> Event:
        """Add what happened to the log."""
        self._log.append(replace(event, seq=len(self._log) + 1, conversation_id=self.info.id))
        return self._log[-1]

    def stop(self) -> None:
        self._stopped.set()
        self._give_up("The run was stopped.")

    def close(self) -> None:
        self.stop()
        self.closed.set()

    def answer(
        self, approval_id: str, *, approved: bool, code_sha256: str, code: str | None = None, reason: str = ""
    ) -> None:
        with self._deciding:
            asked = self._asked
            if asked is None or approval_id != asked.approval_id:
                raise ConversationError("This code no longer waits for an answer.", hint="See what became of it above.")
            if code_sha256 != asked.code_sha256:
                raise ConversationError("This is not the code that waits.", hint="Reload the page.")
            self._decide(asked, approved=approved, code=code, reason=reason)

    def _played(self, text: str) -> Iterator[Event]:
        for event in self.script(text):
            if isinstance(event, ApprovalRequested):
                yield from self._wait(replace(event, at=time.time()), text)
            else:
                yield event

    def _wait(self, asked: ApprovalRequested, text: str) -> Iterator[Event]:
        self._answered.clear()
        self._asked = asked
        yield asked
        for event in self._meanwhile(text):
            if not self._answered.wait(0.02):
                yield event
        if not self._answered.wait(max(0.0, asked.at + asked.timeout_s - time.time())):
            self._give_up("Nobody answered in time.")
        yield self._answers[-1]

    def _give_up(self, reason: str) -> None:
        with self._deciding:
            if self._asked:
                self._decide(self._asked, approved=False, code=None, reason=reason)

    def _decide(self, asked: ApprovalRequested, *, approved: bool, code: str | None, reason: str) -> None:
        self._asked = None
        runs = (asked.code if code is None else code) if approved else ""
        self._answers.append(
            ApprovalAnswered(
                approval_id=asked.approval_id,
                approved=approved,
                reason=reason,
                code=runs,
                code_sha256=sha256(runs),
                edited=approved and runs != asked.code,
            )
        )
        self._answered.set()


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A document in a knowledge base, its chunks and the file it was made from."""

    document: Document
    chunks: tuple[Chunk, ...] = ()
    original: Path = Path("/nowhere")


class ScriptedBackend:
    """Two knowledge bases, ready unless `ready` is cleared.

    `shelf` holds the documents whose evidence can be shown, by knowledge base and id; `begun` the conversations, by
    knowledge base and team; `answers` what was decided about code, while `meanwhile` happened.
    """

    def __init__(self, script: Script, *, pause_s: float = 0.0) -> None:
        self.reset(script, pause_s)

    def reset(self, script: Script, pause_s: float = 0.0) -> None:
        """As new, for the next test against the same server."""
        self.script = script
        self.pause_s = pause_s
        self.ready = threading.Event()
        self.ready.set()
        self.broken: AppError | None = None
        self.shelf: dict[tuple[str, str], Kept] = {}
        self.answers: list[ApprovalAnswered] = []
        self.chats: list[ScriptedChat] = []
        self.meanwhile: Script = lambda _: ()
        self.begun: list[tuple[str, str | None]] = []
        self.kbs = ["handbook", "员工手册"]

    def readiness(self) -> Readiness:
        return Readiness(ready=self.ready.is_set(), message="Getting ready…", error=self.broken)

    def prepare(self) -> None:
        self.ready.wait()

    def document(self, kb: str, document_id: str) -> Document:
        try:
            return self.shelf[kb, document_id].document
        except KeyError:
            raise UnknownDocument("The document is no longer in the knowledge base.") from None

    def chunks(self, kb: str, document_id: str) -> Sequence[Chunk]:
        return self.shelf[kb, document_id].chunks

    @contextmanager
    def original(self, kb: str, document: Document) -> Iterator[Path]:
        path = self.shelf[kb, document.id].original
        if not path.exists():
            raise SourceError("The original is no longer there.")
        yield path

    def choices(self) -> Choices:
        self._must_be_ready()
        return Choices(kbs=list(self.kbs), teams=["qa", "analyst"], strategies=["hybrid", "lexical"], models=[])

    def new_conversation(self, wish: Wish, *, owner: str, conversation_id: str) -> ScriptedChat:
        kb = wish.kb or "handbook"
        if kb not in self.kbs:
            raise UnknownKnowledgeBase(f"There is no knowledge base {kb!r}.")
        self._check(wish)
        self.begun.append((kb, wish.team))
        info = ConversationInfo(
            id=conversation_id,
            kb=kb,
            team=wish.team or "qa",
            strategy=wish.strategy or "hybrid",
            owner=owner,
            created_at=time.time(),
        )
        return self._keep(ScriptedChat(info, self.script, self.pause_s, self.answers, self.meanwhile))

    def conversation(self, conversation_id: str, owner: str) -> ScriptedChat:
        self._must_be_ready()
        for chat in self.chats:
            if chat.info.id == conversation_id and chat.info.owner == owner:
                return chat
        raise ConversationError(f"There is no conversation {conversation_id}.", hint="Choose another one.")

    def conversations(self, owner: str, containing: str = "") -> list[ConversationInfo]:
        infos = [chat.info for chat in self.chats if chat.info.owner == owner and containing in chat.info.title]
        return infos[::-1]

    def branch(self, conversation_id: str, owner: str, *, through: int) -> ScriptedChat:
        chat = self.conversation(conversation_id, owner)
        branch = self._keep(chat.branch(replace(chat.info, id=uuid4().hex, parent=conversation_id), through))
        branch.script, branch.pause_s = self.script, self.pause_s
        return branch

    def retry(self, conversation_id: str, owner: str, wish: Wish) -> tuple[ScriptedChat, str]:
        self._check(wish)
        events = self.conversation(conversation_id, owner).events()
        last = [event for event in events if isinstance(event, RunStarted)][-1]
        chat = self.branch(conversation_id, owner, through=last.seq - 1)
        chat.info = replace(chat.info, **{name: value for name, value in vars(wish).items() if value})
        return chat, last.question

    def rename(self, conversation_id: str, owner: str, title: str) -> None:
        chat = self.conversation(conversation_id, owner)
        chat.info = replace(chat.info, title=title)

    def delete(self, conversation_id: str, owner: str) -> None:
        self.chats.remove(self.conversation(conversation_id, owner))

    def _must_be_ready(self) -> None:
        if not self.ready.is_set():
            raise NotReady("Getting ready…")

    def _check(self, wish: Wish) -> None:
        if wish.team not in (None, *self.choices().teams):
            raise UnknownTeam(f"There is no team {wish.team!r}.")

    def _keep(self, chat: ScriptedChat) -> ScriptedChat:
        self.chats.append(chat)
        return chat


def sha256(code: str) -> str:
    """The hash of code, as approvals have it."""
    return hashlib.sha256(code.encode()).hexdigest()


def passage(marker: int, text: str, **more: Any) -> Mapping[str, Any]:
    """A passage as `Retrieved` has it."""
    found = {
        "marker": marker,
        "chunk_id": f"c{marker}",
        "document_id": "d1",
        "source": "/documents/handbook.pdf",
        "page": 3,
        "boxes": {},
        "headings": ["Handbook", "Travel"],
        "text": text,
        "scores": {"fused": 0.5},
    }
    return {**found, **more}


def cited(marker: int, quote: str) -> Mapping[str, Any]:
    """A citation as `RunCompleted` has it."""
    return {"marker": marker, "quote": quote, "source": "/documents/handbook.pdf", "page": 3, "chunk_id": f"c{marker}"}


def streamed(agent: str, message_id: str, text: str, *, size: int = 4) -> list[Event]:
    """A message of an agent, in pieces and then whole."""
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    deltas: list[Event] = [TokenDelta(agent=agent, message_id=message_id, text=piece) for piece in pieces]
    whole = MessageCompleted(
        agent=agent,
        message_id=message_id,
        role="critic" if agent == "critic" else "assistant",
        content=text,
        completion_tokens=9,
        ms=800,
    )
    return [*deltas, whole]


HOTEL = "Hotels are paid up to 120 euros a night.\nBreakfast is included. Taxis need a receipt."
RATES = "Rates by city, per night:\n| City | Rate |\n|---|---|\n| Berlin | 120 |\n| 上海 | 140 |"
ANSWER = "Hotels are paid **up to 120 euros** a night [1]; in Shanghai it is 140 [2].\n\n- For three nights: 360 euros."


def answering(text: str) -> Script:
    """A run in which the assistant says `text` and nothing else happens."""

    def script(question: str) -> list[Event]:
        return [
            RunStarted(question=question, team="qa", kb="handbook", strategy="hybrid"),
            *streamed("assistant", "m", text),
            RunCompleted(answer=text, abstained=False),
        ]

    return script


def discussion(question: str) -> list[Event]:
    """A whole table: passages, a tool, code in the sandbox, an answer with citations and its check."""
    code = "print(3 * 120)"
    return [
        RunStarted(question=question, team="analyst", kb="handbook", strategy="hybrid"),
        Retrieved(
            agent="retriever",
            query=question,
            passages=(passage(1, HOTEL), passage(2, RATES, source="/documents/差旅费.xlsx", page=None)),
            steps=({"name": "dense", "ms": 12.0},),
        ),
        MessageCompleted(agent="retriever", message_id="r", role="retriever", content="[1] handbook.pdf, page 3"),
        ToolCalled(agent="assistant", call_id="t1", tool="run_python", arguments={"code": code}),
        CodeRan(
            agent="code_executor",
            call_id="t1",
            code=code,
            backend="bubblewrap",
            isolation="full",
            status="ok",
            exit_code=0,
            stdout="360\n",
            stderr="",
            ms=412,
        ),
        ToolReturned(agent="code_executor", call_id="t1", tool="run_python", content="360", ok=True, ms=430),
        MessageCompleted(agent="code_executor", message_id="t", role="tool", content="360"),
        *streamed("assistant", "a", ANSWER),
        *streamed("critic", "c", "Every figure is in the passages."),
        RunCompleted(
            answer=ANSWER,
            abstained=False,
            citations=(cited(1, "paid up to 120 euros a night"), cited(2, "上海 | 140")),
            usage={"prompt_tokens": 900, "completion_tokens": 60, "calls": 3, "cost": 0.0},
            ms=2100,
        ),
    ]
