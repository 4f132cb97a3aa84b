"""What is done with questions and kept conversations, as data in and the command's JSON document out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from agents.app import App
from agents.errors import ConversationError
from agents.events import ApprovalRequested, Failed, MessageCompleted, Retrieved, RunCompleted
from agents.log.comparing import compare
from agents.log.exporting import as_json, as_markdown
from agents.ports import ConversationInfo
from agents.sandbox.output import plain
from agents.tracing.spans import spans
from configs.errors import AppError
from retrieval.errors import DataDirectoryInUse
from retrieval.stores.lock import read_owner

if TYPE_CHECKING:
    from agents.conversation import Conversation

Result = dict[str, Any]
Format = Literal["markdown", "json", "otlp"]

TITLE_CHARS = 200
SHORTEST_ID = 4
"""With fewer characters an id is a slip of the keyboard, not an abbreviation."""

NOBODY_THERE = "Nobody is there to allow code in a single question; chat, the page or a script can be answered."


class RunFailed(AppError):
    """A run ended without an answer."""

    def __init__(self, event: Failed) -> None:
        super().__init__(event.message, hint=event.hint)
        self.event = event

    def as_dict(self) -> dict[str, str]:
        """The error as the agents reported it."""
        return {"type": self.event.error_type, "message": self.message, "hint": self.hint}


class NotWritten(AppError):
    """A file cannot be written, or may not be written over."""


def ask(  # noqa: PLR0913 - as many options as the command
    app: App,
    *,
    question: str,
    kb: str,
    team: str | None,
    strategy: str | None,
    model: str | None = None,
    conversation_id: str | None = None,
) -> Result:
    """Ask one question, in a conversation of its own or, with its id, in one that was begun before.

    Raises RunFailed when it ends without an answer. Nobody is there to allow code: whatever is asked for does not run.
    """
    if conversation_id is None:
        return _answered(app, app.new_conversation(kb=kb, team=team, strategy=strategy, model=model), question)
    return _answered(app, resumed(app, conversation_id), question)


def resumed(app: App, conversation_id: str) -> Conversation:
    """A kept conversation to go on with. Raises DataDirectoryInUse where it is for another process to do so."""
    assert app.library
    return app.conversation(_info(app, conversation_id).id)


def conversations_list(app: App, *, containing: str = "") -> Result:
    """The conversations whose title, questions or answers hold that text, latest first."""
    infos, questions = app.store.list(containing=containing), app.store.questions()
    return {"conversations": [{**vars(info), "questions": questions.get(info.id, 0)} for info in infos]}


def conversations_find(app: App, *, conversation_id: str) -> Result:
    """What a conversation is about, by its id or the beginning of it."""
    return dict(vars(_info(app, conversation_id)))


def conversations_show(app: App, *, conversation_id: str, trace: bool = False) -> Result:
    """Every event of one conversation and its bill; with `trace` also its spans, and what was said in them."""
    conversation = app.conversation(_info(app, conversation_id).id)
    events = conversation.events()
    told = {"conversation_id": conversation.id, **as_json(conversation.info, events)}
    return {**told, "spans": [span.as_dict() for span in spans(events, content=True)]} if trace else told


def conversations_rename(app: App, *, conversation_id: str, title: str) -> Result:
    """Give it another title. Raises ConversationError for one without a character, or with too many."""
    found, cleaned = _info(app, conversation_id), _title(title)
    app.rename(found.id, cleaned)
    return {"conversation_id": found.id, "title": cleaned}


def conversations_export(app: App, *, conversation_id: str, form: Format, content: bool) -> Result:
    """The conversation as the text of a file; `content` says whether a trace holds what was said."""
    conversation = app.conversation(_info(app, conversation_id).id)
    info, events = conversation.info, conversation.events()
    if form == "markdown":
        text = as_markdown(info, events)
    elif form == "json":
        text = _json(as_json(info, events))
    else:
        from agents.tracing.otel import as_otlp_json

        text = _json(as_otlp_json(spans(events, content=content)))
    return {"conversation_id": conversation.id, "format": form, "text": text}


def conversations_delete(app: App, *, conversation_id: str) -> Result:
    """Remove it for good, with the files its code made."""
    found = _info(app, conversation_id)
    _leave_to_the_app(app)
    app.delete(found.id)
    return {"deleted": found.id}


def conversations_branch(app: App, *, conversation_id: str, at: int | None) -> Result:
    """Begin a conversation as another did, up to its event number `at`."""
    found = _info(app, conversation_id)
    last = app.store.last(found.id)
    if at is not None and not 1 <= at <= last:
        raise ConversationError(
            f"There is no event {at}: they are numbered from 1 to {last}.", hint="See `conversations show ID --json`."
        )
    return {"conversation_id": app.branch(found.id, through=at).id, "parent": found.id}


def conversations_retry(app: App, *, conversation_id: str, other: Mapping[str, str]) -> Result:
    """Ask the last question again in a branch, with `other` a team, strategy or model; the result is that of `ask`."""
    found = _info(app, conversation_id)
    conversation, question = app.retry(found.id, **other)
    return {**_answered(app, conversation, question), "parent": found.id}


def conversations_compare(app: App, *, first: str, second: str) -> Result:
    """Two conversations side by side."""
    infos = [_info(app, one) for one in (first, second)]
    both = compare(*(app.conversation(info.id).events() for info in infos))
    return {"first": vars(infos[0]), "second": vars(infos[1]), **both}


def save(text: str, file: Path, *, force: bool) -> int:
    """Write a file, which appears when it is whole; returns its size in bytes. Raises NotWritten."""
    content, unfinished = text.encode("utf-8", "backslashreplace"), file.parent / f".{os.getpid()}.unfinished"
    try:
        _check(file, force=force)
        unfinished.write_bytes(content)
        unfinished.replace(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotWritten(f"{file} cannot be written ({reason}).", hint="Choose another place.") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return len(content)


def _check(file: Path, *, force: bool) -> None:
    if file.is_dir():
        raise NotWritten(f"{file} is a folder, and an export is one file.", hint="Give the name of a file.")
    if os.path.lexists(file) and not (force and file.is_file()):
        hint = "Add --force to write over it." if file.is_file() else "Give another name."
        raise NotWritten(f"{file} is there already.", hint=hint)


def _answered(app: App, conversation: Conversation, question: str) -> Result:
    messages: list[Result] = []
    steps: list[Mapping[str, Any]] = []
    for event in conversation.ask(question):
        if isinstance(event, MessageCompleted):
            messages.append({"agent": event.agent, "role": event.role, "content": event.content})
        elif isinstance(event, Retrieved):
            steps += event.steps
        elif isinstance(event, ApprovalRequested):
            conversation.answer(event.approval_id, approved=False, code_sha256=event.code_sha256, reason=NOBODY_THERE)
        elif isinstance(event, Failed):
            raise RunFailed(event)
        elif isinstance(event, RunCompleted):
            told = {"conversation_id": conversation.id, "title": app.store.info(conversation.id).title}
            return {**told, **_result(event), "messages": messages, "steps": [dict(step) for step in steps]}
    raise AssertionError("a run ends with RunCompleted or Failed")


def _result(event: RunCompleted) -> Result:
    return {
        "answer": event.answer,
        "abstained": event.abstained,
        "citations": [dict(citation) for citation in event.citations],
        "support": [dict(verdict) for verdict in event.support],
        "removed_markers": list(event.removed_markers),
        "usage": dict(event.usage),
        "artifacts": [dict(artifact) for artifact in event.artifacts],
        "ms": round(event.ms, 1),
    }


def _info(app: App, given: str) -> ConversationInfo:
    """The conversation of that id, or the only one whose id begins so. Raises ConversationError."""
    found = [info for info in app.store.list() if info.id == given or (given and info.id.startswith(given))]
    exact = [info for info in found if info.id == given]
    if exact or not found:
        return exact[0] if exact else app.store.info(given)
    if len(given) < SHORTEST_ID:
        raise ConversationError(
            f"{given!r} is too short for a conversation; {SHORTEST_ID} characters of the id are the least.",
            hint="See `conversations list`.",
        )
    if len(found) > 1:
        names = ", ".join(f"{info.id} ({info.title[:40]})" for info in found[:5])
        raise ConversationError(
            f"{len(found)} conversations begin with {given!r}: {names}{', …' if len(found) > 5 else '.'}",
            hint="Give more of the id.",
        )
    return found[0]


def _title(given: str) -> str:
    title = " ".join(plain(given).split())
    if not title:
        raise ConversationError("The title is empty.", hint="Give it at least one character that can be seen.")
    if len(title) > TITLE_CHARS:
        raise ConversationError(
            f"The title has {len(title):,} characters, and at most {TITLE_CHARS} are allowed.", hint="Shorten it."
        )
    return title


def _leave_to_the_app(app: App) -> None:
    """Raises DataDirectoryInUse when an app runs in another process, which may be talking in the conversation."""
    try:
        assert app.library
    except DataDirectoryInUse:
        if "url" in read_owner(app.settings.home):
            raise


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document) + "\n"
