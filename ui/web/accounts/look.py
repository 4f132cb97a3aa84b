"""The frame of the pages around sign-in: plain HTML, without scripts, that loads nothing."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from html import escape
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse

from ui.web.accounts.asking import form_token
from ui.web.accounts.errors import AccountError
from ui.web.words import Words, language_of, words_in

_HEADERS = {"Cache-Control": "no-store"}
_THEMES = ("light", "dark")


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a page is shown to one browser: in which words and colours, and the token its forms carry."""

    words: Words
    theme: str
    token: str


def look_of(request: Request) -> Look:
    """The look that the browser's cookies and headers ask for."""
    theme = request.cookies.get("roundtable_theme", "")
    return Look(
        words=words_in(language_of(request.scope)),
        theme=theme if theme in _THEMES else "",
        token=form_token(request),
    )


def page(look: Look, title: str, body: str, *, wide: bool = False) -> str:
    """A whole page. The browser tells its origin only under a referrer policy that lets it."""
    language = "zh-CN" if look.words.language == "zh" else "en"
    return (
        f'<!doctype html><html lang="{language}" data-theme="{look.theme}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="same-origin"><link rel="icon" href="data:,">'
        f"<title>{escape(title)} · Roundtable</title><style>{_styles()}</style></head>"
        f'<body><main{" class=wide" if wide else ""}><p class="brand">Roundtable</p><h1>{escape(title)}</h1>{body}'
        "</main></body></html>"
    )


def notice(look: Look, error: AccountError | None, done: str = "") -> str:
    """What went wrong, or what was done."""
    if error is not None:
        return f'<p class="notice bad" role="alert">{escape(error.said(look.words))}</p>'
    return f'<p class="notice" role="status">{escape(done)}</p>' if done else ""


def form(look: Look, action: str, body: str, button: str, *, kind: str = "") -> str:
    """A form of ours, with its token."""
    return (
        f'<form method="post" action="{escape(action)}"><input type="hidden" name="token" value="{look.token}">'
        f'{body}<button class="{kind}">{escape(button)}</button></form>'
    )


@dataclass(frozen=True, kw_only=True)
class Hint:
    """What stands below an input; `id` is the only one of the page."""

    id: str
    text: str


def field(
    label: str, name: str, *, kind: str = "text", complete: str, value: str = "", hint: Hint | None = None
) -> str:
    """A labelled input; `complete` is what a password manager may fill in."""
    described = f' aria-describedby="{escape(hint.id)}"' if hint else ""
    told = f'<small id="{escape(hint.id)}">{escape(hint.text)}</small>' if hint else ""
    return (
        f'<div class="field"><label><span>{escape(label)}</span><input name="{name}" type="{kind}"'
        f' autocomplete="{complete}" value="{escape(value)}" required maxlength="1000" spellcheck="false"'
        f' autocapitalize="none"{described}></label>{told}</div>'
    )


def answer(html: str, status: int = 200) -> HTMLResponse:
    """A page as an answer that is kept nowhere."""
    return HTMLResponse(html, status, headers=_HEADERS)


def onward(look: Look, path: str) -> HTMLResponse:
    """Lets the browser go on by itself, as from a page of ours: only then does it send its strict cookies."""
    words, address = look.words, escape(path)
    link = f'<p><a href="{address}">{escape(words("accounts.go_on"))}</a></p>'
    html = page(look, words("accounts.one_moment"), link)
    return answer(html.replace("<style>", f'<meta http-equiv="refresh" content="0;url={address}"><style>', 1))


@functools.cache
def _styles() -> str:
    return (Path(__file__).parent / "pages.css").read_text(encoding="utf-8")
