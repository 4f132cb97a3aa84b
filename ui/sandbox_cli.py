"""The `sandbox` commands: run code, alone or in sessions that live on, where it cannot hurt anyone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Optional

import typer

from ui import terminal, text
from ui.options import Json

if TYPE_CHECKING:
    from agents.ports import CodeResult

sandbox_cli = typer.Typer(help="Run code where it cannot hurt anyone.", rich_markup_mode=None)

_SESSION = typer.Option(metavar="ID", help="Run in a session that lives on until it is closed or idle for too long.")
_TIMEOUT = typer.Option(min=0.1, help="Seconds a run may take.", show_default="30")

SessionId = Annotated[Optional[str], _SESSION]  # noqa: UP045 - typer reads this at run time, also on Python 3.10
Timeout = Annotated[Optional[float], _TIMEOUT]  # noqa: UP045


@sandbox_cli.command("check", epilog="Example: python main.py sandbox check --json")
def check(context: typer.Context, as_json: Json = False) -> None:
    """Try to break out of each backend, and say which would run code."""
    from agents.sandbox import check_sandbox

    terminal.show(check_sandbox(context.obj.sandbox).as_dict(), as_json=as_json, text=text.sandbox)


@sandbox_cli.command(
    "run", epilog="Example: echo 'x = 6 * 7; print(x)' | python main.py sandbox run - --session s1 --timeout 5"
)
def run(  # noqa: PLR0913 - as many parameters as options
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A Python or shell file; - is stdin.")],
    session: SessionId = None,
    timeout: Timeout = None,
    language: Annotated[
        Optional[Literal["python", "sh"]],  # noqa: UP045
        typer.Option(help="What the file is written in.", show_default="sh for *.sh, else python"),
    ] = None,
    keep: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            metavar="DIR", help="Where the files it makes go.", show_default="a new folder in the data directory"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a file: no network, no files, no secrets, and unless --session is given, nothing left behind.

    With --session the variables, imports and files are there again in the next run of the same ID.
    """
    from ui.sandbox_actions import language_of, read_code, run_alone, run_in_session

    settings, code, spoken = context.obj, read_code(file), language or language_of(file)
    if session is None:
        result = run_alone(settings, code, language=spoken, timeout_s=timeout, keep=keep)
    else:
        result = run_in_session(settings, session, code, language=spoken, timeout_s=timeout, keep=keep)
    _show(result, as_json=as_json)


@sandbox_cli.command("shell", epilog="Example: python main.py sandbox shell --session s1")
def shell(context: typer.Context, session: SessionId = None, timeout: Timeout = None) -> None:
    """Type Python, run it in the sandbox: from the terminal, or statement by statement from a pipe.

    !COMMAND runs a shell command and `:put FILE` lays a copy of a file into inputs/. Ctrl-C interrupts, Ctrl-D ends.
    """
    from ui.sandbox_actions import local_session, remote_session
    from ui.sandbox_shell import converse

    if session is not None:
        ended_well = converse(remote_session(context.obj, session), timeout_s=timeout)
    else:
        own = local_session(context.obj)
        try:
            ended_well = converse(own, timeout_s=timeout)
        finally:
            own.close()
    if not ended_well:
        raise typer.Exit(1)


@sandbox_cli.command("list", epilog="Example: python main.py sandbox list --json")
def list_sessions(context: typer.Context, as_json: Json = False) -> None:
    """The sessions that live on."""
    from ui.sandbox_actions import sessions

    terminal.show(sessions(context.obj), as_json=as_json, text=text.sandbox_sessions)


@sandbox_cli.command("close", epilog="Example: python main.py sandbox close s1")
def close(context: typer.Context, session: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """End a session, with everything in it."""
    from ui.sandbox_actions import close as action

    terminal.show(action(context.obj, session), as_json=as_json, text=lambda d: f"{d['closed']} is closed.")


def _show(result: CodeResult, *, as_json: bool) -> None:
    from ui import sandbox_view

    if as_json:
        terminal.show(result.as_dict(), as_json=True)
        if result.status != "ok":
            terminal.say(result.stderr.rstrip() or f"Error: {result.status}")
    else:
        sandbox_view.show(result)
    if result.status != "ok":
        raise typer.Exit(1)
