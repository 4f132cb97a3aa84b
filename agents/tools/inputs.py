"""Documents of the knowledge base as files that code can read."""

from __future__ import annotations

from collections.abc import Sequence

from agents.errors import ToolError
from agents.ports import KnowledgeBase
from agents.run import Run
from agents.sandbox.artifacts import safe_name
from agents.sandbox.command import MB
from agents.sandbox.inputs import MOST_MB
from retrieval.types import Document

MOST_FILES = 10


def lay(run: Run, kb: KnowledgeBase, references: Sequence[str]) -> list[str]:
    """Lay read-only copies of documents of `kb` into the session; their paths for the code, in the order given.

    Raises ToolError, UnknownDocument, SourceError or SandboxFileRefused, each for the model to read.
    """
    if len(references) > MOST_FILES:
        raise ToolError(f"{len(references)} files were asked for; up to {MOST_FILES} in one call are allowed.")
    if not references:
        return []
    documents, paths = kb.documents(), []
    for reference in references:
        run.check_stop()
        document = kb.document(reference)
        paths.append(run.session.put(input_name(document, documents), _content(kb, document)))
    return paths


def input_name(document: Document, documents: Sequence[Document]) -> str:
    """The file name of a document, with the beginning of its id before it where another one is called the same."""
    name = safe_name(document.source)
    alone = sum(safe_name(other.source) == name for other in documents) < 2
    return name if alone else f"{document.id[:8]}-{name}"


def _content(kb: KnowledgeBase, document: Document) -> bytes:
    with kb.original(document) as path:
        if (size := path.stat().st_size) > MOST_MB * MB:
            raise ToolError(f"{document.source} has {size / MB:.0f} MB; code can be given {MOST_MB} MB at most.")
        return path.read_bytes()
