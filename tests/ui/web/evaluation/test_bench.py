"""One run at a time: its progress, its end, and what is left of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from configs.errors import ConfigError
from retrieval.types import Query, SearchResult
from tests.retrieval.passages import make_hit
from tests.ui.web.waiting import until
from ui.web.evaluation.bench import Bench
from ui.web.evaluation.errors import EvaluationBusy
from ui.web.evaluation.records import Asked, Kind, State
from ui.web.evaluation.subjects import Opened, Tell, file_name

ANSWER = "Twenty-six\n DAYS of leave"


class Waiting:
    """A knowledge base that finds the same for everything, `allowed` searches long; then it waits."""

    def __init__(self, allowed: int = 10_000) -> None:
        self._allowed = threading.Semaphore(allowed)
        self.searches: list[tuple[str, str | None, int | None]] = []

    def allow(self, searches: int) -> None:
        self._allowed.release(searches)

    def search(self, text: str, *, strategy: str | None = None, k: int | None = None) -> SearchResult:
        assert self._allowed.acquire(timeout=20)
        if strategy == "broken":
            raise ConfigError("The strategy file is wrong.")
        if strategy == "worse":
            raise RuntimeError("secret")
        self.searches.append((text, strategy, k))
        hits = (make_hit("nothing", source="b.md"), make_hit(ANSWER, source="a.md"))
        return SearchResult(
            query=Query(text=text, search_text=text, language="en"), strategy=strategy or "", hits=hits, steps=()
        )


class Questions:
    """Two questions about a knowledge base that waits."""

    name, skipped = "handbook", 1
    kind: Kind = "questions"
    asked: tuple[Asked, ...] = (
        Asked(key="q1", text="How many days?", grades={"a.md": 1.0}, answer="twenty-six days"),
        Asked(key="q2", text="Who leads?", grades={"b.md": 1.0}),
    )

    def __init__(self, kb: Waiting) -> None:
        self.kb = kb

    @contextmanager
    def opened(self, tell: Tell, cancel: threading.Event) -> Iterator[Opened]:
        assert not cancel.is_set()
        tell(1, 2)
        yield Opened(kb=self.kb, identify=file_name, title=str.upper)


def ended(bench: Bench, run: str) -> State:
    until(lambda: bench.progress is None)
    return bench.runs.head(run).state


def test_a_run_keeps_every_ranking_with_its_time_and_where_the_answer_stood(tmp_path: Path) -> None:
    bench, kb = Bench(tmp_path), Waiting()
    run = bench.start(Questions(kb), strategies=["dense", "lexical"], k=9, owner="anna")
    assert ended(bench, run) == "done"
    record = bench.runs.record(run)
    assert (record.head.owner, record.head.k, record.head.skipped) == ("anna", 9, 1)
    assert list(record.found) == ["dense", "lexical"]
    found = record.found["dense"]["q1"]
    assert (found.ranking, found.answer_rank, record.found["dense"]["q2"].answer_rank) == (("b.md", "a.md"), 2, 0)
    assert found.ms > 0
    assert record.titles == {"a.md": "A.MD", "b.md": "B.MD"}
    assert kb.searches.count(("Who leads?", "lexical", 9)) == 1


def test_progress_says_which_strategy_is_at_which_question(tmp_path: Path) -> None:
    bench, kb = Bench(tmp_path), Waiting(5)
    bench.start(Questions(kb), strategies=["dense", "lexical"], k=9, owner="")
    until(lambda: (p := bench.progress) is not None and (p.strategy, p.done, p.total) == ("lexical", 1, 2))
    assert bench.progress is not None
    assert bench.progress.head.finished == ("dense",)
    kb.allow(10)
    until(lambda: bench.progress is None)


def test_a_second_run_is_refused_and_told_who_measures_what(tmp_path: Path) -> None:
    bench, kb = Bench(tmp_path), Waiting(0)
    run = bench.start(Questions(kb), strategies=["dense"], k=9, owner="anna")
    with pytest.raises(EvaluationBusy, match="anna is measuring dense on handbook"):
        bench.start(Questions(kb), strategies=["lexical"], k=9, owner="ben")
    with pytest.raises(EvaluationBusy):
        bench.delete(run)
    assert len(bench.runs.heads()) == 1
    kb.allow(10)
    assert ended(bench, run) == "done"
    bench.delete(run)
    assert bench.runs.heads() == []


def test_a_cancelled_run_keeps_what_was_finished_and_searches_no_more(tmp_path: Path) -> None:
    bench, kb = Bench(tmp_path), Waiting(4)
    run = bench.start(Questions(kb), strategies=["dense", "lexical", "hybrid"], k=9, owner="")
    until(lambda: (p := bench.progress) is not None and p.strategy == "lexical")
    bench.cancel()
    assert bench.progress is not None
    assert bench.progress.cancelling
    kb.allow(10)
    assert ended(bench, run) == "cancelled"
    assert list(bench.runs.record(run).found) == ["dense"]
    assert [strategy for _, strategy, _ in kb.searches].count("hybrid") == 0


@pytest.mark.parametrize(
    ("strategy", "problem"),
    [("broken", "The strategy file is wrong."), ("worse", "The run ended unexpectedly; the log has the details.")],
)
def test_a_run_that_fails_says_why_and_keeps_what_was_finished(tmp_path: Path, strategy: str, problem: str) -> None:
    bench = Bench(tmp_path)
    run = bench.start(Questions(Waiting()), strategies=["dense", strategy], k=9, owner="")
    assert ended(bench, run) == "failed"
    head = bench.runs.head(run)
    assert (head.problem, head.finished) == (problem, ("dense",))
    assert ended(bench, bench.start(Questions(Waiting()), strategies=["dense"], k=9, owner="")) == "done"


def test_another_process_finds_the_run_interrupted(tmp_path: Path) -> None:
    bench, kb = Bench(tmp_path), Waiting(4)
    run = bench.start(Questions(kb), strategies=["dense", "lexical"], k=9, owner="")
    until(lambda: bench.runs.head(run).finished == ("dense",))
    assert bench.runs.head(run).state == "running"
    assert Bench(tmp_path).runs.head(run).state == "interrupted"
    assert list(Bench(tmp_path).runs.record(run).found) == ["dense"]
    kb.allow(10)
    until(lambda: bench.progress is None)
