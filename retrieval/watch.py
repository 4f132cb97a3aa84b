"""Tells when documents change on disk, once each burst of changes has settled."""

from __future__ import annotations

import os
import stat
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from watchfiles import watch as changes_below
from watchfiles.main import FileChange

from retrieval.errors import SourceError
from retrieval.locations import is_hidden

_QUIET_S = 0.4
"""A burst has settled when nothing has changed for this long; as often the paths themselves are looked at."""

_LONGEST_S = 10.0
"""A burst that does not settle, as of a file that is always written, is told of this often."""

_STEP_MS = 50


def watch(paths: Sequence[str | Path], *, stop: threading.Event, private: Path | None = None) -> Iterator[None]:
    """Yield after each burst of changes at or below `paths`, until `stop` is set.

    Hidden files do not count, nor does what is below `private`.

    Watching begins with the call, so that nothing is lost before the first step. A path that vanishes or comes back
    has changed. Raises SourceError when the system refuses to watch a folder.
    """
    watching = _Watching([Path(os.path.abspath(path)) for path in paths], stop, private)  # noqa: PTH100 - keeps links
    watching.changed()
    return _bursts(watching, stop)


def _bursts(watching: _Watching, stop: threading.Event) -> Iterator[None]:
    first = last = 0.0
    while not stop.is_set():
        changed, now = watching.changed(), time.monotonic()
        if changed:
            first, last = first or now, now
        if first and (now - last >= _QUIET_S or now - first >= _LONGEST_S):
            first = 0.0
            yield


class _Watching:
    """The system watches the folders; the paths themselves are polled, for a watch ends with the folder it is on."""

    def __init__(self, paths: Sequence[Path], stop: threading.Event, private: Path | None) -> None:
        self._paths, self._stop, self._private = paths, stop, private and private.resolve()
        self._bases = {base for path in paths for base in (path, path.resolve())}
        self._states = [_state(path) for path in paths]
        self._watched: dict[Path, _State] = {}
        self._changes: Iterator[set[FileChange]] = iter(())

    def changed(self) -> bool:
        """Wait for a change, at most `_QUIET_S`; whether there was one."""
        before, self._states = self._states, [_state(path) for path in self._paths]
        folders = {path: state for path, state in zip(self._paths, self._states, strict=True) if state.is_folder}
        if folders != self._watched:
            self._watched, self._changes = folders, self._open(folders)
        paths = self._next()
        if not self._watched.keys().isdisjoint(paths):
            self._watched = {}
        return self._states != before or any(self._counts(path) for path in paths)

    def _open(self, folders: Iterable[Path]) -> Iterator[set[FileChange]]:
        return changes_below(
            *folders,
            watch_filter=None,
            step=_STEP_MS,
            stop_event=self._stop,
            rust_timeout=int(_QUIET_S * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )

    def _next(self) -> list[Path]:
        if not self._watched:
            self._stop.wait(_QUIET_S)
            return []
        try:
            return [Path(path) for _, path in next(self._changes, ())]
        except (FileNotFoundError, RuntimeError):  # the latter is how the library says that its watch broke
            self._watched = {}
            return list(self._paths)
        except OSError as error:
            raise SourceError(
                f"The folders cannot be watched: {error}.",
                hint="Watch fewer folders, or raise the system's limit (fs.inotify.max_user_watches on Linux).",
            ) from error

    def _counts(self, path: Path) -> bool:
        """Whether a path is one that `discover` finds; the names above the paths given do not matter."""
        if self._private and path.resolve().is_relative_to(self._private):
            return False
        inside = [path.relative_to(base).parts for base in self._bases if path.is_relative_to(base)]
        return any(not any(map(is_hidden, parts)) for parts in inside)


@dataclass(frozen=True)
class _State:
    """What tells a file from what it was (identity, time, size), and a folder from another in its place."""

    is_folder: bool = False
    parts: tuple[int, ...] = ()


def _state(path: Path) -> _State:
    try:
        status = path.stat()
    except OSError:
        return _State()
    identity = (status.st_dev, status.st_ino)
    if stat.S_ISDIR(status.st_mode):
        return _State(True, identity)
    return _State(False, (*identity, status.st_mtime_ns, status.st_size))
