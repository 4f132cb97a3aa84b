"""Runs as they are kept, made by hand."""

from __future__ import annotations

from dataclasses import replace

from ui.web.evaluation.records import Asked, Found, Head, Record

HEAD = Head(
    id="20250102-030405-00000001",
    kind="questions",
    name="handbook",
    owner="",
    started=1_735_786_800.0,
    strategies=("dense", "hybrid"),
    k=100,
    questions=3,
)
ASKED = (
    Asked(key="q1", text="How much is <b>the</b> hotel?", grades={"a.pdf": 1.0}, answer="120 euros"),
    Asked(key="q2", text="Who leads?", grades={"b.pdf": 1.0, "c.pdf": 1.0}),
    Asked(key="q3", text="=cmd()", grades={"c.pdf": 1.0}),
)
DENSE = {
    "q1": Found(ranking=("b.pdf", "a.pdf"), ms=10.0, answer_rank=7),
    "q2": Found(ranking=("b.pdf", "c.pdf"), ms=30.0),
    "q3": Found(ranking=("a.pdf", "b.pdf"), ms=20.0),
}
HYBRID = {
    "q1": Found(ranking=("a.pdf", "b.pdf"), ms=11.0, answer_rank=1),
    "q2": Found(ranking=("b.pdf", "c.pdf"), ms=31.0),
    "q3": Found(ranking=("a.pdf", "c.pdf"), ms=21.0),
}
TITLES = {"a.pdf": "Travel & <i>costs</i>", "b.pdf": "Board", "c.pdf": "Contacts"}


def record(head: Head = HEAD) -> Record:
    """A run in which both strategies are finished."""
    done = replace(head, state="done", finished=head.strategies)
    return Record(head=done, asked=ASKED, found={"dense": DENSE, "hybrid": HYBRID}, titles=TITLES)
