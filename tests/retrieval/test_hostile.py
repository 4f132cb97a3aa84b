"""A folder as nobody should send it: what is good is found, what is bad is refused with a reason, and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import pytest

from configs.settings import Settings, load_settings
from retrieval.library import Library
from retrieval.locations import as_text
from tests.retrieval.hostile import Case, HostileFolder, long_pdf, tiny_files

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 3 * 2**30
PYTHON_WORDS = re.compile(r"Traceback|Error\(|Exception|<class|object at 0x|\bNone\b|errno|[a-z]Error\b", re.IGNORECASE)
INGEST = """
import json, sys
from pathlib import Path
from configs.settings import load_settings
from retrieval.library import Library

def tell(outcome, done, total):
    print(json.dumps(outcome.as_dict()), flush=True)

library = Library(load_settings(data_dir=Path(sys.argv[1])), exclusive=True)
library.create("default").ingest([Path(sys.argv[2])], progress=tell)
library.close()
"""


@dataclass
class Run:
    """An ingest in a process of its own: what it told, how long it took, the most memory its tree ever had."""

    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0
    peak: int = 0
    exit_code: int | None = None
    errors: str = ""
    pids: set[int] = field(default_factory=set)


def _nothing(_: Run) -> None:
    pass


def _ingest(
    home: Path, folder: Path, *, bound: float, timeout: float, meanwhile: Callable[[Run], None] = _nothing
) -> Run:
    """Ingest `folder`, `timeout` seconds for a document and `bound` in all, doing `meanwhile` again and again."""
    run, started = Run(), time.monotonic()
    environment = {**os.environ, "ROUNDTABLE_PARSING__TIMEOUT_S": str(timeout)}
    with (home.parent / "errors.txt").open("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", INGEST, home, folder],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        reader = threading.Thread(target=_listen, args=(process, run))
        reader.start()
        while process.poll() is None and time.monotonic() - started < bound:
            _measure(psutil.Process(process.pid), run)
            meanwhile(run)
            time.sleep(0.05)
        run.exit_code, run.seconds = process.poll(), time.monotonic() - started
        process.kill()
        process.wait()
        reader.join()
        errors.seek(0)
        run.errors = errors.read()
    return run


def _listen(process: subprocess.Popen[bytes], run: Run) -> None:
    assert process.stdout
    with process.stdout:
        for line in process.stdout:
            outcome = json.loads(line)
            run.outcomes[outcome["source"]] = outcome


def _measure(process: psutil.Process, run: Run) -> None:
    held = 0
    with suppress(psutil.NoSuchProcess):
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                held += member.memory_info().rss
                run.pids.add(member.pid)
    run.peak = max(run.peak, held)


def _survivors(run: Run) -> list[int]:
    """Processes of the ingest that are still there; those that end within a moment are none."""
    gone_by = time.monotonic() + 2
    while (left := [pid for pid in run.pids if psutil.pid_exists(pid)]) and time.monotonic() < gone_by:
        time.sleep(0.05)
    return left


@contextmanager
def _web() -> Iterator[tuple[int, list[str]]]:
    """A web server on this machine: its port, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1], asked
    server.shutdown()
    server.server_close()


@contextmanager
def _library(home: Path) -> Iterator[Library]:
    library = Library(load_settings(data_dir=home), exclusive=False)
    yield library
    library.close()


def _sources(library: Library, sentence: str) -> set[str]:
    hits = library.open("default").search(sentence, k=3).hits
    return {
        source for hit in hits if sentence in hit.chunk.text for source in (hit.document.source, *hit.document.copies)
    }


def _texts(library: Library, sentence: str) -> list[str]:
    return [hit.chunk.text[:80] for hit in library.open("default").search(sentence, k=3).hits]


def _is_human(reason: str) -> bool:
    return "\n" not in reason and reason.strip().endswith(".") and not PYTHON_WORDS.search(reason)


def _wrong(case: Case, source: str, run: Run, library: Library) -> str:
    """What is not as it should be with a case; empty when all is."""
    outcome = run.outcomes.get(source)
    if case.fate == "unseen":
        told = outcome is not None and not source.endswith(".zip")
        return f"{source!r} was looked at: {outcome}" if told or (case.says and _sources(library, case.says)) else ""
    if outcome is None:
        return f"{source!r} was not told of"
    if outcome["status"] == "failed" and not _is_human(outcome["error"] or ""):
        return f"{source!r}: no reason for people: {outcome['error']!r}"
    if outcome["status"] not in {"found": ["indexed"], "refused": ["failed"]}.get(case.fate, ["indexed", "failed"]):
        return f"{source!r} should be {case.fate}: {outcome}"
    if case.fate == "found" and source not in _sources(library, case.says):
        return f"{source!r} is not found by its sentence {case.says!r}: {_texts(library, case.says)}"
    return ""


@pytest.mark.timeout(400)
def test_a_hostile_folder(tmp_path: Path, settings: Settings) -> None:
    with _web() as (port, asked):
        folder = HostileFolder(tmp_path, port=port)

        def meanwhile(run: Run) -> None:
            if run.outcomes:
                folder.vanishing.unlink(missing_ok=True)
                with folder.growing.open("a") as file:
                    file.write("One more line.\n\n")

        run = _ingest(settings.home, folder.root, bound=180, timeout=10, meanwhile=meanwhile)
        folder.growing.write_text("# Keys\n\nThe ocelot came last of all.\n")
        again = _ingest(settings.home, folder.root, bound=120, timeout=10)
        folder.close()
        with urlopen(f"http://127.0.0.1:{port}/control") as answer:
            assert answer.status == 204
        assert asked == ["/control"]
    assert (run.exit_code, again.exit_code) == (0, 0), run.errors + again.errors
    with _library(settings.home) as library:
        wrong = [_wrong(case, as_text(f"{folder.root}/{case.name}"), run, library) for case in folder.cases]
        assert not any(wrong), "\n".join(filter(None, wrong))
        assert as_text(folder.growing) in _sources(library, "The ocelot came last of all.")
        assert not _sources(library, "This document will not stay.")
        assert library.open("default").verify().ok
    assert len(folder.cases) >= 40
    assert _survivors(run) + _survivors(again) == []
    assert max(run.peak, again.peak) < MEMORY


@pytest.mark.timeout(600)
@pytest.mark.parametrize("files", [1_000, pytest.param(10_000, marks=pytest.mark.endurance)])
def test_thousands_of_tiny_files_and_a_long_document(tmp_path: Path, settings: Settings, files: int) -> None:
    folder = tmp_path / "documents"
    count = sum(1 for _ in tiny_files(folder, files))
    long_pdf(folder / "ledger.pdf", 300)
    run = _ingest(settings.home, folder, bound=500, timeout=300)
    assert run.exit_code == 0, run.errors
    assert len(run.outcomes) == count + 1
    assert [outcome for outcome in run.outcomes.values() if outcome["status"] != "indexed"] == []
    with _library(settings.home) as library:
        kb = library.open("default")
        for number in (0, files // 2 + 1, files - 1):
            found = kb.search(f"Key {number}", strategy="lexical", k=1).hits[0].document.source
            assert Path(found).name == f"{number:05}.md"
        assert kb.search("ledger299", strategy="lexical", k=1).hits[0].chunk.page == 300
    assert _survivors(run) == []
    assert run.peak < MEMORY
