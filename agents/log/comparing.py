"""What two conversations answered to the same questions, side by side; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal

from agents.events import Event, Failed, RunCompleted
from agents.log.asked import Asked, asked

Match = Literal["text", "order"]
Result = dict[str, Any]

_SIDES = ("first", "second")
_FIGURES = ("prompt_tokens", "completion_tokens", "calls", "cost")


@dataclass(frozen=True, kw_only=True)
class _Pair:
    """A question of both, or of one alone; `by` says how they were matched."""

    first: Asked | None
    second: Asked | None
    by: Match | None


def compare(first: Iterable[Event], second: Iterable[Event]) -> Result:
    """`{questions, totals}` of two conversations.

    Questions with the same text, whatever its case, are matched in their order; those between them one by one. What is
    left has `None` for the other side. Each side of a question is `{question, answer, abstained, stopped, error, cited,
    unsupported, usage, ms}`, `error` being empty or why there is no answer; its citations are `{shared, first, second}`
    by the chunk they cite. `totals` adds up each side and the citations.
    """
    pairs = _pairs(asked(first), asked(second))
    questions = [_question(pair) for pair in pairs]
    totals: Result = {side: _total([q[side] for q in questions if q[side]]) for side in _SIDES}
    kinds = ("shared", *_SIDES)
    totals["citations"] = {kind: sum(len(q["citations"][kind]) for q in questions) for kind in kinds}
    totals["same_answers"] = sum(q["same_answer"] for q in questions)
    return {"questions": questions, "totals": totals}


def _pairs(first: Sequence[Asked], second: Sequence[Asked]) -> list[_Pair]:
    ours, theirs = [_text(each) for each in first], [_text(each) for each in second]
    found: list[_Pair] = []
    for kind, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        by: Match = "text" if kind == "equal" else "order"
        for one, other in zip_longest(first[a:b], second[c:d]):
            found.append(_Pair(first=one, second=other, by=by if one and other else None))
    return found


def _text(each: Asked) -> str:
    return " ".join(each.started.question.casefold().split())


def _question(pair: _Pair) -> Result:
    first, second = pair.first, pair.second
    return {
        "matched": pair.by,
        "first": first and _side(first),
        "second": second and _side(second),
        "same_answer": bool(first and second and first.answer) and _answer(first) == _answer(second),
        "citations": _citations(first.citations if first else (), second.citations if second else ()),
    }


def _answer(each: Asked | None) -> str:
    return " ".join(each.answer.split()) if each else ""


def _side(each: Asked) -> Result:
    end = each.end
    return {
        "question": each.started.question,
        "answer": each.answer,
        "abstained": isinstance(end, RunCompleted) and end.abstained,
        "stopped": isinstance(end, RunCompleted) and end.stopped,
        "error": end.message if isinstance(end, Failed) else "" if end else "There is no answer yet.",
        "cited": len(each.citations),
        "unsupported": len(each.unsupported),
        "usage": {name: each.usage.get(name, 0) for name in _FIGURES},
        "ms": round(each.ms, 1),
    }


def _citations(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> Result:
    by_chunk = [{citation["chunk_id"]: citation for citation in side} for side in (first, second)]
    shared = [
        _place(c) | {"markers": [c["marker"], by_chunk[1][i]["marker"]]}
        for i, c in by_chunk[0].items()
        if i in by_chunk[1]
    ]
    return {"shared": shared, "first": list(_only(*by_chunk)), "second": list(_only(*reversed(by_chunk)))}


def _only(those: Mapping[str, Mapping[str, Any]], without: Mapping[str, Any]) -> Iterator[Result]:
    return (_place(c) | {"marker": c["marker"]} for chunk, c in those.items() if chunk not in without)


def _place(citation: Mapping[str, Any]) -> Result:
    return {name: citation[name] for name in ("chunk_id", "source", "page")}


def _total(sides: Sequence[Result]) -> Result:
    usage = {name: sum(side["usage"][name] for side in sides) for name in _FIGURES}
    counted = {name: sum(side[name] for side in sides) for name in ("abstained", "cited", "unsupported", "ms")}
    failed = sum(bool(side["error"]) for side in sides)
    return {"questions": len(sides), "failed": failed, **counted, "usage": usage}
