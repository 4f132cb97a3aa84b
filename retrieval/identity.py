"""What makes two documents or chunks the same: SHA-256 over what they are made of."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from retrieval.errors import ParseError
from retrieval.types import Chunk, ChunkDraft


def content_hash(path: Path) -> str:
    """Hash of a file's bytes. Raises ParseError when it cannot be read, or is a pipe or device."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ParseError(f"{path} is not a regular file.", hint="Give the path of a document.")
        with path.open("rb") as file:
            digest = hashlib.sha256()
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ParseError(
            f"{path} cannot be read ({error.strerror}).", hint="Check that the file exists and its permissions."
        ) from error
    return digest.hexdigest()


def document_id(content: str, kind: str) -> str:
    """Identity of a content read as one kind of document: where it lies does not matter."""
    return _hash(content, kind)


def chunk(draft: ChunkDraft, *, document: str, position: int) -> Chunk:
    """Give a draft its identity: the hash of document id, position, and the texts it is read and found by."""
    fields = {name: value for name, value in vars(draft).items() if name != "section"}
    return Chunk(
        id=_hash(document, str(position), draft.text, draft.embedded_text),
        document_id=document,
        position=position,
        parent_id=_hash(document, "section", str(draft.section)),
        **fields,
    )


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
