"""An application behind the page that plays scripts of real events instead of thinking."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from retrieval.errors import SourceError, UnknownDocument, UnknownKnowledgeBase
from retrieval.types import Chunk, Document, FileOutcome, IngestReport
from ui.web.backend import DocumentRow, Readiness, Watch

Script = Callable[[str], Iterable[Event]]
PAGES = 2


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


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A document in a knowledge base, its chunks and the file it was made from."""

    document: Document
    chunks: tuple[Chunk, ...] = ()
    original: Path = Path("/nowhere")


class ScriptedBackend:
    """Two knowledge bases, ready unless `ready` is cleared; every file has two pages, "corrupt" ones fail to parse.

    `shelf` holds the documents whose evidence can be shown, by knowledge base and id.
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
        self.ingested: list[Path] = []
        self.shelf: dict[tuple[str, str], Kept] = {}
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

    def ingest(self, kb: str, paths: Sequence[Path], watch: Watch) -> IngestReport:
        outcomes: list[FileOutcome] = []
        for path in paths:
            for page in range(1, PAGES + 1):
                watch.page(str(path), page, PAGES)
                if watch.cancel.wait(self.pause_s / PAGES):
                    break
            if watch.cancel.is_set():
                break
            for outcome in self._read(kb, path):
                outcomes.append(outcome)
                watch.outcome(outcome, len(outcomes), len(paths))
        return IngestReport(kb=kb, documents=tuple(outcomes), chunks_total=0, seconds=0.0, stage_seconds={})

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

    def new_conversation(self, kb: str) -> ScriptedChat:
        self.documents(kb, 0)
        self.ready.wait()
        return ScriptedChat(self.script, self.pause_s)

    def _read(self, kb: str, path: Path) -> list[FileOutcome]:
        self.ingested.append(path)
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                return [self._outcome(kb, f"{path}!/{name}", archive.read(name)) for name in archive.namelist()]
        return [self._outcome(kb, str(path), path.read_bytes())]

    def _outcome(self, kb: str, source: str, content: bytes) -> FileOutcome:
        if b"corrupt" in content:
            return FileOutcome(source=source, status="failed", error="The document is corrupt.")
        self.rows[kb].append(DocumentRow(name=Path(source).name, pages=PAGES, chunks=7, status="indexed"))
        return FileOutcome(source=source, status="indexed", chunks=7, pages=PAGES, seconds=0.4)


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
