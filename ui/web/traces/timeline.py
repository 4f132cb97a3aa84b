"""The spans of a turn as nested bars on one scale of time, as HTML; pure."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

from agents.tracing.spans import Span
from ui.one_line import short
from ui.visible import visible
from ui.web.traces.kinds import agent_of, duration, kind_of, state_of, title
from ui.web.words import Words

_LEAST = 0.4
"""Percent of the scale that the shortest bar is drawn."""
_MARKS = 4


def timeline(spans: Sequence[Span], words: Words, *, live: bool) -> str:
    """A list in a list for each span in a span; every bar is a button with the `data-span` it opens."""
    known, inside = {span.span_id for span in spans}, dict[str, list[Span]]()
    for span in sorted(spans, key=lambda span: span.start):
        inside.setdefault(span.parent_id if span.parent_id in known else "", []).append(span)
    begin = min(span.start for span in spans)
    whole = max(max(span.end for span in spans) - begin, 1e-6)
    bars = _Bars(inside, words, begin=begin, whole=whole, live=live)
    heading = html.escape(words("traces.timeline"))
    return f'<section class="timeline" aria-label="{heading}">{_scale(whole, words)}{bars.below("", 0)}</section>'


class _Bars:
    """Draws spans on the scale of their turn, `whole` seconds from `begin` on."""

    def __init__(
        self, inside: Mapping[str, Sequence[Span]], words: Words, *, begin: float, whole: float, live: bool
    ) -> None:
        self._inside, self._words = inside, words
        self._begin, self._whole, self._live = begin, whole, live

    def below(self, parent: str, depth: int) -> str:
        """The bars of all that lies in a span."""
        items = "".join(
            f"<li>{self._bar(span, depth)}{self.below(span.span_id, depth + 1)}</li>"
            for span in self._inside.get(parent, ())
        )
        return f'<ol class="spans">{items}</ol>' if items else ""

    def _bar(self, span: Span, depth: int) -> str:
        ms, state = (span.end - span.start) * 1000, state_of(span, live=self._live)
        took = self._words("traces.running") if state == "running" else duration(ms, self._words)
        failed = f'<span class="error">{html.escape(self._words("traces.failed"))}</span>' if state == "failed" else ""
        return (
            f'<button type="button" class="bar kind-{kind_of(span)} {state}" data-span="{span.span_id}"'
            f' aria-pressed="false" tabindex="{-1 if depth else 0}" style="--depth: {depth}; {self._place(span)}">'
            f'<span class="what">{_line(title(span, self._words))}</span>'
            f'<span class="who">{_line(agent_of(span))}</span>{failed}'
            f'<span class="took">{html.escape(took)}</span>'
            f'<span class="track" aria-hidden="true"><span></span></span></button>'
        )

    def _place(self, span: Span) -> str:
        at = 100 * (span.start - self._begin) / self._whole
        long = max(100 * (span.end - span.start) / self._whole, _LEAST)
        return f"--at: {min(at, 100 - _LEAST):.2f}%; --long: {min(long, 100 - min(at, 100 - _LEAST)):.2f}%"


def _scale(whole: float, words: Words) -> str:
    marks = (duration(whole * 1000 * step / _MARKS, words) for step in range(_MARKS + 1))
    return f'<p class="scale" aria-hidden="true">{"".join(f"<span>{html.escape(mark)}</span>" for mark in marks)}</p>'


def _line(text: str) -> str:
    return html.escape(visible(short(text)))
