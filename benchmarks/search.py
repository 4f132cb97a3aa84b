"""What a search costs in a cold process, and warm, over the index that `eval` keeps of a dataset.

python main.py --data-dir DIR eval DATASET_DIR --strategy hybrid
python -m benchmarks.search DIR DATASET_DIR
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from configs.settings import load_settings
from retrieval.evaluation.corpus import index_folder
from retrieval.evaluation.dataset import load_dataset
from retrieval.library import Library

ROOT = Path(__file__).resolve().parents[1]


def cold(home: Path, query: str) -> float:
    """Seconds of one `search` command, from start to exit."""
    command = [sys.executable, "main.py", "--data-dir", str(home), "search", query, "--kb", "corpus", "--json"]
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


def warm(home: Path, queries: list[str]) -> dict[str, Any]:
    """Milliseconds per search in one process, and of its stages."""
    library = Library(load_settings(data_dir=home), exclusive=True, command="benchmark")
    kb = library.open("corpus")
    kb.search(queries[0])
    times: list[float] = []
    stages: dict[str, list[float]] = {}
    for query in queries:
        started = time.perf_counter()
        result = kb.search(query)
        times.append((time.perf_counter() - started) * 1000)
        for number, step in enumerate(result.steps):
            stages.setdefault(f"{number} {step.name}", []).append(step.ms)
    library.close()
    ordered = sorted(times)
    return {
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
        "stages_p50_ms": {name: round(statistics.median(ms), 2) for name, ms in stages.items()},
    }


if __name__ == "__main__":
    _dataset = load_dataset(Path(sys.argv[2]))
    _home = index_folder(Path(sys.argv[1]), Path(sys.argv[2]))
    _queries = [text for _, text in _dataset.queries]
    _cold = [round(cold(_home, query), 2) for query in _queries[:5]]
    print(json.dumps({"cold_s": _cold, "warm": warm(_home, _queries[:300])}, indent=1))
