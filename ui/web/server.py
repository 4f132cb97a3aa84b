"""The web application, and the process that serves it."""

from __future__ import annotations

import errno
import os
import shutil
import socket
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from configs.errors import ConfigError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from agents.app import App
    from configs.settings import Settings
    from ui.web.backend import Backend
    from ui.web.tab_page import TabPage

_SHUTDOWN_S = 1


def create_app(
    backend: Backend,
    settings: Settings,
    *,
    tabs: Sequence[TabPage] = (),
    private: tuple[App, str] | None = None,
) -> FastAPI:
    """The page at `/`, what it shows below `/evidence/` and `/artifacts/`, and `GET /api/health` → `{"ready": bool}`.

    `tabs` stand beside the conversation. `private` adds the interface of `ui.web.command_route` for an application,
    behind a token.
    """
    import gradio as gr
    from fastapi import FastAPI

    from ui.web.artifact_route import serve_artifacts
    from ui.web.evidence_route import serve_exhibits
    from ui.web.exhibits import Exhibits
    from ui.web.gallery import Gallery
    from ui.web.guard import Guard
    from ui.web.page import build_page
    from ui.web.session import Sessions
    from ui.web.theme import head, styles, theme
    from ui.web.uploads import Shelf

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/api/health")
    def health() -> dict[str, bool]:
        return {"ready": backend.readiness().ready}

    if private is not None:
        from ui.web.command_route import serve_actions

        serve_actions(app, *private)
    exhibits, gallery = Exhibits(backend), Gallery(settings.home / "artifacts")
    serve_exhibits(app, exhibits)
    serve_artifacts(app, gallery)
    max_mb = settings.parsing.max_file_mb
    shelf = Shelf(folder=settings.home / "uploads", max_mb=max_mb)
    unsandboxed = settings.sandbox.dangerously_run_without_isolation
    page = build_page(backend, shelf, exhibits, gallery, tabs=tabs, unsandboxed=unsandboxed)
    for tab in tabs:
        tab.serve(app)
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        show_error=False,
        max_file_size=4 * max_mb * 2**20,
        theme=theme(),
        css_paths=styles(),
        head=head(),
    )
    page.has_launched = True  # else gradio takes any path a client names for an upload
    app.add_middleware(Sessions)
    app.add_middleware(Guard, host=settings.ui.host)
    return app


def serve(
    settings: Settings,
    backend: Backend,
    *,
    announce: Callable[[str], None],
    tabs: Sequence[TabPage] = (),
    private: tuple[App, str] | None = None,
) -> None:
    """Serve until interrupted; `announce` gets the address as soon as a browser may open it.

    Raises ConfigError for an address that cannot be listened on.
    """
    with _listen(settings.ui.host, settings.ui.port) as listener:
        scratch = settings.home / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        os.environ["GRADIO_TEMP_DIR"] = str(scratch)  # noqa: TID251 - the only way to tell gradio where uploads arrive

        import uvicorn

        app = create_app(backend, settings, tabs=tabs, private=private)
        host, port = listener.getsockname()[:2]
        announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=_SHUTDOWN_S)
        uvicorn.Server(config).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, taken before the slow imports: a taken port fails at once, an early browser waits."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "is already in use" if taken else f"cannot be listened on: {error.strerror}"
        hint = "Choose another with --port or --host, or close the program that uses it."
        raise ConfigError(f"The address {host}:{port} {reason}.", hint=hint) from None
