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


def document_id(location: str, content: str) -> str:
    """Identity of one version of one source."""
    return _hash(location, content)


def chunk(draft: ChunkDraft, *, document: str, position: int) -> Chunk:
    """Give a draft its identity: the hash of document id, position and text."""
    return Chunk(id=_hash(document, str(position), draft.text), document_id=document, position=position, **vars(draft))


def _hash(*parts: str) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()
