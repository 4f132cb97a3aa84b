"""A dataset's corpus as files, so that evaluation measures the same path that users' documents take."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote

from retrieval.evaluation.dataset import Record

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~])")
_BLOCK_START = re.compile(r"^(\s*)([-+=]|\d+[.)])", re.MULTILINE)


def write_corpus(records: Sequence[Record], folder: Path) -> None:
    """One file a record: Markdown with the title as heading, plain text without one; files already right are left."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {_file_name(record): _content(record) for record in records}
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            path.write_text(content, encoding="utf-8")


def record_id(source: str) -> str:
    """The id of the record a source file was written from."""
    return unquote(Path(source).stem)


def _file_name(record: Record) -> str:
    return quote(record.id, safe="").replace(".", "%2E") + (".md" if record.title else ".txt")


def _content(record: Record) -> str:
    if not record.title:
        return record.text
    body = _BLOCK_START.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", record.text))
    title = _MARKUP.sub(r"\\\1", " ".join(record.title.split()))
    return f"# {title}\n\n{body}\n"
