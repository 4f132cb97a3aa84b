"""Limits a search to some documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from configs.errors import ConfigError
from retrieval.types import Document

FILTERS = ("source", "media_type", "language", "title")


def within(documents: Sequence[Document], filters: Mapping[str, str]) -> list[str]:
    """Ids of the documents that match every filter. Raises ConfigError for an unknown one."""
    if unknown := sorted(set(filters) - set(FILTERS)):
        raise ConfigError(
            f"There is no filter {unknown[0]!r}.", hint=f"Filter by {', '.join(FILTERS)}; `*` matches anything."
        )
    return [d.id for d in documents if all(_matches(d, key, value) for key, value in filters.items())]


def _matches(document: Document, key: str, pattern: str) -> bool:
    values = (document.source, *document.copies) if key == "source" else (getattr(document, key),)
    return any(pattern in (value, Path(value).name) or fnmatchcase(value, pattern) for value in values)
