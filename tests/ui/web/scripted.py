"""An application behind the page that plays scripts of real events instead of thinking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.events import (
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
from configs.errors import AppError
from retrieval.errors import UnknownKnowledgeBase
from retrieval.types import FileOutcome, IngestReport
from ui.web.backend import DocumentRow, Readiness

Script = Callable[[str], Iterable[Event]]


class ScriptedChat:
    """Plays one script per question; `pause_s` passes between events, and `stop` ends it as the engine does."""

    def __init__(self, script: Script, pause_s: float) -> None:
        self._script = script
        self._pause_s = pause_s
        self._stopped = threading.Event()

    def ask(self, text: str) -> Iterator[Event]:
        self._stopped.clear()
        said = ""
        for event in self._script(text):
            if self._stopped.wait(self._pause_s):
                yield RunCompleted(answer=said, abstained=False, stopped=True)
                return
            said = said + event.text if isinstance(event, TokenDelta) else said
            yield event

    def stop(self) -> None:
        self._stopped.set()


class ScriptedBackend:
    """Two knowledge bases, ready unless `ready` is cleared; files with "corrupt" in them fail to parse."""

    def __init__(self, script: Script, *, pause_s: float = 0.0) -> None:
        self.reset(script, pause_s)

    def reset(self, script: Script, pause_s: float = 0.0) -> None:
        """As new, for the next test against the same server."""
        self.script = script
        self.pause_s = pause_s
        self.ready = threading.Event()
        self.ready.set()
        self.broken: AppError | None = None
        self.ingested: list[Path] = []
        self.rows = {
            "handbook": [DocumentRow(name="handbook.pdf", pages=12, chunks=40, status="indexed")],
            "员工手册": [],
        }

    def readiness(self) -> Readiness:
        return Readiness(ready=self.ready.is_set(), message="Getting ready…", error=self.broken)

    def knowledge_bases(self) -> list[str]:
        self.ready.wait()
        return list(self.rows)

    def documents(self, kb: str, limit: int) -> tuple[list[DocumentRow], int]:
        if kb not in self.rows:
            raise UnknownKnowledgeBase(f"There is no knowledge base {kb!r}.")
        return self.rows[kb][:limit], len(self.rows[kb])

    def ingest(
        self,
        kb: str,
        paths: Sequence[Path],
        progress: Callable[[FileOutcome, int, int], None],
        cancel: threading.Event,
    ) -> IngestReport:
        outcomes: list[FileOutcome] = []
        for path in paths:
            if cancel.wait(self.pause_s):
                break
            outcomes.append(self._read(kb, path))
            progress(outcomes[-1], len(outcomes), len(paths))
        return IngestReport(kb=kb, documents=tuple(outcomes), chunks_total=0, seconds=0.0, stage_seconds={})

    def new_conversation(self, kb: str) -> ScriptedChat:
        self.documents(kb, 0)
        self.ready.wait()
        return ScriptedChat(self.script, self.pause_s)

    def _read(self, kb: str, path: Path) -> FileOutcome:
        self.ingested.append(path)
        if b"corrupt" in path.read_bytes():
            return FileOutcome(source=str(path), status="failed", error="The document is corrupt.")
        self.rows[kb].append(DocumentRow(name=path.name, pages=2, chunks=7, status="indexed"))
        return FileOutcome(source=str(path), status="indexed", chunks=7, pages=2, seconds=0.4)


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
