"""What a large folder costs when little or nothing changed in it, and searches while it is read.

    python -m benchmarks.living [DOCUMENTS]

A folder of generated notes (5,000 by default) is ingested by the command line; then again unchanged, with one note
edited, and with one deleted: wall seconds of each whole command. Then 1,000 other documents are ingested in a process
that answers searches all the while: milliseconds at the 50th and 95th percentile, beside those of the same searches
when nothing else happens. No search may show a document of which only a part is there.
"""

from __future__ import annotations

import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from configs.settings import load_settings
from retrieval.knowledge_base import KnowledgeBase
from retrieval.library import Library

ROOT = Path(__file__).resolve().parents[1]
WORDS = (
    "harbour",
    "tide",
    "lantern",
    "archive",
    "engine",
    "copper",
    "ledger",
    "orchard",
    "glacier",
    "signal",
    "voyage",
)
SECTIONS = 3


def write_notes(folder: Path, numbers: range) -> None:
    """Notes of three sections of some sixty words, each a chunk of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        words = random.Random(number)
        text = [f"# Note {number}"]
        for section in range(SECTIONS):
            body = " ".join(words.choice(WORDS) for _ in range(60))
            text.append(f"## Section {section}\n\nNote {number}, section {section}: {body}.")
        (folder / f"{number:05}.md").write_text("\n\n".join(text) + "\n")


def command(home: Path, *arguments: str) -> tuple[float, dict[str, Any]]:
    """Wall seconds of one command, and its document."""
    started = time.perf_counter()
    line = [sys.executable, "main.py", "--data-dir", str(home), *arguments, "--json"]
    done = subprocess.run(line, cwd=ROOT, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, json.loads(done.stdout)


def unchanged_edited_deleted(home: Path, folder: Path) -> dict[str, float]:
    """Seconds of each command over a folder that is ingested already."""
    seconds = {"unchanged": min(command(home, "ingest", str(folder))[0] for _ in range(2))}
    edited = folder / "00042.md"
    edited.write_text("# Note 42\n\nThe zeppelin of note 42 lands at noon.\n")
    seconds["one edited"], _ = command(home, "ingest", str(folder))
    assert command(home, "search", "zeppelin", "--strategy", "lexical")[1]["hits"][0]["source"].endswith("00042.md")
    edited.unlink()
    seconds["one deleted"], _ = command(home, "ingest", str(folder))
    assert not command(home, "search", "zeppelin", "--strategy", "lexical")[1]["hits"]
    dense = command(home, "search", "The zeppelin of note 42 lands at noon", "--strategy", "dense", "-k", "50")[1]
    assert not [hit for hit in dense["hits"] if hit["source"].endswith("00042.md")]
    return {name: round(value, 2) for name, value in seconds.items()}


def search_for(kb: KnowledgeBase, stop: threading.Event, seconds: float) -> tuple[list[float], int]:
    """Milliseconds of searches, one after the other with a pause, and how many showed a part of a document."""
    times, halves, end = [], 0, time.monotonic() + seconds
    numbers = random.Random(0)
    while not stop.is_set() and time.monotonic() < end:
        number = numbers.randrange(100_000, 101_000)
        started = time.perf_counter()
        hits = kb.search(f"Note {number} section harbour {numbers.choice(WORDS)}", k=10).hits
        times.append((time.perf_counter() - started) * 1000)
        for document in {hit.document.id for hit in hits}:
            sections = [re.findall(r"section (\d)", chunk.text)[0] for chunk in kb.chunks(document)]
            halves += len(sections) not in (0, SECTIONS)
        time.sleep(0.02)
    return times, halves


def while_ingesting(home: Path, folder: Path) -> dict[str, Any]:
    """Searches idle and during an ingest of 1,000 documents."""
    library = Library(load_settings(data_dir=home), exclusive=True, command="benchmark")
    kb, ended = library.open("default"), threading.Event()
    kb.search("warm up")
    idle, _ = search_for(kb, ended, 8)
    found: list[tuple[list[float], int]] = []
    searching = threading.Thread(target=lambda: found.append(search_for(kb, ended, 600)))
    searching.start()
    started = time.perf_counter()
    kb.ingest([folder])
    seconds = time.perf_counter() - started
    ended.set()
    searching.join()
    library.close()
    busy, halves = found[0]
    figures = {"idle": _percentiles(idle), "during ingest": _percentiles(busy)}
    ratio = figures["during ingest"]["p95_ms"] / figures["idle"]["p95_ms"]
    return {**figures, "p95 ratio": round(ratio, 2), "half documents": halves, "ingest_s": round(seconds, 1)}


def _percentiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return {"searches": len(times), "p50_ms": round(statistics.median(times), 1), "p95_ms": round(p95, 1)}


if __name__ == "__main__":
    _count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as _folder:
        _home, _notes, _more = Path(_folder) / "data", Path(_folder) / "notes", Path(_folder) / "more"
        write_notes(_notes, range(_count))
        _first, _ = command(_home, "ingest", str(_notes))
        _figures: dict[str, Any] = {"documents": _count, "first": round(_first, 1)}
        _figures["seconds"] = unchanged_edited_deleted(_home, _notes)
        write_notes(_more, range(100_000, 101_000))
        _figures["searches"] = while_ingesting(_home, _more)
        print(json.dumps(_figures, indent=1))
