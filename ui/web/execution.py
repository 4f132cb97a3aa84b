"""Code that ran in the sandbox, or was refused, as HTML."""

from __future__ import annotations

from agents.events import CodeRan
from ui.web.approval import language
from ui.web.artifacts import Tables, shown
from ui.web.folds import Fold, joined, note, pre
from ui.web.source import source
from ui.web.view import Ran

_BADGES = {
    "full": "",
    "reduced": '<span class="badge reduced">reduced isolation</span>',
    "none": '<span class="badge none">NO ISOLATION</span>',
}


def ran(item: Ran, tables: Tables) -> str:
    """The code and what it came to; open while there is something to see that no answer shows yet."""
    code = item.code
    made = shown(code.artifacts, tables)
    count = len(code.artifacts)
    return Fold(
        agent=code.agent,
        title=f"{'did not run' if code.status == 'refused' else 'ran'} {language(code.language)}",
        body=_isolation(code) + source(code.code) + _output(code) + made,
        state="ok" if code.status == "ok" else "failed",
        badge="" if code.status == "refused" else _BADGES.get(code.isolation, _BADGES["none"]),
        meta=joined(_status(code), code.backend, f"{count} file{'' if count == 1 else 's'}" if count else ""),
        ms=code.ms,
        is_open=None if code.status != "ok" else bool(made) and not item.answered,
    ).html()


def _status(code: CodeRan) -> str:
    """How it ended, in words."""
    words = {
        "ok": "ok",
        "error": "failed" if code.exit_code is None else f"failed with exit code {code.exit_code}",
        "timeout": "took too long",
        "killed": "was ended",
        "refused": "refused",
    }
    return words.get(code.status, code.status)


def _isolation(code: CodeRan) -> str:
    """Nothing where everything stands between the code and the machine."""
    if code.isolation == "full" or code.status == "refused":
        return ""
    if code.isolation == "reduced":
        return note(f"Reduced isolation: {code.backend} keeps less apart than a full sandbox does.", "caution")
    return note("NO ISOLATION: this ran as an ordinary process of this machine.", "danger")


def _output(code: CodeRan) -> str:
    lost = "The variables and files of earlier code are gone." if code.state_lost else ""
    return note(lost, "caution") + pre(code.stdout) + pre(code.stderr, "stderr")
