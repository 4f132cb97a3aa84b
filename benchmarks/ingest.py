"""How close an ingest comes to the time of embedding alone, what a second one costs, and the memory of both.

    python -m benchmarks.ingest DATASET_DIR

The corpus is written out as files and ingested by the command line into an empty data directory; then the same chunks
are embedded alone by the same backend in a process of their own; then the folder, unchanged, is ingested again.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from retrieval.evaluation.corpus import write_corpus
from retrieval.evaluation.dataset import load_dataset

ROOT = Path(__file__).resolve().parents[1]
EMBED_ALONE = """
import sys, time
from pathlib import Path
from configs.settings import load_settings
from retrieval.library import Library
library = Library(load_settings(data_dir=Path(sys.argv[1])), exclusive=True)
kb = library.open("default")
texts = [chunk.embedded_text for document in kb.documents() for chunk in kb.chunks(document.id)]
kb.embedder.embed(["ready"])
started = time.perf_counter()
for start in range(0, len(texts), 96):
    kb.embedder.embed(texts[start : start + 96])
print(time.perf_counter() - started)
"""


def run(command: list[str]) -> tuple[str, float, float]:
    """Standard output, wall seconds and peak memory (MiB, proportional set size) of a process with its children."""
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    peak, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not ended.wait(0.25):
            peak = max(peak, tree_mib(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.perf_counter()
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    ended.set()
    watcher.join()
    return output, seconds, peak


def tree_mib(pid: int) -> float:
    """Memory of a process and everything under it, shared pages counted once."""
    total = 0
    try:
        for process in (parent := psutil.Process(pid), *parent.children(recursive=True)):
            total += process.memory_full_info().pss
    except psutil.Error:
        pass
    return total / 2**20


def measure(dataset: Path, folder: Path) -> dict[str, Any]:
    """All figures of one dataset."""
    home = folder / "data"
    write_corpus(load_dataset(dataset).corpus, folder / "corpus")
    ingest = [sys.executable, "main.py", "--data-dir", str(home), "ingest", str(folder / "corpus"), "--json"]
    output, first_s, peak = run(ingest)
    report = json.loads(output)
    alone = float(run([sys.executable, "-c", EMBED_ALONE, str(home)])[0])
    _, second_s, _ = run(ingest)
    return {
        "dataset": dataset.name,
        "documents": len(report["documents"]),
        "chunks": report["chunks_total"],
        "ingest_s": round(report["seconds"], 1),
        "process_s": round(first_s, 1),
        "embedding_alone_s": round(alone, 1),
        "ingest / embedding alone": round(report["seconds"] / alone, 3),
        "chunks_per_s": round(report["chunks_total"] / report["seconds"], 1),
        "second_process_s": round(second_s, 2),
        "second / first": round(second_s / first_s, 4),
        "peak_mib": round(peak),
        "stage_seconds": report["stage_seconds"],
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        print(json.dumps(measure(Path(sys.argv[1]), Path(temporary)), indent=1))
