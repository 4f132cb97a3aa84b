"""Measures strategies in a thread of its own, one run at a time."""

from __future__ import annotations

import logging
import threading
import time
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from configs.errors import AppError
from retrieval.evaluation.run import Search, searches
from retrieval.types import Hit
from ui.web.evaluation.errors import EvaluationBusy
from ui.web.evaluation.records import KEPT, Asked, Found, Head, State
from ui.web.evaluation.run_store import RunStore, new_id
from ui.web.evaluation.subjects import Opened, Subject

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where the run under way stands; `strategy` is empty while documents are indexed."""

    head: Head
    strategy: str = ""
    done: int = 0
    total: int = 0
    cancelling: bool = False


class Bench:
    """Runs evaluations and keeps them below a folder."""

    def __init__(self, folder: Path) -> None:
        self.runs = RunStore(folder, is_live=self._is_live)
        self._changing = threading.Lock()
        self._cancel = threading.Event()
        self._progress: Progress | None = None
        self._changes = 0

    @property
    def progress(self) -> Progress | None:
        """Where the run under way stands, if there is one."""
        return self._progress

    @property
    def changes(self) -> int:
        """Counts up whenever another run, or more of one, is kept."""
        return self._changes

    def free(self) -> None:
        """Raises EvaluationBusy while a run is under way."""
        if running := self._progress:
            head = running.head
            who = head.owner or "Somebody"
            raise EvaluationBusy(
                f"{who} is measuring {', '.join(head.strategies)} on {head.name}.",
                hint="Wait until that run is done, or cancel it.",
            )

    def start(self, subject: Subject, *, strategies: Sequence[str], k: int, owner: str) -> str:
        """Begin a run; returns its id at once. Raises EvaluationBusy while another is under way."""
        now = time.time()
        head = Head(
            id=new_id(now),
            kind=subject.kind,
            name=subject.name,
            owner=owner,
            started=now,
            strategies=tuple(strategies),
            k=k,
            questions=len(subject.asked),
            skipped=subject.skipped,
        )
        with self._changing:
            self.free()
            self._cancel = threading.Event()
            self.runs.begin(head, subject.asked)
            self._progress = Progress(head=head)
            self._changes += 1
        threading.Thread(target=self._run, args=(subject, head), name="evaluation", daemon=True).start()
        return head.id

    def cancel(self) -> None:
        """End the run under way after the question it is at; finished strategies stay."""
        with self._changing:
            if self._progress:
                self._cancel.set()
                self._progress = replace(self._progress, cancelling=True)

    def delete(self, run_id: str) -> None:
        """Remove a run. Raises EvaluationBusy for the one under way, UnknownEvaluation for one that is not kept."""
        with self._changing:
            if self._is_live(run_id):
                self.free()
            self.runs.delete(run_id)
            self._changes += 1

    def _is_live(self, run_id: str) -> bool:
        running = self._progress
        return running is not None and running.head.id == run_id

    def _run(self, subject: Subject, head: Head) -> None:
        problem = ""
        try:
            with subject.opened(lambda done, total: self._tell("", done, total), self._cancel) as opened:
                for strategy in head.strategies:
                    if not self._cancel.is_set():
                        self._measure(opened, subject.asked, strategy)
        except AppError as error:
            problem = str(error)
        except Exception:
            log.exception("An evaluation ended unexpectedly.")
            problem = "The run ended unexpectedly; the log has the details."
        self._end(problem)

    def _measure(self, opened: Opened, asked: Sequence[Asked], strategy: str) -> None:
        head = self._head
        found: dict[str, Found] = {}
        self._tell(strategy, 0, len(asked))
        for search in searches(opened.kb, [(one.key, one.text) for one in asked], strategy, k=head.k):
            found[search.query_id] = _found(search, opened, asked[len(found)].answer)
            self._tell(strategy, len(found), len(asked))
            if self._cancel.is_set():
                break
        if len(found) == len(asked):
            names = {name for result in found.values() for name in result.ranking}
            names |= {name for one in asked for name in one.grades}
            self._note(self.runs.finish(head, strategy, found, {name: opened.title(name) for name in names}))

    @property
    def _head(self) -> Head:
        assert self._progress is not None
        return self._progress.head

    def _tell(self, strategy: str, done: int, total: int) -> None:
        with self._changing:
            assert self._progress is not None
            self._progress = replace(self._progress, strategy=strategy, done=done, total=total)

    def _note(self, head: Head) -> None:
        with self._changing:
            assert self._progress is not None
            self._progress = replace(self._progress, head=head)
            self._changes += 1

    def _end(self, problem: str) -> None:
        with self._changing:
            assert self._progress is not None
            head = self._progress.head
            complete = head.finished == head.strategies
            state: State = "failed" if problem else "done" if complete else "cancelled"
            try:
                self.runs.put(replace(head, state=state, problem=problem))
            except OSError:
                log.exception("How an evaluation ended could not be kept.")
            self._progress = None
            self._changes += 1


def _found(search: Search, opened: Opened, answer: str) -> Found:
    return Found(
        ranking=tuple(search.ranking(opened.identify)[:KEPT]),
        ms=search.ms,
        answer_rank=_answer_rank(search.result.hits, answer) if answer else 0,
    )


def _answer_rank(hits: Sequence[Hit], answer: str) -> int:
    wanted = _folded(answer)
    return next((rank for rank, hit in enumerate(hits, start=1) if wanted in _folded(hit.chunk.text)), 0)


def _folded(text: str) -> str:
    """Without what differs between two ways to write the same words."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
