"""The `users` commands: who may sign in to the web app."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from configs.errors import AppError
from ui import terminal
from ui.options import Json

if TYPE_CHECKING:
    from ui.web.accounts.audit import Deed
    from ui.web.accounts.store import Accounts

users_cli = typer.Typer(
    help="Add, list, change and remove those who may sign in to the web app. The app may be running.",
    epilog="A password is asked for, or read as one line from stdin.",
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]
RoleName = Literal["reader", "editor", "admin"]

_ROLE = typer.Option(help="A reader asks; an editor also changes documents; an admin also settings and accounts.")


@users_cli.command("list", epilog="Example: python main.py users list")
def list_all(context: typer.Context, as_json: Json = False) -> None:
    """Everybody who may sign in: name, role, and whether by a password that is kept here."""
    with _accounts(context) as accounts:
        people = [vars(account) for account in accounts.all()]
    terminal.show({"users": people}, as_json=as_json, text=_listing)


@users_cli.command("add", epilog="Example: python main.py users add alice --role editor")
def add(context: typer.Context, name: Name, role: Annotated[RoleName, _ROLE] = "reader", as_json: Json = False) -> None:
    """Make an account with a password."""
    from ui.web.accounts.store import name_of

    known, password = name_of(name), _password(name_of(name))
    with _accounts(context) as accounts:
        accounts.add(known, role, password)
    _note(context, "added", f"{known} {role}")
    terminal.show(
        {"added": known, "role": role}, as_json=as_json, text=lambda d: f"{d['added']} may sign in as {d['role']}."
    )


@users_cli.command("role", epilog="Example: python main.py users role alice admin")
def role(
    context: typer.Context, name: Name, role: Annotated[RoleName, typer.Argument()], as_json: Json = False
) -> None:
    """Give somebody another role, and sign them out everywhere."""
    from ui.web.accounts.store import name_of

    known = name_of(name)
    with _accounts(context) as accounts:
        accounts.set_role(known, role)
    _note(context, "role_changed", f"{known} {role}")
    terminal.show(
        {"user": known, "role": role}, as_json=as_json, text=lambda d: f"{d['user']} has the role {d['role']}."
    )


@users_cli.command("password", epilog="Example: python main.py users password alice")
def password(context: typer.Context, name: Name, as_json: Json = False) -> None:
    """Give somebody another password, and sign them out everywhere."""
    from ui.web.accounts.store import name_of

    known = name_of(name)
    hashed = _password(known)
    with _accounts(context) as accounts:
        accounts.set_password(known, hashed)
    _note(context, "password_changed", known)
    terminal.show({"user": known}, as_json=as_json, text=lambda d: f"{d['user']} has a new password.")


@users_cli.command("remove", epilog="Example: python main.py users remove alice --yes")
def remove(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Take an account away, and sign its person out; the name cannot be given again."""
    from ui.web.accounts.store import name_of

    known = name_of(name)
    if not yes:
        if not sys.stdin.isatty():
            raise AppError(f"Removing {known!r} was not confirmed.", hint="Add --yes.")
        typer.confirm(f"Remove {known!r}?", abort=True, err=True)
    with _accounts(context) as accounts:
        accounts.remove(known)
    _note(context, "removed", known)
    terminal.show({"removed": known}, as_json=as_json, text=lambda d: f"{d['removed']} is removed.")


@contextmanager
def _accounts(context: typer.Context) -> Iterator[Accounts]:
    from ui.web.accounts.store import Accounts, open_accounts

    database = open_accounts(context.obj.home)
    try:
        yield Accounts(database)
    finally:
        database.close()


def _note(context: typer.Context, what: Deed, detail: str) -> None:
    from ui.web.accounts.audit import Audit

    audit = Audit(context.obj.home)
    audit.note("", what, detail, address="terminal")
    audit.close()


def _password(name: str) -> str:
    """A password for somebody, hashed; never an argument, which other processes could read."""
    from ui.web.accounts.passwords import Cost, check, hashed

    if sys.stdin.isatty():
        typed = typer.prompt(f"Password of {name}", hide_input=True, confirmation_prompt=True, err=True)
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    check(typed, name)
    return hashed(typed, Cost())


def _listing(document: dict[str, Any]) -> str:
    rows = [
        f"{user['name']:<24} {user['role']:<7} {'' if user['has_password'] else 'signs in elsewhere'}".rstrip()
        for user in document["users"]
    ]
    return "\n".join(rows) or "Nobody yet. `users add NAME --role admin` makes the first account."
