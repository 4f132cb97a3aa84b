"""What other layers say in English is told in Chinese; what nobody knows stays as it is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import cast

import pytest

from agents.budget import Called, Deed, Said, diagnosis, exceeded, spent
from agents.ports import Isolation
from agents.run import Run
from agents.safety import approval_policy, provenance
from agents.safety.suspicion_patterns import PATTERNS
from agents.sandbox.results import fault
from agents.teams.rules import Budget
from agents.watching import given_before
from configs.settings import ApprovalPolicy
from retrieval.errors import ParseError
from retrieval.parsing.formats import KINDS, media_type
from ui.web.remarks import Phrasebook
from ui.web.words import catalogue, words_in

ROOT = Path(__file__).parents[3]
REMARKS = {key: str(forms["en"]) for key, forms in catalogue().items() if key.startswith("remarks.")}
FOLDERS = ("agents", "retrieval", "ui")
HARMFUL = (
    "while True: pass",
    "async def a(): pass",
    "import os",
    "from os import remove",
    "from . import a",
    "open('a')",
    "a.write('b')",
    "df.to_csv('a')",
    "f(1)",
    "(a or b)(1)",
    "print(1, file=a)",
    "df.apply(a)",
    "@a\ndef b(): pass",
    "if",
    "a = '\u200b'",
    "1\n" * 20_000,
)
NAMES = {
    *re.findall(r"[a-z_]+", " ".join(HARMFUL)),
    *re.findall(r"[A-Za-z]{4,}", " ".join(re.sub(r"^an? ", "", kind) for kind in KINDS.values())),
    *("Shell", "Python", "docs", "documents"),
} - {"document", "presentation", "workbook", "text", "spreadsheet", "book", "message", "image"}
"""What is called the same in Chinese."""


def chinese(text: str) -> str:
    return words_in("zh").remark(text)


def policies() -> Iterator[str]:
    """Why the policies of approval ask, in every form."""
    cases: tuple[tuple[ApprovalPolicy, Isolation], ...] = (("always", "full"), ("always", "none"), ("never", "reduced"))
    for timeout_s in (None, 5.0, 60.0):
        for policy, isolation in cases:
            yield approval_policy.why_ask(policy, language="python", code="1", timeout_s=timeout_s, isolation=isolation)
        yield approval_policy.why_ask("risky", language="sh", code="ls", timeout_s=timeout_s, isolation="full")
        for code in ("1", *HARMFUL):
            yield approval_policy.why_ask("risky", language="python", code=code, timeout_s=timeout_s, isolation="full")


def doubts() -> Iterator[str]:
    """Why a call may be the will of something that was read."""
    long = "The quarterly report of the northern region says that sales rose by nine percent in autumn."
    yield from (f"A text that was read gives orders: {what}." for what in PATTERNS)
    yield provenance.why_ask('"http://1.2"', question="", shown=())
    yield provenance.why_ask('"1.example.org"', question="", shown=("1.example.org",))
    yield provenance.why_ask(f'"{long}"', question="", shown=(long,))
    yield provenance.why_ask("sudo rm -rf / --force 12345678", question="", shown=("sudo rm -rf / --force 12345678",))
    yield provenance.unasked("a", "{}", question="1")


def ends() -> Iterator[str]:
    """What a run says that used up its budget or leads nowhere."""
    budgets = (Budget(tokens=1_000), Budget(cost=0.5), Budget(seconds=1.5))
    call, word = Called("1", "2", "{}"), Said("1", "2")
    done: tuple[Sequence[Deed], ...] = ((call,), 3 * (call,), 3 * (word,))
    for budget, deeds in zip(budgets, done, strict=True):
        yield exceeded(spent(budget, tokens=2_000, seconds=2, cost=1), deeds).message
    yield diagnosis([Called("1", "2", "3"), Called("1", "2", "4")])
    for disputed in (True, False):
        yield given_before(cast("Run", SimpleNamespace(disputed=disputed)))


def files() -> Iterator[str]:
    """Why a file is not read."""
    yield from (f"1 is damaged, or is not {kind}." for kind in KINDS.values())
    for path in (Path("a"), Path("a.1")):
        with pytest.raises(ParseError) as raised:
            media_type(path)
        yield str(raised.value)
    yield from (f"The edited code cannot run: {fault(code)}" for code in ("", "\0", "\ud800", "1" * 10_000_000))


SAID = list(dict.fromkeys(filter(None, (*policies(), *doubts(), *ends(), *files()))))


@pytest.mark.parametrize("sentence", SAID, ids=lambda sentence: sentence[:60])
def test_what_the_agents_and_readers_say_is_told_in_chinese(sentence: str) -> None:
    told = chinese(sentence)

    assert told.endswith("。")
    quoted = re.sub(r"'.*'", "", told)
    assert set(re.findall(r"[A-Za-z]{4,}", quoted)) <= NAMES


def test_every_remark_is_one_that_somebody_can_make() -> None:
    """In the source as it stands, or among what was said above."""
    source = _source()
    strange = {
        key
        for key, sentence in REMARKS.items()
        for piece, *_ in Formatter().parse(sentence)
        if piece.strip(" .:,()") not in source
    }
    assert not {key for key in strange if not _was_said(REMARKS[key])}


def _was_said(sentence: str) -> bool:
    pieces = [piece for piece, *_ in Formatter().parse(sentence)]
    return any(all(piece in said for piece in pieces) for said in SAID)


def _source() -> str:
    """The layers below the page, with texts over several lines made whole."""
    files = (file.read_text(encoding="utf-8") for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))
    return re.sub(r'"\s*\n\s*f?"', "", "\n".join(files))


BOOK = Phrasebook(
    [
        ("It took {seconds} s.", "用了 {seconds} 秒。"),
        ("{who} said {quoted}.", "{who} 说了 {quoted}。"),
        ("It is bad, because {why}.", "不好，因为{why}。"),
        ("It is bad, because {why}, and it is late.", "不好，因为{why}，而且晚了。"),
    ],
    [("it is {kind}", "它是{kind}"), ("old", "旧的")],
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("It took 3.5 s.", "用了 3.5 秒。"),
        ("It took 3.5 s. It took 4 s.", "用了 3.5 秒。用了 4 秒。"),
        ("Who knows? It took 4 s. Nobody does.", "Who knows? 用了 4 秒。Nobody does."),
        ("Anna said 'Go. It took 4 s.'.", "Anna 说了 'Go. It took 4 s.'。"),
        ("It is bad, because it is old.", "不好，因为它是旧的。"),
        ("It is bad, because it is new, and it is late.", "不好，因为它是new，而且晚了。"),
        ("It is bad, because {why}.", "不好，因为{why}。"),
        ("it took 4 s.", "it took 4 s."),
        ("It took 4 s.  It took 5 s.", "用了 4 秒。 It took 5 s."),
    ],
)
def test_known_sentences_are_told_wherever_they_stand(text: str, told: str) -> None:
    assert BOOK(text) == told


@pytest.mark.parametrize(
    "text", ["", " ", "。", "a.b. c!  d…\ne", "好。 Good. 好", "{x} %s \\1", "It took\n4 s. ", "x. " * 3000]
)
def test_what_is_not_known_stays_to_the_letter(text: str) -> None:
    assert BOOK(text) == text


def test_a_long_reason_costs_little() -> None:
    began = time.perf_counter()

    assert chinese("a called a said the same " * 150)
    assert time.perf_counter() - began < 2
