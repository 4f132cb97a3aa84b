"""The web application: everything that stands behind its address, and what stands before it."""

from __future__ import annotations

import threading

import gradio as gr
from fastapi import FastAPI

from configs.settings import Settings
from ui.web.accounts.add_sign_in import add_sign_in
from ui.web.accounts.audit import Audit
from ui.web.accounts.sign_in import sign_in_of
from ui.web.artifact_route import serve_artifacts
from ui.web.backend import Backend
from ui.web.chat.asking_routes import serve_asking
from ui.web.chat.keeping_routes import serve_keeping
from ui.web.chat.live_route import serve_live
from ui.web.chat.passage_route import serve_passages
from ui.web.chat.refusals import serve_refusals
from ui.web.chat.rooms import Rooms
from ui.web.command_route import serve_actions
from ui.web.evidence_route import serve_exhibits
from ui.web.exhibits import Exhibits
from ui.web.gallery import Gallery
from ui.web.guard import Guard
from ui.web.labels import LABELS
from ui.web.limits import Limits
from ui.web.opening import Opening
from ui.web.page import build_page
from ui.web.session import Sessions
from ui.web.site import Site
from ui.web.theme import head, opening, styles, theme


def create_app(backend: Backend, settings: Settings, site: Site) -> FastAPI:
    """The page at `/`, what it shows and does below it, and `GET /api/health` → `{"ready": bool}`.

    Its streams end once the event `state.closing` of the application is set.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.closing = threading.Event()

    @app.get("/api/health")
    async def health() -> dict[str, bool]:
        return {"ready": backend.readiness().ready}

    if site.private is not None:
        serve_actions(app, *site.private)
    _serve_conversations(app, backend, settings, site)
    page = build_page(backend, site, unsandboxed=settings.sandbox.dangerously_run_without_isolation)
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
        max_file_size=4 * settings.parsing.max_file_mb * 2**20,
        theme=theme(),
        css_paths=styles(),
        head=head(),
        i18n=LABELS,
    )
    page.has_launched = True  # else gradio takes any path a client names for an upload
    app.add_middleware(Limits, upload_bytes=4 * settings.parsing.max_file_mb << 20)
    app.add_middleware(Opening, script=opening())
    add_sign_in(app, sign_in_of(settings.ui), settings.home, site.say)
    app.add_middleware(Sessions)
    app.add_middleware(Guard, host=settings.ui.host)
    return app


def _serve_conversations(server: FastAPI, backend: Backend, settings: Settings, site: Site) -> None:
    exhibits, gallery, rooms = Exhibits(backend), Gallery(settings.home / "artifacts"), Rooms(backend, site.undoing)
    serve_refusals(server)
    serve_exhibits(server, exhibits)
    serve_artifacts(server, gallery)
    serve_live(server, backend, rooms, gallery)
    serve_asking(server, rooms, Audit(settings.home))
    serve_keeping(server, rooms, backend.choices)
    serve_passages(server, rooms, exhibits)
    for tab in site.tabs:
        tab.serve(server)
    for part in site.welcome:
        part.serve(server)
