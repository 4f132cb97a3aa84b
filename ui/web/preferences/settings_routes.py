"""The settings over HTTP: everybody's own, and for administrators those of the application."""

from __future__ import annotations

import html
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Limited

from agents.sandbox import check_sandbox
from configs.errors import AppError
from ui.web.downloads import PRIVATE
from ui.web.preferences.draft import Changes, Draft
from ui.web.preferences.form import form
from ui.web.preferences.keeping import Keeping
from ui.web.preferences.personal import personal
from ui.web.preferences.sandbox_check import sandbox_check
from ui.web.preferences.trial import first_token_ms
from ui.web.visitor import visitor_of
from ui.web.words import Words

_MOST_FIELDS = 1000
_MOST_CHARS = 10_000


class Asked(BaseModel):
    """Changes as a browser sends them; `model` is the one to test."""

    model_config = ConfigDict(extra="forbid", strict=True)

    fields: dict[str, str] = Limited(default_factory=dict, max_length=_MOST_FIELDS)
    forget: list[str] = Limited(default_factory=list, max_length=_MOST_FIELDS)
    remove: list[str] = Limited(default_factory=list, max_length=_MOST_FIELDS)
    model: str = Limited(default="", max_length=_MOST_CHARS)

    def changes(self) -> Changes:
        """The changes."""
        return Changes(fields=self.fields, forget=self.forget, remove=self.remove)


def serve_settings(server: FastAPI, keeping: Keeping) -> None:
    """`/settings` for everybody; what is below it is refused to all but administrators."""

    def admin(request: Request) -> Words:
        visitor = visitor_of(request.scope)
        visitor.must("admin")
        return visitor.words

    @server.get("/settings")
    def shown(request: Request) -> Response:
        visitor = visitor_of(request.scope)
        allowed = visitor.can("admin")
        note = "" if allowed else f'<p class="aside">{html.escape(visitor.words("preferences.admins_only"))}</p>'
        return _json(html=personal(visitor.words) + note, admin=allowed)

    @server.get("/settings/app")
    def drawn(request: Request) -> Response:
        words = admin(request)
        return _json(html=form(keeping.state(), words))

    @server.post("/settings/app")
    def save(request: Request, body: Asked) -> Response:
        return _json(**_saved(keeping, body, admin(request)))

    @server.post("/settings/test")
    def test(request: Request, body: Asked) -> Response:
        return _json(**_tested(keeping, body, admin(request)))

    @server.post("/settings/sandbox")
    def check(request: Request) -> Response:
        words = admin(request)
        return _json(told=sandbox_check(check_sandbox(keeping.state().settings.sandbox), words))


def _saved(keeping: Keeping, asked: Asked, words: Words) -> dict[str, object]:
    try:
        draft = keeping.save(asked.changes())
    except AppError as error:
        return {"told": _problem(error, words)}
    if draft.mistakes:
        return {"mistakes": _sentences(draft, words), "told": _said("bad", words("preferences.not_saved"))}
    forgotten = words("preferences.key_forgotten") if draft.forgotten else ""
    told = _said("good", f"{words('preferences.saved')} {forgotten}".strip())
    return {"html": form(keeping.state(), words), "told": told}


def _tested(keeping: Keeping, asked: Asked, words: Words) -> dict[str, object]:
    try:
        draft, settings = keeping.tried(asked.changes())
        if draft.mistakes:
            return {"mistakes": _sentences(draft, words), "told": _said("bad", words("preferences.not_tested"))}
        ms = first_token_ms(settings, draft.names.get(asked.model, asked.model))
    except AppError as error:
        return {"told": _problem(error, words)}
    return {"told": _said("good", words("preferences.answered", s=f"{ms / 1000:.2f}"))}


def _json(**values: object) -> Response:
    return JSONResponse(values, headers=PRIVATE)


def _sentences(draft: Draft, words: Words) -> dict[str, str]:
    return {key: words(mistake.key, **mistake.values) for key, mistake in draft.mistakes.items()}


def _said(kind: Literal["good", "bad"], sentence: str) -> str:
    return f'<span class="{kind}">{html.escape(sentence)}</span>'


def _problem(error: AppError, words: Words) -> str:
    said, hint = words.error(error)
    return f'{_said("bad", said)} <span class="what">{html.escape(hint)}</span>'
