"""The page of the accounts: everybody's own, and for admins everybody else's, and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from html import escape

from ui.web.accounts.audit import Entry
from ui.web.accounts.errors import AccountError
from ui.web.accounts.look import Look, field, form, notice, page
from ui.web.accounts.pages import new_password
from ui.web.accounts.store import Account
from ui.web.accounts.tickets import Holder
from ui.web.visitor import ROLES, Role


@dataclass(frozen=True, kw_only=True)
class AccountsView:
    """Who looks, and what they may see: `people` only for an admin, passwords only where they are kept here."""

    me: Holder
    has_passwords: bool
    people: Sequence[Account] = ()
    error: AccountError | None = None
    done: str = ""


def accounts_page(look: Look, view: AccountsView) -> str:
    """The whole page."""
    words = look.words
    parts = [_top(look, view.me), notice(look, view.error, view.done), _mine(look, view)]
    if view.people:
        people = "".join(_person(look, account, view) for account in view.people)
        parts.append(f'<section><h2>{words("accounts.people")}</h2><ul class="people">{people}</ul></section>')
    if view.people and view.has_passwords:
        parts.append(f"<section><h2>{words('accounts.add_somebody')}</h2>{_add(look)}</section>")
    return page(look, words("accounts.title"), "".join(parts), wide=True)


def audit_page(look: Look, me: Holder, entries: Sequence[Entry]) -> str:
    """The newest lines of the audit."""
    words = look.words
    heads = "".join(
        f'<th scope="col">{words(f"accounts.audit_{name}")}</th>' for name in ("at", "who", "address", "what", "detail")
    )
    rows = "".join(_entry(look, entry) for entry in entries)
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return page(look, words("accounts.audit"), _top(look, me) + table, wide=True)


def _top(look: Look, me: Holder) -> str:
    words = look.words
    links = [("/", "back"), ("/accounts", "title"), *([("/accounts/audit", "audit")] if me.role == "admin" else [])]
    shown = "".join(f'<a href="{path}">{words(f"accounts.{key}")}</a>' for path, key in links)
    return f"<nav>{shown}{form(look, '/sign-out', '', words('accounts.sign_out'), kind='plain')}</nav>"


def _mine(look: Look, view: AccountsView) -> str:
    words, me = look.words, view.me
    who = escape(words("accounts.you_are", name=me.name, role=words(f"accounts.role_{me.role}")))
    current = field(words("accounts.current_password"), "password", kind="password", complete="current-password")
    change = form(look, "/accounts/own", current + new_password(look, of="me"), words("accounts.change_password"))
    fold = _fold(words("accounts.change_password"), change)
    everywhere = form(look, "/accounts/everywhere", "", words("accounts.sign_out_everywhere"), kind="plain")
    return f"<section><p>{who}</p>{fold if view.has_passwords else ''}{everywhere}</section>"


def _person(look: Look, account: Account, view: AccountsView) -> str:
    words, name = look.words, account.name
    hidden = f'<input type="hidden" name="name" value="{escape(name)}">'
    change = hidden + _roles(look, words("accounts.role_of", name=name), account.role)
    role = form(look, "/accounts/role", change, words("accounts.change"), kind="plain")
    password = form(
        look,
        "/accounts/password",
        hidden + new_password(look, of=f"of-{name}"),
        words("accounts.give_password", name=name),
    )
    remove = form(look, "/accounts/remove", hidden, words("accounts.remove_for_good", name=name), kind="bad")
    folds = [("give_password", password)] if account.has_password else []
    folds.append(("remove", f"<p class=quiet>{words('accounts.remove_hint')}</p>{remove}"))
    shown = "".join(_fold(words(f"accounts.{key}", name=name), body) for key, body in folds)
    mark = f" <small>{words('accounts.you')}</small>" if name == view.me.name else ""
    return f'<li><div class="person"><strong>{escape(name)}{mark}</strong>{role}</div>{shown}</li>'


def _fold(summary: str, body: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def _add(look: Look) -> str:
    words = look.words
    body = field(words("accounts.name"), "name", complete="off") + _roles(look, words("accounts.role"), "reader")
    hint = f"<small>{words('accounts.roles_hint')}</small>"
    return form(look, "/accounts/add", body + hint + new_password(look, of="new"), words("accounts.make"))


def _roles(look: Look, label: str, chosen: Role) -> str:
    options = "".join(
        f'<option value="{role}"{" selected" if role == chosen else ""}>{look.words(f"accounts.role_{role}")}</option>'
        for role in ROLES
    )
    return f'<label><span>{escape(label)}</span><select name="role">{options}</select></label>'


def _entry(look: Look, entry: Entry) -> str:
    at = datetime.fromtimestamp(entry.at, timezone.utc)
    what = look.words(f"accounts.deed_{entry.what}")
    cells = (entry.who or "–", entry.address or "–", what, entry.detail)
    time = f'<td><time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M:%S} UTC</time></td>'
    return f"<tr>{time}{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
