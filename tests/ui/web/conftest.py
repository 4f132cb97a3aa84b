from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from configs.settings import ParsingSettings, SandboxSettings, Settings, UISettings
from ui.web.backend import Backend
from ui.web.server import create_app
from ui.web.site import Site, Welcome
from ui.web.tab_page import TabPage

CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def served(
    backend: Backend,
    home: Path,
    *,
    sandbox: SandboxSettings | None = None,
    tabs: Sequence[TabPage] = (),
    welcome: Sequence[Welcome] = (),
    ui: UISettings | None = None,
    say: Callable[[str], None] = print,
) -> Iterator[str]:
    """The address of a real server on a free port, for as long as the block lasts."""
    limits, sandbox = ParsingSettings(max_file_mb=2), sandbox or SandboxSettings()
    settings = Settings(data_dir=home, ui=ui or UISettings(port=0), parsing=limits, sandbox=sandbox)
    app = create_app(backend, settings, Site(say=say, tabs=tabs, welcome=welcome))
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.state.closing.set()
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; the tests fail without it, because nothing else shows what a person sees."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("Chromium is needed: `apt-get install chromium`.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
