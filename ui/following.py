"""Keeps a knowledge base in line with its sources for as long as the command runs."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from agents.app import App
from configs.errors import AppError
from retrieval.errors import SourceError
from retrieval.locations import is_address
from retrieval.watch import watch
from ui import terminal, text
from ui.actions import ingest


def changes(sources: Sequence[str], *, home: Path) -> Iterator[None]:
    """One item after each change on disk from now on. Raises SourceError when there is nothing on disk to watch."""
    paths = _on_disk(sources)
    if not paths:
        raise SourceError("Web pages cannot be watched.", hint="Watch files or folders, or ingest the pages again.")
    return watch(paths, stop=threading.Event(), private=home)


def _on_disk(sources: Sequence[str]) -> list[str]:
    """The sources that are files or folders."""
    return [source for source in sources if not is_address(source)]


def follow(
    bursts: Iterator[None], app: App, sources: Sequence[str], options: Mapping[str, Any], *, as_json: bool
) -> None:
    """Sync what is on disk after every change until interrupted; web pages stay as they were fetched.

    What a sync did is one line on stdout, a failure one on stderr.
    """
    inputs = _on_disk(sources)
    terminal.say("Watching; Ctrl-C ends it.")
    for _ in bursts:
        try:
            document, error = ingest(app, inputs=inputs, tell=lambda *_: None, **options)
        except AppError as raised:
            terminal.say(f"Error: {raised}")
            continue
        if error is not None:
            terminal.say(f"Error: {error}")
        if any(outcome["status"] != "unchanged" for outcome in document["documents"]):
            terminal.show(document, as_json=as_json, text=text.watched)
