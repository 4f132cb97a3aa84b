"""The pages before the door: sign-in and the making of the first account."""

from __future__ import annotations

from html import escape

from ui.web.accounts.errors import AccountError
from ui.web.accounts.look import Hint, Look, field, form, notice, page
from ui.web.accounts.passwords import SHORTEST


def sign_in_page(look: Look, *, onward: str, name: str = "", error: AccountError | None = None, done: str = "") -> str:
    """Name and password."""
    words = look.words
    body = (
        f'<input type="hidden" name="next" value="{escape(onward)}">'
        + field(words("accounts.name"), "name", complete="username", value=name)
        + field(words("accounts.password"), "password", kind="password", complete="current-password")
    )
    shown = notice(look, error, done) + form(look, "/sign-in", body, words("accounts.sign_in"))
    return page(look, words("accounts.sign_in"), shown)


def elsewhere_page(look: Look, *, address: str, issuer: str, error: AccountError | None = None, done: str = "") -> str:
    """The way to the place where people sign in."""
    words = look.words
    link = f'<a class="button" href="{escape(address)}">{escape(words("accounts.sign_in_at", place=issuer))}</a>'
    return page(look, words("accounts.sign_in"), notice(look, error, done) + link)


def set_up_page(look: Look, *, name: str = "", error: AccountError | None = None) -> str:
    """The first account; the code shows that whoever makes it can read the terminal."""
    words = look.words
    body = (
        field(
            words("accounts.code"),
            "code",
            complete="one-time-code",
            hint=Hint(id="hint-code", text=words("accounts.code_hint")),
        )
        + field(words("accounts.name"), "name", complete="username", value=name)
        + new_password(look, of="me")
    )
    introduction = f"<p>{escape(words('accounts.set_up_hint'))}</p>"
    shown = notice(look, error) + introduction + form(look, "/set-up", body, words("accounts.make"))
    return page(look, words("accounts.set_up"), shown)


def refused_page(look: Look, sentence: str) -> str:
    """One sentence instead of a page."""
    words = look.words
    body = f'<p class="notice bad" role="alert">{escape(sentence)}</p><p><a href="/">{words("accounts.back")}</a></p>'
    return page(look, words("accounts.refused"), body)


def new_password(look: Look, *, of: str) -> str:
    """The field for a password that begins to be that `of` somebody."""
    words = look.words
    hint = Hint(id=f"hint-{of}", text=words("accounts.password_hint", shortest=SHORTEST))
    return field(words("accounts.new_password"), "new", kind="password", complete="new-password", hint=hint)
