"""The conversation as HTML, one article per item."""

from __future__ import annotations

import html

from agents.log.asked import unsupported
from ui.web.approval import decided
from ui.web.artifacts import Tables, shown
from ui.web.evidence import labels
from ui.web.execution import ran
from ui.web.folds import Fold, State, agent_class, joined, note, pre, seconds, who
from ui.web.markdown import Labels, citations, to_html
from ui.web.steps import called, returned, searched
from ui.web.view import Approval, Asked, Called, Item, Problem, Ran, Remark, Returned, Said, Searched, Stopped, View
from ui.web.words import Words


class Transcript:
    """Draws a conversation in one language, each time only what has changed since the last."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._known: Labels = ()
        self._tables: Tables = {}
        self._drawn: list[tuple[Item, str]] = []

    def articles(self, view: View, tables: Tables) -> list[str]:
        """One piece of HTML per item; an item keeps its place for the life of the conversation.

        Code that waits for a person has none: `approval.panel` shows it.
        """
        known = labels(view, self._words)
        if (known, tables) != (self._known, self._tables):
            self._known, self._tables, self._drawn = known, tables, []
        in_panel = Approval(request=waiting) if (waiting := view.waiting) else None
        self._drawn = [self._article(place, item) for place, item in enumerate(view.items)]
        out = ["" if item == in_panel else piece for item, piece in self._drawn]
        if view.pending:
            out.append(_question(Asked(text=view.pending), self._words))
        return out or [_welcome(self._words)]

    def _article(self, place: int, item: Item) -> tuple[Item, str]:
        """An item and its piece; items never change, so the very same one is drawn once."""
        if place < len(self._drawn) and self._drawn[place][0] is item:
            return self._drawn[place]
        return item, _article(item, self._known, self._tables, self._words)


def status(view: View, words: Words) -> str:
    """One line about the run, for the eye and the screen reader."""
    if view.waiting:
        return words("transcript.approval")
    return "" if view.phase == "idle" else words(f"transcript.{view.phase}")


def _welcome(words: Words) -> str:
    return (
        f'<article class="welcome"><h2>{words("transcript.welcome")}</h2>'
        f"<p>{words('transcript.welcome.how')}</p></article>"
    )


def _article(item: Item, known: Labels, tables: Tables, words: Words) -> str:
    match item:
        case Asked():
            return _question(item, words)
        case Said():
            return _said(item, known, tables, words)
        case Searched():
            return searched(item, known, words)
        case Called():
            return called(item, words)
        case Returned():
            return returned(item.result, words)
        case Ran():
            return ran(item, tables, words)
        case Approval():
            return decided(item, words)
        case _:
            return _remark(item, words)


def _remark(item: Problem | Remark | Stopped, words: Words) -> str:
    """What the application itself says."""
    match item:
        case Problem():
            failure = item.failure
            message, hint = words.failure(failure.error_type, message=failure.message, hint=failure.hint)
            advice = f"<p>{html.escape(hint)}</p>" if hint else ""
            return f'<article class="problem" role="alert"><h3>{html.escape(message)}</h3>{advice}</article>'
        case Remark():
            return f'<p class="remark">{html.escape(words.remark(item.text))}</p>'
        case Stopped():
            return f'<p class="stopped">{words("transcript.stopped.here")}</p>'


def _question(asked: Asked, words: Words) -> str:
    edit = _does("edit", asked.seq, words) if asked.seq else ""
    return (
        f'<article class="question" aria-label="{words("transcript.you")}"><div class="words">{html.escape(asked.text)}'
        f"</div>{edit}</article>"
    )


def _does(what: str, seq: int, words: Words) -> str:
    """A button without a word on it, for the page's script."""
    name = words(f"transcript.{what}")
    does = f'data-do="{what}" data-seq="{seq}"'
    return f'<button type="button" class="do" {does} title="{name}" aria-label="{name}"></button>'


def _said(said: Said, known: Labels, tables: Tables, words: Words) -> str:
    if said.done and not said.text.strip():
        return ""
    if said.role in ("tool", "retriever"):
        state: State = "ok" if said.done else "running"
        title = " ".join(said.text.split())
        return Fold(agent=said.agent, title=title, body=pre(said.text), state=state, ms=said.ms).html(words)
    made = shown(said.outcome.artifacts, tables, words) if said.outcome else ""
    return (
        f'<article class="message {agent_class(said.agent)}{" answer" if said.outcome else ""}"'
        f' aria-busy="{str(not said.done).lower()}">'
        f'<header>{who(said.agent)}<span class="meta">{_meta(said, words)}</span></header>'
        f'<div class="prose">{to_html(said.text, known, words)}</div>{made}{_support(said, known, words)}'
        f"{_doing(said, words)}</article>"
    )


def _doing(said: Said, words: Words) -> str:
    """What can be done with an answer."""
    if said.outcome is None or not said.seq:
        return ""
    return f'<div class="doing">{"".join(_does(what, said.seq, words) for what in ("copy", "branch", "trace"))}</div>'


def _meta(said: Said, words: Words) -> str:
    """How it came to be said, and what it took."""
    return joined(
        words("transcript.abstained") if said.outcome and said.outcome.abstained else "",
        words("transcript.interrupted") if said.interrupted else "",
        seconds(said.ms, words),
        words("units.tokens", n=said.tokens) if said.tokens else "",
    )


def _support(said: Said, known: Labels, words: Words) -> str:
    """What an answer rests on, under it."""
    if said.outcome is None or not said.outcome.citations:
        return ""
    doubts = (words("transcript.unsupported", sentence=doubt) for doubt in unsupported(said.outcome.support))
    doubted = "".join(note(doubt, "unsupported") for doubt in doubts)
    markers = dict.fromkeys(int(c["marker"]) for c in said.outcome.citations)
    cited, name = citations(markers, known, words), words("transcript.sources")
    return f'{doubted}<footer><ul class="cited" aria-label="{name}">{cited}</ul></footer>'
