"""Reads a dataset folder: `corpus.jsonl`, `queries.jsonl`, `qrels.tsv`."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retrieval.errors import DatasetError
from retrieval.evaluation.metrics import Grades


@dataclass(frozen=True)
class Record:
    """One document of the corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Documents, the queries that have judgements, and the judgements by query id."""

    name: str
    corpus: tuple[Record, ...]
    queries: tuple[tuple[str, str], ...]
    qrels: dict[str, Grades]


def load_dataset(folder: Path) -> Dataset:
    """Raises DatasetError naming the file and line that is missing or malformed."""
    if not folder.is_dir():
        raise DatasetError(
            f"The dataset folder {folder} does not exist.", hint="Give a folder with corpus.jsonl in it."
        )
    qrels = _qrels(folder / "qrels.tsv")
    queries = [(q["_id"], q["text"]) for q in _lines(folder / "queries.jsonl", ("_id", "text")) if q["_id"] in qrels]
    if not queries:
        raise DatasetError(f"No query of {folder / 'queries.jsonl'} has a judgement in qrels.tsv.")
    records = _lines(folder / "corpus.jsonl", ("_id", "text"))
    return Dataset(
        name=folder.resolve().name,
        corpus=tuple(Record(r["_id"], r.get("title") or "", r["text"]) for r in records),
        queries=tuple(queries),
        qrels=qrels,
    )


def _lines(path: Path, fields: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_read(path).splitlines(), start=1):
        try:
            record = json.loads(line)
            if not all(isinstance(record[name], str) for name in fields):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            raise DatasetError(
                f"Line {number} of {path} is not a JSON object with the texts {', '.join(fields)}."
            ) from None
        yield record


def _qrels(path: Path) -> dict[str, Grades]:
    qrels: dict[str, dict[str, float]] = {}
    for number, row in enumerate(csv.reader(_read(path).splitlines()[1:], delimiter="\t"), start=2):
        try:
            query, document, grade = row
            qrels.setdefault(query, {})[document] = float(grade)
        except ValueError:
            raise DatasetError(
                f"Line {number} of {path} is not: query id, document id, grade, separated by tabs."
            ) from None
    return {query: grades for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DatasetError(
            f"The dataset file {path} cannot be read ({error.strerror}).",
            hint="A dataset folder holds corpus.jsonl, queries.jsonl and qrels.tsv.",
        ) from None
