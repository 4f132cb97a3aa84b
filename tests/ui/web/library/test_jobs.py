"""Work on knowledge bases: one after the other in each, seen by its owner in every tab, cancelled, dismissed."""

from __future__ import annotations

import threading

from configs.errors import AppError
from retrieval.types import FileOutcome
from tests.ui.web.waiting import until
from ui.web.library.job import Line
from ui.web.library.jobs import Jobs, Work
from ui.web.library.record import Record


def _until(event: threading.Event) -> Work:
    def work(_: Record) -> None:
        event.wait(5)

    return work


def _until_cancelled(record: Record) -> None:
    record.cancel.wait(5)


def test_a_second_job_of_a_knowledge_base_waits_and_one_of_another_does_not() -> None:
    jobs, go = Jobs(), threading.Event()
    first = jobs.add("a", "ann", "add", _until(go))
    second = jobs.add("a", "ann", "add", lambda _: None)
    other = jobs.add("b", "ann", "add", lambda _: None)
    until(lambda: jobs.of("b", "ann")[0].state == "done")
    assert [(job.number, job.state) for job in jobs.of("a", "ann")] == [(second, "queued"), (first, "running")]
    go.set()
    until(lambda: [job.state for job in jobs.of("a", "ann")] == ["done", "done"])
    assert other == jobs.of("b", "ann")[0].number
    assert jobs.ended == 3


def test_a_job_belongs_to_its_owner() -> None:
    jobs, go = Jobs(), threading.Event()
    number = jobs.add("a", "ann", "add", _until_cancelled)
    jobs.cancel(number, "bob")
    jobs.dismiss(number, "bob")
    assert jobs.of("a", "bob") == []
    assert jobs.find(number, "bob") is None
    until(lambda: jobs.of("a", "ann")[0].state == "running")
    jobs.dismiss(number, "ann")
    assert jobs.find(number, "ann"), "what goes on stays in sight"
    jobs.cancel(number, "ann")
    until(lambda: jobs.of("a", "ann")[0].state == "cancelled")
    version = jobs.version
    jobs.dismiss(number, "ann")
    assert jobs.of("a", "ann") == []
    assert jobs.version != version
    go.set()


def test_a_queued_job_that_was_cancelled_does_nothing() -> None:
    jobs, go, done = Jobs(), threading.Event(), list[int]()
    jobs.add("a", "ann", "add", _until(go))
    number = jobs.add("a", "ann", "add", lambda _: done.append(1))
    jobs.cancel(number, "ann")
    go.set()
    until(lambda: jobs.of("a", "ann")[0].state == "cancelled")
    assert done == []


def test_errors_end_a_job_and_not_the_queue() -> None:
    jobs = Jobs()

    def refused(_: Record) -> None:
        raise AppError("The disk is full.")

    def broken(_: Record) -> None:
        raise RuntimeError("secret")

    jobs.add("a", "ann", "add", refused)
    jobs.add("a", "ann", "add", broken)
    jobs.add("a", "ann", "add", lambda _: None)
    until(lambda: jobs.ended == 3)
    last, unexpected, first = jobs.of("a", "ann")
    assert (last.state, unexpected.state, first.state) == ("done", "failed", "failed")
    assert first.problem is not None
    assert first.problem.message == "The disk is full."
    assert "secret" not in str(unexpected.problem)


def test_stop_returns_when_nothing_works_on_a_knowledge_base() -> None:
    jobs, ended = Jobs(), list[int]()

    def work(record: Record) -> None:
        record.cancel.wait(5)
        ended.append(1)

    jobs.add("a", "ann", "add", work)
    jobs.add("a", "bob", "add", work)
    until(lambda: jobs.of("a", "ann")[0].state == "running")
    jobs.stop("a")
    assert ended == [1], "the second was cancelled before it began"
    assert jobs.of("a", "bob")[0].state == "cancelled"


def test_a_record_tells_every_file_with_those_of_an_archive() -> None:
    jobs = Jobs()

    def work(record: Record) -> None:
        record.expect([("upload 0", Line(name="all.zip")), ("upload 1", Line(name="bad.exe"))])
        record.rekey("upload 0", "/kept/all.zip")
        record.fail("upload 1", "Files ending in .exe cannot be read.")
        record.page("/kept/all.zip!/a.pdf", 2, 9)
        record.outcome(FileOutcome(source="/kept/all.zip!/a.pdf", status="indexed", chunks=4, pages=9))
        record.outcome(FileOutcome(source="/kept/all.zip!/b.md", status="unchanged", chunks=1))

    jobs.add("a", "ann", "add", work)
    until(lambda: jobs.ended == 1)
    (job,) = jobs.of("a", "ann")
    assert {(line.name, line.status) for line in job.lines} == {
        ("all.zip", "unpacked"),
        ("bad.exe", "failed"),
        ("all.zip › a.pdf", "indexed"),
        ("all.zip › b.md", "unchanged"),
    }
    assert next(line.inside for line in job.lines if line.status == "unpacked") == 2
    assert (job.done, job.total) == (4, 4)
