"""Worker processes: killed on their limits, replaced, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from configs.settings import ParsingSettings
from retrieval.errors import ParseError
from retrieval.parsing.pool import ParserPool
from retrieval.types import ParsedDocument
from tests.retrieval.parsing.sheets import Sheet, write_pdf

ROOT = Path(__file__).resolve().parents[3]
OpenPool = Callable[..., ParserPool]


@pytest.fixture
def open_pool(tokenizer: Path) -> Iterator[OpenPool]:
    pools: list[ParserPool] = []

    def open_pool(**settings: float) -> ParserPool:
        pools.append(ParserPool(ParsingSettings(**{"workers": 1, **settings}), tokenizer=tokenizer, max_tokens=254))
        return pools[-1]

    yield open_pool
    for pool in pools:
        pool.close()


@pytest.fixture
def endless(tmp_path: Path) -> Path:
    """A web page on which Docling works for minutes."""
    path = tmp_path / "endless.html"
    path.write_text("<html><body>" + "<div>" * 20_000 + "text" + "</div>" * 20_000)
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
    assert str(error).startswith("endless.html took longer than 2 s to read.")
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


def test_a_worker_that_has_grown_is_replaced(open_pool: OpenPool, tmp_path: Path, good: Path) -> None:
    before, pool = _workers(), open_pool()
    assert isinstance(dict(pool.parse_all([good]))[good], ParsedDocument)
    first = _ours(before)
    large = tmp_path / "large.txt"
    large.write_text("a " * 1_300_000)
    outcomes = dict(pool.parse_all([large, good]))
    assert all(isinstance(outcome, ParsedDocument) for outcome in outcomes.values())
    assert len(_ours(before)) == 1
    assert _ours(before) != first


def test_a_worker_killed_in_the_middle_costs_one_document(open_pool: OpenPool, endless: Path, good: Path) -> None:
    before = _workers()
    results: dict[Path, object] = {}
    reader = threading.Thread(target=lambda: results.update(open_pool().parse_all([endless, good])))
    reader.start()
    _wait_for(lambda: _ours(before))
    (worker,) = _ours(before)
    _wait_for(lambda: _works(worker))
    worker.kill()
    reader.join(20)
    assert str(results[endless]).startswith("endless.html crashed its reader (SIGKILL).")
    assert isinstance(results[good], ParsedDocument)


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


def test_workers_end_with_a_parent_that_is_killed(tokenizer: Path, endless: Path) -> None:
    code = (
        "from pathlib import Path; from configs.settings import ParsingSettings;"
        "from retrieval.parsing.pool import ParserPool;"
        f"pool = ParserPool(ParsingSettings(workers=2), tokenizer=Path({str(tokenizer)!r}), max_tokens=254);"
        f"list(pool.parse_all([Path({str(endless)!r})] * 2))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    try:
        _wait_for(lambda: len(_workers(psutil.Process(parent.pid))) == 2)
        workers = _workers(psutil.Process(parent.pid))
        _wait_for(lambda: all(_works(worker) for worker in workers))
        os.kill(parent.pid, signal.SIGKILL)
        _wait_for(lambda: all(_is_gone(worker) for worker in workers), seconds=5)
    finally:
        parent.kill()
        parent.wait()


def test_workers_know_no_secret_and_load_no_model(
    open_pool: OpenPool, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROUNDTABLE_LLM__API_KEY", "sk-secret")
    before, pool = _workers(), open_pool()
    assert len(list(pool.parse_all([good]))) == 1
    (worker,) = _ours(before)
    assert not [name for name in worker.environ() if name.startswith("ROUNDTABLE_")]
    assert "sk-secret" not in " ".join([*worker.environ().values(), *worker.cmdline()])
    loaded = " ".join(region.path for region in worker.memory_maps())
    assert not [library for library in ("libtorch", "openvino", "chromadb") if library in loaded]


def test_a_reader_that_cannot_start_says_why(good: Path, tmp_path: Path) -> None:
    with ParserPool(ParsingSettings(workers=1), tokenizer=tmp_path / "none.json", max_tokens=254) as pool:
        ((_, outcome),) = pool.parse_all([good])
    assert str(outcome).startswith("The document reader cannot start: ")


def test_layout_models_that_are_not_there_are_named(
    open_pool: OpenPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCLING_ARTIFACTS_PATH", str(tmp_path / "models"))
    path = write_pdf(tmp_path / "a.pdf", [Sheet().text(72, 100, "The bell rings at noon.")])
    ((_, document),) = open_pool().parse_all([path])
    assert isinstance(document, ParsedDocument)
    assert document.parser.endswith("/pdf-geometry")
    assert document.problems[0].startswith("Read by geometry: DOCLING_ARTIFACTS_PATH is ")
