"""The command line: each command reads its arguments, calls one action and shows the result."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from configs.errors import AppError
from ui import terminal, text
from ui.conversations_cli import conversations_cli
from ui.options import Json
from ui.performing import perform
from ui.sandbox_cli import sandbox_cli
from ui.users_cli import users_cli

if TYPE_CHECKING:
    from agents.app import App
    from configs.settings import Settings

cli = typer.Typer(
    help="Ask your documents, with a table of agents. Without a command it opens the web app.",
    epilog="Every setting is also an environment variable: ROUNDTABLE_LLM__PROVIDER, ROUNDTABLE_EMBEDDING__MODEL, …",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
kb_cli = typer.Typer(help="Inspect, check, renew, move and delete knowledge bases.", rich_markup_mode=None)
cli.add_typer(kb_cli, name="kb")
cli.add_typer(sandbox_cli, name="sandbox")
cli.add_typer(conversations_cli, name="conversations")
cli.add_typer(users_cli, name="users")

INTERRUPTED = 130

_KB = typer.Option(help="Knowledge base.", show_default="default")
_STRATEGY = typer.Option(help="How to search: a file of configs/strategies.", show_default="hybrid")
_TEAM = typer.Option(help="Who answers: a file of configs/teams.", show_default="qa")
_ANSWERING = typer.Option("--model", metavar="NAME", help="One of the settings' models.", show_default="llm")
_BEGUN = typer.Option(metavar="ID", help="Go on with a kept conversation; its id, or the beginning of it.")
_MODEL = typer.Argument(help="A model of the hub or a folder.", show_default="the configured one")

Kb = Annotated[Optional[str], _KB]  # noqa: UP045 - typer reads this at run time, also on Python 3.10
Strategy = Annotated[Optional[str], _STRATEGY]  # noqa: UP045
Team = Annotated[Optional[str], _TEAM]  # noqa: UP045
Answering = Annotated[Optional[str], _ANSWERING]  # noqa: UP045
Begun = Annotated[Optional[str], _BEGUN]  # noqa: UP045
Model = Annotated[Optional[str], _MODEL]  # noqa: UP045
Password = Annotated[Optional[str], typer.Option(help="Opens encrypted PDFs; it is not kept.", metavar="TEXT")]  # noqa: UP045


@cli.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    data_dir: Annotated[Optional[Path], typer.Option(help="Where everything is kept.")] = None,  # noqa: UP045
    config: Annotated[Optional[Path], typer.Option(help="A YAML file of settings.")] = None,  # noqa: UP045
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens to stderr.")] = False,
) -> None:
    """Read the settings; open the web app when no command is given."""
    from configs.logs import set_up_logging
    from configs.settings import load_settings

    set_up_logging(verbose=verbose)
    context.obj = load_settings(config, data_dir=data_dir)
    if context.invoked_subcommand is None:
        from ui.web.launch import launch

        launch(context.obj)


@cli.command()
def ui(
    context: typer.Context,
    host: Annotated[Optional[str], typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,  # noqa: UP045
    port: Annotated[Optional[int], typer.Option(min=0, max=65535, show_default="7860")] = None,  # noqa: UP045
) -> None:
    """Open the web app."""
    from ui.web.launch import launch

    settings: Settings = context.obj
    given = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    launch(settings.model_copy(update={"ui": settings.ui.model_copy(update=given)}))


@cli.command()
def ingest(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, ZIPs, http(s) addresses.")],
    kb: Kb = None,
    keep_removed: Annotated[bool, typer.Option("--keep-removed", help="Keep documents whose files are gone.")] = False,
    password: Password = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again what could not be read before.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Go on following the sources until interrupted.")] = False,
    as_json: Json = False,
) -> None:
    """Bring a knowledge base in line with files, folders and web pages; only what changed is parsed again.

    The content of a file decides: moved and copied files are recognised, identical ones are stored once, and files
    that are gone leave. Encrypted PDFs need --password. With --watch every further sync prints one line.
    """
    from ui.actions import ingest as action
    from ui.following import changes, follow

    options: dict[str, Any] = {
        "kb": _kb(context, kb),
        "password": password,
        "keep_removed": keep_removed,
        "retry": retry,
    }
    with _writing(context, "ingest") as app:
        bursts = changes(sources, home=app.settings.home) if watch else None
        with terminal.progress_bar() as tell:
            document, error = action(app, inputs=sources, tell=tell, **options)
        if error is not None and not watch:
            raise typer.Exit(terminal.fail(error, as_json=as_json, document=document))
        terminal.show(document, as_json=as_json, text=text.ingest)
        if bursts:
            follow(bursts, app, sources, options, as_json=as_json)


@cli.command()
def search(
    context: typer.Context,
    query: str,
    kb: Kb = None,
    strategy: Strategy = None,
    k: Annotated[Optional[int], typer.Option("-k", min=1, max=100, help="How many hits.", show_default="8")] = None,  # noqa: UP045
    filters: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--filter", metavar="KEY=VALUE", help="source, media_type, language or title; * matches anything."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Find passages, best first."""
    settings: Settings = context.obj
    parameters = {"strategy": strategy or settings.search.strategy, "k": k or settings.search.k}
    pairs = _pairs(filters or [])
    document = perform(context, "search", query=query, kb=_kb(context, kb), filters=pairs, **parameters)
    terminal.show(document, as_json=as_json, text=text.search)


@cli.command(epilog='Example: python main.py ask "And a year?" --conversation 3f2a')
def ask(
    context: typer.Context,
    question: str,
    kb: Kb = None,
    team: Team = None,
    strategy: Strategy = None,
    model: Answering = None,
    conversation: Begun = None,
    as_json: Json = False,
) -> None:
    """Ask one question and get an answer with citations.

    With --conversation it may lean on what was said before: "And a year?"
    """
    who = _who(context, conversation, kb=kb, team=team, strategy=strategy, model=model)
    document = perform(context, "ask", question=question, conversation_id=conversation, **who)
    terminal.show(document, as_json=as_json, text=text.ask)


@cli.command(epilog="Example: python main.py chat --conversation 3f2a")
def chat(
    context: typer.Context,
    kb: Kb = None,
    team: Team = None,
    strategy: Strategy = None,
    model: Answering = None,
    conversation: Begun = None,
) -> None:
    """Talk in the terminal, with every agent as it speaks.

    With --conversation it shows what was said last and goes on from there.
    """
    from ui.chat import talk
    from ui.conversation_actions import resumed
    from ui.remote import open_for_reading

    who = _who(context, conversation, kb=kb, team=team, strategy=strategy, model=model)
    app = open_for_reading(context.obj)
    try:
        if conversation is not None:
            talk(resumed(app, conversation))
        else:
            begun = app.new_conversation(kb=who["kb"], team=who["team"], strategy=who["strategy"], model=who["model"])
            talk(begun)
    finally:
        app.close()


@cli.command("eval")
def evaluate(
    context: typer.Context,
    dataset: Annotated[Path, typer.Argument(help="Folder with corpus.jsonl, queries.jsonl and qrels.tsv.")],
    strategy: Annotated[str, typer.Option(help="One or more, separated by commas.")] = "hybrid,dense,lexical",
    as_json: Json = False,
) -> None:
    """Measure strategies on questions with known answers."""
    from ui.actions import evaluate as action

    with terminal.progress_bar() as tell:
        document = action(
            context.obj, folder=dataset, strategies=[name.strip() for name in strategy.split(",")], tell=tell
        )
    terminal.show(document, as_json=as_json, text=text.evaluation)


@cli.command()
def doctor(context: typer.Context, as_json: Json = False) -> None:
    """What is installed, reachable and configured, and what each missing piece costs."""
    from ui.doctor import examine

    terminal.show(examine(context.obj), as_json=as_json, text=text.doctor)


@kb_cli.command("list")
def kb_list(context: typer.Context, as_json: Json = False) -> None:
    """All knowledge bases."""
    terminal.show(perform(context, "kb_list"), as_json=as_json, text=text.kb_list)


@kb_cli.command("show")
def kb_show(context: typer.Context, kb: Kb = None, as_json: Json = False) -> None:
    """The documents of a knowledge base."""
    terminal.show(perform(context, "kb_show", kb=_kb(context, kb)), as_json=as_json, text=text.kb_show)


@kb_cli.command("verify")
def kb_verify(
    context: typer.Context,
    kb: Kb = None,
    repair: Annotated[bool, typer.Option("--repair", help="Make the indexes equal to the catalogue.")] = False,
    as_json: Json = False,
) -> None:
    """Check the stores against each other."""
    if repair:
        from ui.actions import kb_verify as action

        with _writing(context, "kb verify --repair") as app:
            document = action(app, kb=_kb(context, kb), repair=True)
    else:
        document = perform(context, "kb_verify", kb=_kb(context, kb), repair=False)
    terminal.show(document, as_json=as_json, text=text.kb_verify)
    if not document["ok"]:
        terminal.say("Error: the stores do not agree. `kb verify --repair` mends them.")
        raise typer.Exit(1)


@kb_cli.command("reparse")
def kb_reparse(
    context: typer.Context,
    sources: Annotated[Optional[list[str]], typer.Argument(help="Documents, by source or file name.")] = None,  # noqa: UP045
    kb: Kb = None,
    password: Password = None,
    as_json: Json = False,
) -> None:
    """Read documents again; without names, those that a better parser would read now.

    After layout models were installed, for one, or with OCR switched on.
    """
    from ui.actions import reparse as action

    with _writing(context, "kb reparse") as app, terminal.progress_bar() as tell:
        document, error = action(app, kb=_kb(context, kb), sources=sources or [], password=password, tell=tell)
    if error is not None:
        raise typer.Exit(terminal.fail(error, as_json=as_json, document=document))
    terminal.show(document, as_json=as_json, text=text.ingest)


@kb_cli.command("reembed")
def kb_reembed(
    context: typer.Context,
    model: Model = None,
    kb: Kb = None,
    as_json: Json = False,
) -> None:
    """Cut and embed all documents anew, with another model or other settings of chunking.

    The new index is built beside the old one, which answers until the change-over; a failure leaves it in place.
    """
    from ui.actions import reembed as action

    with _writing(context, "kb reembed") as app, terminal.progress_bar() as tell:
        document = action(app, kb=_kb(context, kb), model=model, tell=tell)
    terminal.show(document, as_json=as_json, text=text.reembedded)


@kb_cli.command("export")
def kb_export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    kb: Kb = None,
    as_json: Json = False,
) -> None:
    """Write a knowledge base, vectors and all, to one file."""
    from ui.actions import kb_export as action

    with _writing(context, "kb export") as app, terminal.progress_bar() as tell:
        document = action(app, kb=_kb(context, kb), file=file, tell=tell)
    terminal.show(document, as_json=as_json, text=text.exported)


@kb_cli.command("import")
def kb_import(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A file that `kb export` wrote.")],
    kb: Annotated[Optional[str], typer.Option(help="Its new name.", show_default="the name it had")] = None,  # noqa: UP045
    as_json: Json = False,
) -> None:
    """Make a knowledge base of an exported file, checked from end to end before anything is visible."""
    from ui.actions import kb_import as action

    with _writing(context, "kb import") as app, terminal.progress_bar() as tell:
        document = action(app, file=file, kb=kb, tell=tell)
    terminal.show(document, as_json=as_json, text=text.imported)


@kb_cli.command("remove")
def kb_remove(
    context: typer.Context,
    sources: Annotated[list[str], typer.Argument(help="Documents, by source or file name.")],
    kb: Kb = None,
    as_json: Json = False,
) -> None:
    """Take documents out of a knowledge base; the files stay."""
    with _writing(context, "kb remove") as app:
        name = _kb(context, kb)
        document = {"kb": name, "removed": app.library.open(name).remove(sources)}
    terminal.show(document, as_json=as_json, text=lambda d: f"{d['removed']} documents removed from {d['kb']}.")


@kb_cli.command("delete")
def kb_delete(
    context: typer.Context,
    kb: Annotated[str, typer.Argument(help="Knowledge base.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete a knowledge base; the files it was made from stay."""
    with _writing(context, "kb delete") as app:
        if kb in app.library.names() and not yes:
            if not sys.stdin.isatty():
                raise AppError(f"Deleting {kb!r} was not confirmed.", hint="Add --yes.")
            typer.confirm(f"Delete the knowledge base {kb!r}?", abort=True, err=True)
        app.library.delete(kb)
    terminal.show({"deleted": kb}, as_json=as_json, text=lambda d: f"{d['deleted']} is deleted.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal.write_anything()
    try:
        code = cli(_globals_first(given), standalone_mode=False)
    except AppError as error:
        return terminal.fail(error, as_json="--json" in given)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except typer.Exit as end:
        code = end.exit_code
    except Exception as error:  # noqa: BLE001 - the last resort, shown as one line
        code = _unexpected(error, given)
    if code == INTERRUPTED:
        terminal.say("Interrupted.")
        if "--json" in given:
            terminal.show(
                {"error": AppError("Interrupted.", hint="What was finished is kept.").as_dict()}, as_json=True
            )
    return int(code or 0)


def _unexpected(error: Exception, given: Sequence[str]) -> int:
    """Wrong usage as the parser explains it; anything else is our fault, and said in one line."""
    show, code = getattr(error, "show", None), getattr(error, "exit_code", 1)
    if show is not None:
        show()
        if "--json" in given:
            terminal.show({"error": AppError(str(error), hint="See --help.").as_dict()}, as_json=True)
        return int(code)
    logging.getLogger(__name__).debug("Unexpected", exc_info=error)
    message = f"Something broke unexpectedly ({type(error).__name__}: {error})."
    return terminal.fail(AppError(message, hint="Run it again with -v to see where."), as_json="--json" in given)


def _globals_first(arguments: Sequence[str]) -> list[str]:
    """Global options may stand anywhere before `--`: move them in front of the command."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    moved: list[str] = []
    rest: list[str] = []
    words = iter(arguments[:end])
    for word in words:
        name = word.split("=")[0]
        if name in ("--data-dir", "--config"):
            moved += [word] if "=" in word else [word, *([value] if (value := next(words, None)) is not None else [])]
        else:
            (moved if word in ("-v", "--verbose") else rest).append(word)
    return [*moved, *rest, *arguments[end:]]


def _who(context: typer.Context, conversation: str | None, **given: str | None) -> dict[str, str | None]:
    """Who answers from what; in a conversation that was begun before, that is settled."""
    for name, value in given.items():
        if value is not None and conversation is not None:
            raise typer.BadParameter(
                "a conversation goes on as it began; `conversations retry` asks again otherwise.",
                param_hint=f"--{name}",
            )
    settings: Settings = context.obj
    usual = {"kb": settings.kb, "team": settings.team, "strategy": settings.search.strategy, "model": None}
    return {name: given[name] or value for name, value in usual.items()}


def _kb(context: typer.Context, given: str | None) -> str:
    settings: Settings = context.obj
    return given or settings.kb


@contextmanager
def _writing(context: typer.Context, command: str) -> Iterator[App]:
    from agents.app import build_app

    app = build_app(context.obj, exclusive=True, command=command)
    try:
        yield app
    finally:
        app.close()


def _pairs(filters: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for item in filters:
        key, separator, value = item.partition("=")
        if not separator:
            raise typer.BadParameter(f"{item!r} is not KEY=VALUE.", param_hint="--filter")
        pairs[key] = value
    return pairs
