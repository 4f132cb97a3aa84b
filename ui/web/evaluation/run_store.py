"""Keeps runs, a folder each: `run.json`, `questions.json` and one file per strategy that was finished."""

from __future__ import annotations

import json
import logging
import re
import secrets
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ui.web.evaluation.errors import UnknownEvaluation
from ui.web.evaluation.files import write_whole
from ui.web.evaluation.records import Asked, Found, Head, Record, Results

log = logging.getLogger(__name__)

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{8}")
_UNREADABLE = (OSError, ValueError, KeyError, TypeError)


def new_id(now: float) -> str:
    """A name for a run that begins now."""
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(now))}-{secrets.token_hex(4)}"


class RunStore:
    """The runs below a folder. `is_live` knows the run that is under way: a running one that is not was cut short."""

    def __init__(self, folder: Path, *, is_live: Callable[[str], bool]) -> None:
        self._folder, self._is_live = folder, is_live

    def heads(self) -> list[Head]:
        """All runs, newest first; one that cannot be read is left out."""
        folders = self._folder.iterdir() if self._folder.is_dir() else ()
        heads = [head for path in folders if _ID.fullmatch(path.name) and (head := self._readable(path.name))]
        return sorted(heads, key=lambda head: (head.started, head.id), reverse=True)

    def head(self, run_id: str) -> Head:
        """Raises UnknownEvaluation for a run that is not kept."""
        head = self._readable(run_id) if _ID.fullmatch(run_id) else None
        if head is None:
            raise UnknownEvaluation("This run is no longer kept.", hint="Choose another run.")
        return head

    def record(self, run_id: str) -> Record:
        """A run with the results of its finished strategies. Raises UnknownEvaluation for one that is not kept."""
        head = self.head(run_id)
        try:
            asked = tuple(Asked(**question) for question in self._read(run_id, "questions.json"))
            files = {strategy: self._read(run_id, _file(strategy)) for strategy in head.finished}
        except _UNREADABLE as error:
            log.warning("The run %s cannot be read: %s", run_id, error)
            raise UnknownEvaluation("The files of this run cannot be read.", hint="Delete it and run again.") from None
        titles = {name: title for file in files.values() for name, title in file["titles"].items()}
        found = {strategy: _results(file["found"]) for strategy, file in files.items()}
        return Record(head=head, asked=asked, found=found, titles=titles)

    def begin(self, head: Head, asked: Sequence[Asked]) -> None:
        """Keep a run from its beginning."""
        self._write(head.id, "questions.json", [vars(question) for question in asked])
        self.put(head)

    def put(self, head: Head) -> None:
        """Keep where a run stands."""
        self._write(head.id, "run.json", head.as_dict())

    def finish(self, head: Head, strategy: str, results: Results, titles: Mapping[str, str]) -> Head:
        """Keep what a strategy found; returns the head that says so."""
        found = {key: vars(result) for key, result in results.items()}
        self._write(head.id, _file(strategy), {"titles": dict(titles), "found": found})
        done = replace(head, finished=(*head.finished, strategy))
        self.put(done)
        return done

    def delete(self, run_id: str) -> None:
        """Remove a run. Raises UnknownEvaluation for one that is not kept."""
        self.head(run_id)
        path = self._folder / run_id
        leaving = path.rename(path.with_name(f".{run_id}"))
        shutil.rmtree(leaving, ignore_errors=True)

    def _readable(self, run_id: str) -> Head | None:
        try:
            head = Head.from_dict(self._read(run_id, "run.json"))
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            log.warning("The run %s cannot be read: %s", run_id, error)
            return None
        return replace(head, state="interrupted") if head.state == "running" and not self._is_live(run_id) else head

    def _read(self, run_id: str, name: str) -> Any:
        return json.loads((self._folder / run_id / name).read_text(encoding="utf-8"))

    def _write(self, run_id: str, name: str, document: Any) -> None:
        write_whole(self._folder / run_id / name, json.dumps(document))


def _file(strategy: str) -> str:
    return f"found-{strategy}.json"


def _results(document: Mapping[str, Mapping[str, Any]]) -> Results:
    return {key: Found(**{**found, "ranking": tuple(found["ranking"])}) for key, found in document.items()}
