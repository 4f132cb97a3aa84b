"""The members of an exported file, and the manifest that says what is in them."""

from __future__ import annotations

import hashlib
import re
import zipfile
from dataclasses import dataclass
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from configs.settings import Backend

FORMAT: Final = "roundtable-knowledge-base"
FORMAT_VERSION: Final = 1
MANIFEST: Final = "manifest.json"
DOCUMENTS: Final = "documents.jsonl"
VECTORS: Final = "vectors.f32"
BLOCK = 1 << 20
"""Bytes read at once."""

FLOAT_BYTES = 4

_FINGERPRINT = re.compile(rf"(.+)@[0-9a-f]{{12}}/(?:{'|'.join(get_args(Backend)[1:])})/([1-9][0-9]{{0,4}})/unit")
"""Model and dimension of an embedder, see `fingerprint` of the backends; `auto` is none."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an exported file may hold at most, as it comes from anywhere.

    `manifest_bytes` is a thousand times what a manifest takes. `line_bytes`, for one document with its chunks, is what
    parsers unpack of a document at most; to read it takes some three times as much memory. `ratio` is unpacked over
    packed size (vectors hardly shrink, text reaches 20, deflate at most 1032) and does not hold up to `free_bytes`.
    """

    manifest_bytes: int = 1 << 20
    line_bytes: int = 512 << 20
    ratio: int = 200
    free_bytes: int = 16 << 20


LIMITS = Limits()


class Strict(BaseModel):
    """Every field of exactly its type, and no other fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Count = Annotated[int, Field(ge=0, lt=1 << 31)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Header(BaseModel):
    """What the manifest of every version begins with."""

    model_config = ConfigDict(strict=True)

    format: str
    version: int


def _fingerprint(text: str) -> str:
    if not (_FINGERPRINT.fullmatch(text) and text.isprintable()):
        raise ValueError(f"{text[:100]!r} names no embedder")
    return text


class Manifest(Strict):
    """What the other members hold: their hashes, how much it is, and the fingerprint of the vectors' embedder."""

    format: Literal["roundtable-knowledge-base"] = FORMAT
    version: Literal[1] = FORMAT_VERSION
    name: Annotated[str, Field(max_length=64)]
    embedder: Annotated[str, AfterValidator(_fingerprint)]
    documents: Count
    chunks: Count
    dimension: Count
    sha256: Annotated[dict[Literal["documents.jsonl", "vectors.f32"], Sha256], Field(min_length=2)]

    @property
    def model(self) -> str:
        """The name of the embedder's model."""
        return self._embedder()[0]

    @model_validator(mode="after")
    def _of_one_dimension(self) -> Manifest:
        if self.dimension != int(self._embedder()[1]):
            raise ValueError(f"vectors of {self.dimension} dimensions are not of {self.embedder}")
        return self

    def _embedder(self) -> tuple[str, str]:
        found = _FINGERPRINT.fullmatch(self.embedder)
        return (found[1], found[2]) if found else ("", "")


def digest(file: zipfile.ZipFile, name: str) -> str:
    """SHA-256 of a member, in hex."""
    found = hashlib.sha256()
    with file.open(name) as member:
        while block := member.read(BLOCK):
            found.update(block)
    return found.hexdigest()
