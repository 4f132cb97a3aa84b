"""What the commands on kept conversations came to, as text for people; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ui import log, text, trace_view
from ui.one_line import flat, short

Result = dict[str, Any]

_SIDES = ("first", "second")


def listing(document: Result) -> str:
    """A line per conversation; times are those of this machine's clock."""
    return "\n".join(_row(info) for info in document["conversations"]) or "No conversation."


def name(info: Result) -> str:
    """A conversation for a question about it."""
    return f"the conversation {info['id']} “{flat(info['title'])}”"


def shown(document: Result) -> str:
    """The whole conversation, or its trace where there is one, then its bill."""
    told = trace_view.trace(document) if "spans" in document else log.events(document)
    return "\n\n".join([told, "\n".join(_bill(document["usage"]))])


def exported(document: Result) -> str:
    """The text itself, or where it is."""
    if "text" in document:
        return str(document["text"]).rstrip("\n")
    return f"{document['conversation_id']} is in {document['file']} ({document['bytes']:,} bytes)."


def retried(document: Result) -> str:
    """The answer as `ask` shows it, and the conversation it is in."""
    return f"{text.ask(document)}\n\nConversation: {document['conversation_id']}"


def compared(document: Result) -> str:
    """Question by question, then everything together."""
    heads = [f"{side}: {_row({**document[side], 'questions': _count(document, side)})}" for side in _SIDES]
    questions = ["\n".join(_question(number, q)) for number, q in enumerate(document["questions"], 1)]
    return "\n\n".join(["\n".join(heads), *questions, "\n".join(_totals(document["totals"]))])


def _row(info: Result) -> str:
    when = datetime.fromtimestamp(info["created_at"]).astimezone()
    count = _counted(info["questions"], "question")
    place = "/".join(flat(part) for part in (info["kb"], info["team"]))
    return f"{info['id']}  {when:%Y-%m-%d %H:%M}  {place}  {count}  {flat(info['title'])}".rstrip()


def _count(document: Result, side: str) -> int:
    return int(document["totals"][side]["questions"])


def _bill(usage: Result) -> Iterator[str]:
    """A line an agent whose model was called, and one for all of them."""
    if not usage["calls"]:
        yield "No language model was called."
        return
    for agent, use in usage["agents"].items():
        yield f"{flat(agent)}: {_cost(use)}, {use['seconds']:.1f} s"
    seconds = sum(use["seconds"] for use in usage["agents"].values())
    yield f"all: {_cost(usage)}, {seconds:.1f} s"


def _cost(use: Result) -> str:
    tokens = f"{use['prompt_tokens']:,}+{use['completion_tokens']:,} tokens"
    dollars = f", ${use['cost']:.6f}" if use["cost"] else ""
    return f"{_counted(use['calls'], 'call')}, {tokens}{dollars}"


def _question(number: int, question: Result) -> Iterator[str]:
    texts = list(dict.fromkeys(flat(question[side]["question"]) for side in _SIDES if question[side]))
    yield f"{number}. {' / '.join(short(each) for each in texts)}"
    if question["same_answer"]:
        yield f"   both: {short(question['first']['answer'])}"
    for side in _SIDES:
        yield f"   {side}: {_side(question[side], answer=not question['same_answer'])}"
    if question["first"] and question["second"]:
        yield f"   {_cited(*(len(question['citations'][kind]) for kind in ('shared', *_SIDES)))}"


def _side(side: Result | None, *, answer: bool) -> str:
    if side is None:
        return "not asked"
    said = f"{short(side['answer'] or side['error'] or 'no answer')} " if answer else ""
    return f"{said}({_figures(side)})"


def _figures(side: Result) -> str:
    use = side["usage"]
    doubts = f"{side['unsupported']} unsupported"
    return f"{_counted(side['cited'], 'citation')}, {doubts}, {_cost(use)}, {side['ms'] / 1000:.1f} s"


def _cited(shared: int, first: int, second: int) -> str:
    return f"cited by both: {shared}, only by the first: {first}, only by the second: {second}"


def _totals(totals: Result) -> Iterator[str]:
    for side in _SIDES:
        failed = f", {totals[side]['failed']} without an answer" if totals[side]["failed"] else ""
        yield f"{side} in all: {_counted(totals[side]['questions'], 'question')}{failed}, {_figures(totals[side])}"
    yield _cited(**totals["citations"])


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
