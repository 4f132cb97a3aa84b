"""Worker processes: killed on their limits, replaced, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from configs.settings import ChunkingSettings, ParsingSettings
from retrieval.errors import ParseError
from retrieval.parsing.crew import Crew, surplus
from retrieval.parsing.messages import Parse, Setup
from retrieval.parsing.pool import ParserPool
from retrieval.parsing.worker import NICE
from retrieval.types import ParsedDocument
from tests.retrieval.parsing.sheets import Sheet, write_pdf

ROOT = Path(__file__).resolve().parents[3]
OpenPool = Callable[..., ParserPool]
OpenCrew = Callable[[int], Crew]


@pytest.fixture
def open_pool(tokenizer: Path) -> Iterator[OpenPool]:
    pools: list[ParserPool] = []

    def open_pool(password: str | None = None, **settings: float) -> ParserPool:
        limits = ParsingSettings(**{"workers": 1, **settings})
        chunking = ChunkingSettings()
        pools.append(ParserPool(limits, chunking=chunking, tokenizer=tokenizer, max_tokens=254, password=password))
        return pools[-1]

    yield open_pool
    for pool in pools:
        pool.close()


@pytest.fixture
def open_crew(tokenizer: Path) -> Iterator[OpenCrew]:
    crews: list[Crew] = []

    def open_crew(share_mb: int) -> Crew:
        settings, chunking = ParsingSettings(), ChunkingSettings()
        setup = Setup(settings=settings, share_mb=share_mb, chunking=chunking, tokenizer=tokenizer, max_tokens=254)
        crews.append(Crew(setup, stopped=lambda: False))
        return crews[-1]

    yield open_crew
    for crew in crews:
        crew.close()
        crew.drop()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A document on which Docling works for minutes."""
    path = tmp_path / "endless.tex"
    sections = "".join(f"\\section{{S{number}}} Some words.\n\n" for number in range(60_000))
    path.write_text(f"\\documentclass{{article}}\\begin{{document}}{sections}\\end{{document}}")
    return path


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.txt"
    path.write_text("The bell rings at noon.")
    return path


def _workers(process: psutil.Process | None = None) -> list[psutil.Process]:
    children = (process or psutil.Process()).children()
    return [child for child in children if "retrieval.parsing.worker" in child.cmdline()]


def _wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def _is_gone(process: psutil.Process) -> bool:
    """Whether it has ended with all its threads; its parent may not have asked for its exit code yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.NoSuchProcess:
        return True


def _resident(process: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _works(process: psutil.Process) -> bool:
    """Whether it has been at work on a document for a while, past its start."""
    return process.cpu_times().user > 2.5


def _ours(before: list[psutil.Process]) -> list[psutil.Process]:
    return [worker for worker in _workers() if worker not in before]


def test_a_document_over_its_time_is_killed_and_the_next_one_is_read(
    open_pool: OpenPool, endless: Path, good: Path
) -> None:
    outcomes = dict(open_pool(timeout_s=2).parse_all([endless, good]))
    error, document = outcomes[endless], outcomes[good]
    assert isinstance(error, ParseError)
    assert str(error).startswith("endless.tex took longer than 2 s to read.")
    assert "parsing.timeout_s" in error.hint
    assert isinstance(document, ParsedDocument)


def test_a_document_over_its_memory_fails_alone(open_pool: OpenPool, tmp_path: Path, good: Path) -> None:
    greedy = tmp_path / "greedy.txt"
    greedy.write_text("word " * 8_000_000)
    outcomes = dict(open_pool(memory_mb=650, timeout_s=60).parse_all([greedy, good]))
    error, document = outcomes[greedy], outcomes[good]
    assert isinstance(error, ParseError)
    assert "650 MiB" in str(error)
    assert isinstance(document, ParsedDocument)


@pytest.mark.parametrize(("share_mb", "last"), [(10, True), (1000, False)])
def test_a_worker_that_has_grown_past_its_share_ends(
    open_crew: OpenCrew, good: Path, share_mb: int, last: bool
) -> None:
    worker = open_crew(share_mb).put_to_work(Parse(good), alone=False)
    assert worker is not None
    assert worker.connection.recv().last == last
    if last:
        assert worker.ended() == 0
    assert worker.alive != last


def test_documents_too_large_together_are_read_one_after_the_other(open_pool: OpenPool, tmp_path: Path) -> None:
    before, pool = _workers(), open_pool(workers=2, memory_mb=1024)
    together = [tmp_path / f"{number}.txt" for number in range(2)]
    for path in together:  # the bell makes every blank of the text four bytes
        path.write_text(" " * 100_000_000 + "\N{BELL} rings at noon.")
    seen: set[int] = set()
    peak, done = 0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not done.wait(0.02):
            workers = _ours(before)
            seen.update(worker.pid for worker in workers)
            peak = max(peak, sum(_resident(worker) for worker in workers))

    looking = threading.Thread(target=look)
    looking.start()
    outcomes = [outcome for _, outcome in pool.parse_all(together)]
    done.set()
    looking.join()
    assert all(isinstance(outcome, ParsedDocument) for outcome in outcomes)
    assert len(seen) == 3
    assert peak < 1400 * 2**20


def test_who_has_to_go_for_memory() -> None:
    assert surplus({"idle": 40}, {"small": 20, "large": 40}, 100) == ()
    assert surplus({"idle": 41}, {"small": 20, "large": 40}, 100) == ["idle"]
    assert surplus({}, {"small": 20, "large": 81}, 100) == ["large"]
    assert surplus({}, {}, 100) == ()


def test_a_document_whose_worker_is_killed_is_read_again_once(open_pool: OpenPool, endless: Path, good: Path) -> None:
    before, pool = _workers(), open_pool(timeout_s=60)
    results: dict[Path, object] = {}
    reader = threading.Thread(target=lambda: results.update(pool.parse_all([endless, good])))
    reader.start()
    for _ in range(2):
        _wait_for(lambda: [worker for worker in _ours(before) if _works(worker)])
        (worker,) = _ours(before)
        worker.kill()
        _wait_for(lambda worker=worker: _is_gone(worker))  # type: ignore[misc]  # bound early on purpose
    reader.join(20)
    assert str(results[endless]).startswith("endless.tex crashed its reader (SIGKILL).")
    assert list(results) == [good, endless]
    assert isinstance(results[good], ParsedDocument)


def test_a_stopped_worker_is_ended_by_the_clock_of_the_pool(open_crew: OpenCrew, endless: Path) -> None:
    crew = open_crew(1000)
    worker = crew.put_to_work(Parse(endless), alone=False)
    assert worker is not None
    os.kill(worker.pid, signal.SIGSTOP)
    task = crew.busy[worker]
    assert task.deadline > time.monotonic() + ParsingSettings().timeout_s
    task.deadline = time.monotonic()
    with pytest.raises((EOFError, ConnectionResetError)):
        worker.connection.recv()
    assert str(task.verdict).startswith("endless.tex took longer than 120 s to read.")


def test_a_worker_killed_while_idle_costs_nothing(open_pool: OpenPool, good: Path) -> None:
    before, pool = _workers(), open_pool()
    for _ in range(2):
        ((_, outcome),) = pool.parse_all([good])
        assert isinstance(outcome, ParsedDocument)
        (worker,) = _ours(before)
        worker.kill()
        _wait_for(lambda worker=worker: _is_gone(worker))  # type: ignore[misc]  # bound early on purpose


def test_results_come_as_they_finish_and_workers_are_used_again(
    open_pool: OpenPool, endless: Path, good: Path, tmp_path: Path
) -> None:
    before, pool = _workers(), open_pool(workers=2, timeout_s=3)
    files = [tmp_path / f"{number}.md" for number in range(12)]
    for file in files:
        file.write_text(f"# {file.stem}\n\nSome words.")
    order = [path for path, _ in pool.parse_all([endless, *files])]
    assert order[-1] == endless
    assert sorted(order[:-1]) == sorted(files)
    (worker,) = _ours(before)
    assert [path for path, _ in pool.parse_all([good])] == [good]
    assert _ours(before) == [worker]


def test_paths_are_taken_only_as_workers_become_free(open_pool: OpenPool, tmp_path: Path) -> None:
    taken: list[Path] = []

    def paths() -> Iterator[Path]:
        for number in range(10):
            path = tmp_path / f"{number}.txt"
            path.write_text("Some words.")
            taken.append(path)
            yield path

    results = open_pool().parse_all(paths())
    next(results)
    assert len(taken) == 2
    assert len(list(results)) == 9


def test_cancel_ends_within_a_second(open_pool: OpenPool, endless: Path, good: Path) -> None:
    before, pool, cancel = _workers(), open_pool(), threading.Event()
    assert len(list(pool.parse_all([good]))) == 1
    threading.Timer(0.5, cancel.set).start()
    started = time.monotonic()
    assert list(pool.parse_all([endless, good], cancel=cancel)) == []
    assert time.monotonic() - started < 1.5
    assert _ours(before) == []
    assert [path for path, _ in pool.parse_all([good])] == [good]


def test_cancel_takes_effect_while_nobody_takes_results(open_pool: OpenPool, endless: Path, good: Path) -> None:
    before, pool, cancel = _workers(), open_pool(workers=2), threading.Event()
    results = pool.parse_all([good, endless, endless], cancel=cancel)
    next(results)
    busy = _ours(before)
    assert busy
    cancel.set()
    _wait_for(lambda: all(_is_gone(worker) for worker in busy), seconds=1)
    assert list(results) == []


def test_close_from_another_thread_ends_a_run_and_every_worker(open_pool: OpenPool, endless: Path) -> None:
    before, pool = _workers(), open_pool(workers=2)
    results: list[object] = []
    reader = threading.Thread(target=lambda: results.extend(pool.parse_all([endless, endless, endless])))
    reader.start()
    _wait_for(lambda: len(_ours(before)) == 2)
    pool.close()
    assert _ours(before) == []
    reader.join(2)
    assert not reader.is_alive()
    assert results == []
    assert _ours(before) == []


def test_a_run_given_up_drops_its_documents(open_pool: OpenPool, endless: Path, good: Path) -> None:
    before, pool = _workers(), open_pool(workers=2)
    results = pool.parse_all([good, endless, endless])
    next(results)
    results.close()  # type: ignore[attr-defined]  # it is a generator
    assert _ours(before) == []


def test_workers_end_with_a_killed_parent_and_leave_only_scratch(
    tokenizer: Path, endless: Path, tmp_path: Path
) -> None:
    code = (
        "from pathlib import Path; from configs.settings import ChunkingSettings, ParsingSettings;"
        "from retrieval.parsing.pool import ParserPool;"
        f"pool = ParserPool(ParsingSettings(workers=2), chunking=ChunkingSettings(),"
        f"tokenizer=Path({str(tokenizer)!r}), max_tokens=254, scratch=Path({str(tmp_path / 'data' / 'scratch')!r}));"
        f"list(pool.parse_all([Path({str(endless)!r})] * 2))"
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "TMPDIR": str(temporary)})
    try:
        _wait_for(lambda: len(_workers(psutil.Process(parent.pid))) == 2)
        workers = _workers(psutil.Process(parent.pid))
        _wait_for(lambda: all(_works(worker) for worker in workers))
        os.kill(parent.pid, signal.SIGKILL)
        _wait_for(lambda: all(_is_gone(worker) for worker in workers), seconds=5)
        assert list(temporary.iterdir()) == []
        assert len(list((tmp_path / "data" / "scratch").iterdir())) == 2
    finally:
        parent.kill()
        parent.wait()


def test_what_a_worker_has_started_ends_with_it_and_leaves_nothing_on_disk(
    open_pool: OpenPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, letter, temporary = tmp_path / "bin" / "soffice", tmp_path / "letter.rtf", tmp_path / "temporary"
    office.parent.mkdir()
    office.write_text("#!/bin/sh\nsleep 300\n")
    office.chmod(0o700)
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("PATH", f"{office.parent}{os.pathsep}{os.environ['PATH']}")
    letter.write_text("{\\rtf1 The bell rings at noon.}")
    results: list[object] = []
    before, pool = _workers(), open_pool()
    reader = threading.Thread(target=lambda: results.extend(pool.parse_all([letter])))
    reader.start()
    _wait_for(lambda: [worker for worker in _ours(before) if len(worker.children(recursive=True)) == 2])
    (worker,) = _ours(before)
    started = worker.children(recursive=True)
    assert list(temporary.glob("**/made")) or list(temporary.glob("**/document.rtf"))
    pool.close()
    _wait_for(lambda: all(_is_gone(process) for process in started), seconds=2)
    reader.join(2)
    assert results == []
    assert list(temporary.iterdir()) == []


def test_pages_are_told_in_the_thread_that_takes_the_results(open_pool: OpenPool, tmp_path: Path) -> None:
    path = write_pdf(
        tmp_path / "a.pdf", [Sheet().text(72, 400, f"The bell rang {number} times.") for number in range(60)]
    )
    told: list[tuple[Path, int, int, int]] = []
    ((_, document),) = open_pool().parse_all([path], on_page=lambda *page: told.append((*page, threading.get_ident())))
    assert isinstance(document, ParsedDocument)
    assert {(path, total, thread) for path, _, total, thread in told} == {(path, 60, threading.get_ident())}
    done = [done for _, done, _, _ in told]
    assert done == sorted(set(done))
    assert len(done) <= 10 * document.parse_s + 2


def test_documents_are_cut_again_from_what_was_kept(open_pool: OpenPool, good: Path) -> None:
    pool = open_pool(workers=2)
    ((_, document),) = pool.parse_all([good])
    assert isinstance(document, ParsedDocument)
    kept = {"one": document.docling_json, "two": document.docling_json, "bad": "{}"}
    outcomes = dict(pool.cut_all(kept.items()))
    assert outcomes["one"] == outcomes["two"] == document.chunks
    assert isinstance(outcomes["bad"], ParseError)


def test_workers_know_no_secret_and_load_no_model(
    open_pool: OpenPool, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUNDTABLE_LLM__API_KEY", "sk-secret")
    before, pool = _workers(), open_pool(password="pw-secret")
    assert len(list(pool.parse_all([good]))) == 1
    (worker,) = _ours(before)
    assert not [name for name in worker.environ() if name.startswith("ROUNDTABLE_")]
    seen = " ".join([*worker.environ().values(), *worker.cmdline(), repr(vars(pool))])
    assert "sk-secret" not in seen
    assert "pw-secret" not in seen
    loaded = " ".join(region.path for region in worker.memory_maps())
    assert not [library for library in ("libtorch", "openvino", "chromadb") if library in loaded]


def test_workers_make_way_for_whoever_searches(open_pool: OpenPool, good: Path) -> None:
    before, pool = _workers(), open_pool()
    assert len(list(pool.parse_all([good]))) == 1
    (worker,) = _ours(before)
    assert worker.nice() == psutil.Process().nice() + NICE
    session = Path(f"/proc/{worker.pid}/autogroup")
    assert not session.exists() or session.read_text().endswith(f"nice {NICE}\n")


def test_a_reader_that_cannot_start_says_why_and_is_not_tried_again(good: Path, tmp_path: Path) -> None:
    settings, chunking = ParsingSettings(workers=1), ChunkingSettings()
    with ParserPool(settings, chunking=chunking, tokenizer=tmp_path / "none.json", max_tokens=254) as pool:
        started = time.monotonic()
        outcomes = [outcome for _, outcome in pool.parse_all([good] * 50)]
        assert time.monotonic() - started < 20
    assert len(outcomes) == 50
    assert {str(outcome).partition(":")[0] for outcome in outcomes} == {"The document reader cannot start"}


def test_layout_models_that_are_not_there_are_named(
    open_pool: OpenPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCLING_ARTIFACTS_PATH", str(tmp_path / "models"))
    path = write_pdf(tmp_path / "a.pdf", [Sheet().text(72, 100, "The bell rings at noon.")])
    ((_, document),) = open_pool().parse_all([path])
    assert isinstance(document, ParsedDocument)
    assert document.parser.endswith("/pdf-geometry")
    assert document.problems[0].startswith("Read by geometry: DOCLING_ARTIFACTS_PATH is ")
