"""Opens the app: the page at once, everything heavy in the background."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from agents.app import App, build_app
from configs.settings import Settings
from ui import terminal
from ui.web.app_backend import AppBackend
from ui.web.serving import serve
from ui.web.site import Site
from ui.web.undoing import Undoing
from ui.web.uploads import Shelf
from ui.web.walkthrough.panel import SAMPLE_KB

SAMPLES = Path(__file__).resolve().parents[2] / "examples" / "documents"


def launch(settings: Settings) -> None:
    """Serve until interrupted. Raises DataDirectoryInUse before anything is shown."""
    app = build_app(settings, exclusive=True, command="ui")
    lock, token = app.library.lock, secrets.token_urlsafe(32)
    backend = AppBackend(lambda say: _prepare(app, say))

    def announce(url: str) -> None:
        lock.announce(command="ui", url=url, token=token)
        backend.start()
        terminal.say(f"Roundtable is at {url} (Ctrl-C ends it)")

    try:
        serve(settings, backend, lambda: _site(settings, backend, app, token), announce=announce)
    finally:
        app.close()


def _site(settings: Settings, backend: AppBackend, app: App, token: str) -> Site:
    from ui.web.evaluation.page import EvaluationPage
    from ui.web.library.page import LibraryPage
    from ui.web.preferences.settings_page import SettingsPage
    from ui.web.traces.trace_page import TracePage
    from ui.web.walkthrough.first_start import FirstStart

    undoing = Undoing()
    shelf = Shelf(folder=settings.home / "uploads", max_mb=settings.parsing.max_file_mb)
    return Site(
        say=terminal.say,
        undoing=undoing,
        tabs=[
            LibraryPage(backend.prepared, shelf, settings, undoing),
            EvaluationPage(backend.prepared, settings),
            TracePage(backend.app),
            SettingsPage(
                backend.app,
                load=settings.with_saved,
                use=lambda changed: backend.app().use(changed),
                fixed=settings.fixed,
            ),
        ],
        welcome=[FirstStart(backend.app)],
        private=(app, token),
    )


def _prepare(app: App, say: Callable[[str], None]) -> App:
    say("Loading the embedding model; the first start also converts it, about 15 seconds…")
    app.library.warm_up()
    sizes = app.library.summary()
    if not sizes or sizes.get(SAMPLE_KB) == (0, 0):
        say("Reading the sample documents…")
        app.library.create(SAMPLE_KB).ingest([SAMPLES])
    say("Calling the agents to the table…")
    app.warm_up()
    return app
