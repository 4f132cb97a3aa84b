"""A handbook that a scripted backend holds and its answers cite: a PDF, a Markdown file and a Chinese one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agents.events import Event, Retrieved, RunCompleted, RunStarted
from retrieval.types import Chunk, Document
from tests.retrieval.parsing.sheets import Sheet, write_pdf
from tests.ui.web.scripted import Kept, ScriptedBackend, cited, passage, streamed

PDF, MARKDOWN, CHINESE, CODE = 1, 2, 3, 4
"""Markers of the passages."""
BASELINE = 300
QUOTE = "up to 120 euros"
LINE = ("Hotels", "are", "paid", "up", "to", "120", "euros", "a", "night.")
BOX = (90.0, 288.0, 420.0, 304.0)
_FILES = {"d-pdf": "handbook.pdf", "d-md": "rates.md", "d-zh": "手册.md", "d-py": "rates.py.md"}
_TYPES = {".pdf": "application/pdf", ".md": "text/markdown"}
_TEXTS = {
    "d-md": (
        "All rates are by city. " * 150,
        "| City | Rate |\n|---|---|\n| Berlin | 120 |\n| Porto | 95 |",
        "Ask before you book.",
    ),
    "d-zh": ("员工手册。", "员工每年有十二天带薪年假。", "年假须提前申请。"),
    "d-py": ("Run this:", "def rate(city):\n\n    return RATES[city] < 120", "Done."),
}


def word_left(word: str) -> float:
    """Where a word of the line on page 2 begins, in points."""
    return 100 + 35 * LINE.index(word)


def furnish(backend: ScriptedBackend, folder: Path) -> None:
    """Put the handbook on the backend's shelf and let its answers cite it."""
    pages = [Sheet().text(100, BASELINE, f"This is page {number}.") for number in range(1, 4)]
    for word in LINE:
        pages[1].text(word_left(word), BASELINE + 40, word)
    write_pdf(folder / "handbook.pdf", pages)
    for id, texts in _TEXTS.items():
        (folder / _FILES[id]).write_text("\n\n".join(texts), encoding="utf-8")
    for id, name in _FILES.items():
        chunks = tuple(_chunk(id, number, text) for number, text in enumerate(_TEXTS.get(id, ())))
        backend.shelf["handbook", id] = Kept(document=_document(id, name), chunks=chunks, original=folder / name)
    backend.script = script


def script(question: str) -> list[Event]:
    answer = "Up to 120 euros [1], in Porto 95 [2], 十二天 [3], below 120 [4]."
    quotes = {PDF: QUOTE, MARKDOWN: "Porto | 95", CHINESE: "十二天带薪年假", CODE: "RATES[city] < 120"}
    return [
        RunStarted(question=question, team="qa", kb="handbook", strategy="hybrid"),
        Retrieved(agent="retriever", query=question, passages=tuple(_passages())),
        *streamed("assistant", "a", answer),
        RunCompleted(
            answer=answer, abstained=False, citations=tuple(cited(marker, quote) for marker, quote in quotes.items())
        ),
    ]


def _passages() -> list[Mapping[str, Any]]:
    pdf = passage(
        PDF,
        " ".join(LINE),
        document_id="d-pdf",
        chunk_id="d-pdf-1",
        page=2,
        boxes={"2": [[BOX[0], BOX[1] + 40, BOX[2], BOX[3] + 40]]},
        copies=["/documents/old/handbook.pdf"],
    )
    others = {MARKDOWN: "d-md", CHINESE: "d-zh", CODE: "d-py"}
    return [pdf] + [
        passage(
            marker,
            _TEXTS[id][1],
            document_id=id,
            chunk_id=f"{id}-1",
            page=None,
            source=f"/documents/{_FILES[id]}",
            headings=[],
        )
        for marker, id in others.items()
    ]


def _document(id: str, name: str) -> Document:
    return Document(
        id=id,
        location=f"/documents/{name}",
        source=f"/documents/{name}",
        content_hash="",
        media_type=_TYPES[Path(name).suffix],
        parser="",
        pages=3 if name.endswith(".pdf") else 0,
        title="",
        language="en",
    )


def _chunk(document_id: str, number: int, text: str) -> Chunk:
    return Chunk(
        id=f"{document_id}-{number}",
        document_id=document_id,
        position=number,
        text=text,
        embedded_text=text,
        headings=(),
        page=None,
        page_last=None,
        boxes={},
        tokens=1,
        kind="code" if text.startswith("def ") else "text",
    )
