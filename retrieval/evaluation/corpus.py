"""A dataset's corpus as files, so that evaluation measures the same path that users' documents take."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from retrieval.evaluation.dataset import Record

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
_BLOCK_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


def index_folder(home: Path, dataset: Path) -> Path:
    """Where the index of a dataset is kept, apart from the knowledge bases of the data directory `home`."""
    path = dataset.resolve()
    return home / "evaluation" / f"{path.name}-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


def write_corpus(records: Sequence[Record], folder: Path) -> dict[str, str]:
    """One file a record; returns the record id of each file name.

    Markdown with the title as heading, plain text without one; files that are already right are not touched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {_file_name(record): _content(record) for record in records}
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")
    return {_file_name(record): record.id for record in records}


def _file_name(record: Record) -> str:
    return hashlib.sha256(record.id.encode()).hexdigest()[:32] + (".md" if record.title else ".txt")


def _content(record: Record) -> str:
    if not record.title:
        return record.text
    body = _BLOCK_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", record.text))
    title = _MARKUP.sub(r"\\\1", " ".join(record.title.split()))
    return f"# {title}\n\n{body}\n"
