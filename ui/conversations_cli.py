"""The `conversations` commands: find, read, continue, compare, keep and delete what was asked before."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from configs.errors import AppError
from ui import conversation_view, terminal
from ui.options import Json
from ui.performing import perform

conversations_cli = typer.Typer(
    help="Find, read, continue, compare, export and delete past conversations.",
    epilog="An ID may be cut to as few of its first characters as tell it from the others, at least four.",
    rich_markup_mode=None,
)

_FORMAT = typer.Option(
    "--format", help="markdown to read, json with everything, otlp with the spans of its trace for OpenTelemetry."
)
_AT = typer.Option(
    min=1, metavar="EVENT", help="The last event to keep: a `seq` of `show ID --json`.", show_default="the last"
)
_FILE = typer.Option("--output", "-o", metavar="FILE", help="The file to write.", show_default="stdout")
_TEAM = typer.Option(help="Another team.", show_default="the same")
_STRATEGY = typer.Option(help="Another way to search.", show_default="the same")
_MODEL = typer.Option(metavar="NAME", help="Another one of the settings' models.", show_default="the same")

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, or the beginning of it.")]
Title = Annotated[str, typer.Argument(help="Its new title.")]
Team = Annotated[Optional[str], _TEAM]  # noqa: UP045 - typer reads this at run time, also on Python 3.10
Strategy = Annotated[Optional[str], _STRATEGY]  # noqa: UP045
Model = Annotated[Optional[str], _MODEL]  # noqa: UP045


@conversations_cli.command("list", epilog='Example: python main.py conversations list --search "premium plan"')
def list_all(
    context: typer.Context,
    search: Annotated[str, typer.Option(help="Only those whose title, questions or answers hold it.")] = "",
    as_json: Json = False,
) -> None:
    """All conversations, latest first: id, date, knowledge base, team, number of questions, title."""
    document = perform(context, "conversations_list", containing=search)
    terminal.show(document, as_json=as_json, text=conversation_view.listing)


@conversations_cli.command("show", epilog="Example: python main.py conversations show 3f2a --trace")
def show(
    context: typer.Context,
    conversation: Id,
    trace: Annotated[bool, typer.Option("--trace", help="As a tree of what took how long, with all texts.")] = False,
    as_json: Json = False,
) -> None:
    """What was said and done in one conversation, and what its models cost."""
    document = perform(context, "conversations_show", conversation_id=conversation, trace=trace)
    terminal.show(document, as_json=as_json, text=conversation_view.shown)


@conversations_cli.command("rename", epilog='Example: python main.py conversations rename 3f2a "Prices of 2025"')
def rename(context: typer.Context, conversation: Id, title: Title, as_json: Json = False) -> None:
    """Give a conversation another title."""
    document = perform(context, "conversations_rename", conversation_id=conversation, title=title)
    terminal.show(document, as_json=as_json, text=lambda d: f"{d['conversation_id']} is now “{d['title']}”.")


@conversations_cli.command("export", epilog="Example: python main.py conversations export 3f2a -o answer.md")
def export(  # noqa: PLR0913 - as many parameters as options
    context: typer.Context,
    conversation: Id,
    form: Annotated[Literal["markdown", "json", "otlp"], _FORMAT] = "markdown",
    file: Annotated[Optional[Path], _FILE] = None,  # noqa: UP045
    content: Annotated[bool, typer.Option("--content", help="With otlp: include what was said.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Write a conversation as one text, to a file or to stdout.

    A trace holds names, times and counts only, unless --content is given; the other formats hold what was said.
    """
    from ui.conversation_actions import save

    if content and form != "otlp":
        raise typer.BadParameter("only --format otlp can leave the texts out.", param_hint="--content")
    document = perform(context, "conversations_export", conversation_id=conversation, form=form, content=content)
    if file is not None:
        told = {"file": str(file), "bytes": save(document.pop("text"), file, force=force)}
        document = {**document, **told}
    terminal.show(document, as_json=as_json, text=conversation_view.exported)


@conversations_cli.command("delete", epilog="Example: python main.py conversations delete 3f2a --yes")
def delete(
    context: typer.Context,
    conversation: Id,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a conversation for good, with the files its code made; its branches stay."""
    found = perform(context, "conversations_find", conversation_id=conversation)
    if not yes:
        if not sys.stdin.isatty():
            raise AppError(f"Deleting {found['id']} was not confirmed.", hint="Add --yes.")
        typer.confirm(f"Delete {conversation_view.name(found)}?", abort=True, err=True)
    document = perform(context, "conversations_delete", conversation_id=found["id"])
    terminal.show(document, as_json=as_json, text=lambda d: f"{d['deleted']} is deleted.")


@conversations_cli.command("branch", epilog="Example: python main.py conversations branch 3f2a --at 12")
def branch(
    context: typer.Context,
    conversation: Id,
    at: Annotated[Optional[int], _AT] = None,  # noqa: UP045
    as_json: Json = False,
) -> None:
    """Begin a new conversation that shares the beginning of another, which stays as it is; prints the new id.

    Go on with it by `ask QUESTION --conversation ID` or `chat --conversation ID`.
    """
    document = perform(context, "conversations_branch", conversation_id=conversation, at=at)
    terminal.show(document, as_json=as_json, text=lambda d: str(d["conversation_id"]))


@conversations_cli.command("retry", epilog="Example: python main.py conversations retry 3f2a --team analyst")
def retry(
    context: typer.Context,
    conversation: Id,
    team: Team = None,
    strategy: Strategy = None,
    model: Model = None,
    as_json: Json = False,
) -> None:
    """Ask the last question again, in a branch; prints the answer and the new id.

    `compare` then shows both answers side by side.
    """
    given = {"team": team, "strategy": strategy, "model": model}
    other = {name: value for name, value in given.items() if value is not None}
    document = perform(context, "conversations_retry", conversation_id=conversation, other=other)
    terminal.show(document, as_json=as_json, text=conversation_view.retried)


@conversations_cli.command("compare", epilog="Example: python main.py conversations compare 3f2a 91bc")
def compare(context: typer.Context, first: Id, second: Id, as_json: Json = False) -> None:
    """Two conversations question by question: answers, what both cite, what is not supported, tokens and time."""
    document = perform(context, "conversations_compare", first=first, second=second)
    terminal.show(document, as_json=as_json, text=conversation_view.compared)
