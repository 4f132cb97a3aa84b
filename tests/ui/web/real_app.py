"""The page before a real application, with the sample documents in its knowledge base."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from agents.app import App, build_app
from configs.settings import Settings
from tests.ui.web.conftest import served
from ui.web.app_backend import AppBackend
from ui.web.launch import SAMPLES
from ui.web.tab_page import TabPage

KB = "handbook"


class Real(NamedTuple):
    """Where the page is served, and the application behind it."""

    url: str
    app: App


@contextmanager
def real_app(
    home: Path,
    tabs: Callable[[AppBackend], Sequence[TabPage]] = lambda _: (),
    *,
    settings: Settings | None = None,
    documents: Path | None = SAMPLES,
) -> Iterator[Real]:
    """An application at work for as long as the block lasts; `tabs` makes the tabs under test from its backend."""
    app = build_app(settings or Settings(data_dir=home, kb=KB), exclusive=True, command="ui")
    try:
        base = app.library.create(KB)
        if documents:
            base.ingest([documents])
        backend = AppBackend(lambda _: app)
        backend.start()
        with served(backend, home, tabs=tabs(backend)) as url:
            yield Real(url, app)
    finally:
        app.close()
