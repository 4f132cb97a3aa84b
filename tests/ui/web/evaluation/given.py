"""What the tests of the evaluation tab begin with."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import NamedTuple

from agents.app import App

FILES = {
    "corpus.jsonl": "".join(
        json.dumps({"_id": f"d{number}", "title": title, "text": f"All about {title}."}) + "\n"
        for number, title in enumerate(("harbours", "lighthouses", "tide tables"))
    ),
    "queries.jsonl": '{"_id":"q1","text":"when are the tides"}\n{"_id":"q2","text":"lighthouses"}\n',
    "qrels.tsv": "query\tdoc\tscore\nq1\td2\t1\nq2\td1\t1\n",
}
"""A dataset."""


class Here(NamedTuple):
    """Where the page is served, the application behind it and its data directory."""

    url: str
    app: App
    home: Path


def zipped(path: Path, files: dict[str, str]) -> Path:
    """A ZIP of texts by their names."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path
