"""Code that ran in the sandbox, or was refused, as HTML."""

from __future__ import annotations

from agents.events import CodeRan
from ui.web.approval import language
from ui.web.artifacts import Tables, shown
from ui.web.folds import Fold, joined, note, pre
from ui.web.source import source
from ui.web.view import Ran
from ui.web.words import Words

_STATUSES = ("ok", "error", "timeout", "killed", "refused")


def ran(item: Ran, tables: Tables, words: Words) -> str:
    """The code and what it came to; open while there is something to see that no answer shows yet."""
    code = item.code
    made, count = shown(code.artifacts, tables, words), len(code.artifacts)
    did = "execution.not_ran" if code.status == "refused" else "execution.ran"
    return Fold(
        agent=code.agent,
        title=words(did, what=language(code.language, words)),
        body=_isolation(code, words) + source(code.code) + _output(code, words) + made,
        state="ok" if code.status == "ok" else "failed",
        badge=_badge(code, words),
        meta=joined(_status(code, words), code.backend, words("execution.files", n=count) if count else ""),
        ms=code.ms,
        is_open=None if code.status != "ok" else bool(made) and not item.answered,
    ).html(words)


def _status(code: CodeRan, words: Words) -> str:
    """How it ended, in words."""
    if code.status == "error" and code.exit_code is not None:
        return words("execution.error.code", code=code.exit_code)
    return words(f"execution.{code.status}") if code.status in _STATUSES else code.status


def _kept_apart(code: CodeRan) -> str:
    """How far the code was kept from the machine; nothing where everything stands between, or where none ran."""
    if code.isolation == "full" or code.status == "refused":
        return ""
    return "reduced" if code.isolation == "reduced" else "none"


def _badge(code: CodeRan, words: Words) -> str:
    kind = _kept_apart(code)
    return f'<span class="badge {kind}">{words(f"execution.{kind}.badge")}</span>' if kind else ""


def _isolation(code: CodeRan, words: Words) -> str:
    match _kept_apart(code):
        case "reduced":
            return note(words("execution.reduced", backend=code.backend), "caution")
        case "none":
            return note(words("execution.none"), "danger")
    return ""


def _output(code: CodeRan, words: Words) -> str:
    lost = words("execution.lost") if code.state_lost else ""
    return note(lost, "caution") + pre(code.stdout) + pre(code.stderr, "stderr")
