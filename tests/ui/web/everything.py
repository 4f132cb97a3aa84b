"""Everything the page of a conversation can show, made of Chinese names and texts: what is English in it is ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from agents.errors import ConversationError
from agents.events import (
    ApprovalAnswered,
    ApprovalRequested,
    CodeRan,
    Compacted,
    Event,
    Failed,
    MessageCompleted,
    Noted,
    Retrieved,
    RunCompleted,
    RunStarted,
    ToolCalled,
    ToolReturned,
)
from tests.ui.web.scripted import passage
from ui.web import evidence, listing
from ui.web.backend import Readiness
from ui.web.exhibits import Shown
from ui.web.reducer import asked, replay
from ui.web.screen import Screen
from ui.web.view import View
from ui.web.words import Words

AGENT = "助手"
COPIES = [f"/旧/{number}.pdf" for number in range(5)]
UNSEEN = "".join(f"\u200b{number}\n" for number in range(9))
STARTED = RunStarted(question="多少？", team="甲", kb="手册", strategy="混合")
FOUND = Retrieved(
    agent=AGENT,
    query="多少？",
    passages=(
        passage(1, "一百二十欧元。", source="/手册.pdf", headings=["差旅"], copies=COPIES),
        passage(2, "一百四十。", source="/表.pdf", page=None, headings=[], copies=COPIES[:1]),
    ),
    steps=({"name": "", "ms": 12.0},),
)
PICTURE = {"name": "图.png", "media_type": "image/png", "bytes": 2048, "path": "/图.png"}
FILE = {"name": "表.csv", "media_type": "text/csv", "bytes": 3, "path": "/表.csv"}


def shown(words: Words) -> Iterator[str]:
    """Every piece of HTML and every line, in the language of `words`."""
    for view in (View(), asked(View(), "多少？"), *map(_replayed, _conversations())):
        drawn = Screen(words).of(view, {})
        yield from (*drawn["pieces"], drawn["panel"]["html"], drawn["status"], drawn["sources"])
    yield from _opened(words)
    yield from _notices(words)


def _replayed(events: Sequence[Event]) -> View:
    return replay(replace(event, seq=number) for number, event in enumerate(events, start=1))


def _conversations() -> Iterator[Sequence[Event]]:
    yield [STARTED]
    yield [STARTED, _request(language="sh", reason="Every run of code is asked for."), _called("s")]
    yield [STARTED, _request(code="\u200b")]
    yield [
        STARTED,
        _request(language="json"),
        _called("j"),
        Failed(error_type="ModelTimeout", message="太慢。", hint="等。"),
    ]
    yield [STARTED, *_notes(), RunCompleted(answer="", abstained=False, stopped=True)]
    yield [STARTED, FOUND, *_steps(), _said("一百二十欧元 [1]。![图](1.png)", ms=1200), _answer()]
    yield [STARTED, FOUND, _said("不知道。", interrupted=True), RunCompleted(answer="不知道。", abstained=True)]
    yield [STARTED, FOUND, Failed(error_type="", message="The run ended without an answer.", hint="Ask again.")]


def _notes() -> Iterator[Event]:
    yield Compacted(summary="此前。", through=1, tokens_before=9, tokens_after=1)
    yield Noted(kind="fallback", text="The endpoint 甲 (model 乙) did not answer in time. Another model answers.")
    yield Noted(
        kind="budget", text="The run has used 1,234 tokens, and its budget is 1,000. The answer was given before."
    )


def _steps() -> Iterator[Event]:
    yield _called("a")
    yield ToolReturned(agent=AGENT, call_id="a", tool="工具", content="好", ok=True, ms=3)
    yield ToolReturned(agent=AGENT, call_id="b", tool="工具", content="坏", ok=False, ms=900)
    answers = (
        {"approved": True, "edited": True, "code": "2", "reason": "更好。"},
        {"approved": False},
        {"approved": False, "reason": "Nobody answered within 60 s."},
    )
    for number, answer in enumerate(answers):
        yield _request(approval_id=str(number), code=UNSEEN[: 3 + number])
        yield ApprovalAnswered(approval_id=str(number), **answer)  # type: ignore[arg-type]  # the values are of many types
    outcomes = (("ok", "full"), ("error", "reduced"), ("timeout", "none"), ("killed", "full"), ("refused", "none"))
    for status, isolation in outcomes:
        yield _ran(status, isolation, exit_code=None)
    yield _ran("error", "full", exit_code=1)


def _answer() -> RunCompleted:
    return RunCompleted(
        answer="一百二十欧元 [1]。![图](1.png)",
        abstained=False,
        citations=({"marker": 1, "quote": "一百二十欧元", "source": "/手册.pdf"},),
        artifacts=(PICTURE, FILE),
        support=({"sentence": "一百四十。", "status": "unsupported"},),
    )


def _said(text: str, **more: Any) -> MessageCompleted:
    return MessageCompleted(agent=AGENT, message_id="m", role="assistant", content=text, completion_tokens=9, **more)


def _called(call_id: str) -> ToolCalled:
    return ToolCalled(agent=AGENT, call_id=call_id, tool="工具", arguments={"code": "1"})


def _request(**more: Any) -> ApprovalRequested:
    given = {"approval_id": "x", "code": UNSEEN, "reason": "写文件。", "timeout_s": 60.0, **more}
    return ApprovalRequested(agent=AGENT, code_sha256="", **given)


def _ran(status: str, isolation: str, **more: Any) -> CodeRan:
    given: Mapping[str, Any] = {"artifacts": (PICTURE, FILE), "state_lost": True, **more}
    parts: Mapping[str, Any] = {"status": status, "isolation": isolation, **given}
    return CodeRan(agent=AGENT, call_id="c", code="1", backend="沙箱", stdout="", stderr="", ms=40, **parts)


def _opened(words: Words) -> Iterator[str]:
    view = replay([STARTED, FOUND])
    found = {marker: evidence.exhibit(view, "手册", marker) for marker in (1, 2)}
    for marker, more in ((1, {"page": 2, "pages": 3}), (2, {"problem": "手册.pdf is no longer indexed."})):
        exhibit = found[marker]
        assert exhibit is not None
        yield evidence.passage(view, marker, Shown(exhibit=exhibit, **more), words)


def _notices(words: Words) -> Iterator[str]:
    yield listing.readiness(Readiness(ready=False, message="Getting ready…"), words)
    yield listing.notice(ConversationError("The question is empty.", hint="Type a question."), words)
