"""What the sandbox commands do, as data in and results out; loads no more than running code needs."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from agents.ports import CodeResult, Language, Session
from agents.sandbox import artifacts, open_sandbox
from agents.sandbox.client import RemoteSession, close_session, live_sessions
from agents.sandbox.following import Part
from agents.sandbox.place import Place
from configs.settings import Settings
from retrieval.errors import SourceError

READ_BYTES = 32 * 1024 * 1024
"""As much of a file is read; what is far too long is then refused as any other code is."""


def read_code(file: Path) -> str:
    """The text of a file, or with `-` of stdin. Raises SourceError when it cannot be read."""
    try:
        if file == Path("-"):
            if sys.stdin is None:
                raise SourceError("There is no stdin to read code from.", hint="Pipe it in, or name a file.")
            content = sys.stdin.buffer.read(READ_BYTES)
        else:
            with file.open("rb") as opened:
                content = opened.read(READ_BYTES)
        return content.decode("utf-8-sig", "ignore" if len(content) == READ_BYTES else "strict")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SourceError(f"{file} cannot be read as text ({reason}).", hint="Give a UTF-8 text file.") from error


def language_of(file: Path) -> Language:
    """By the file's name."""
    return "sh" if file.suffix.lower() == ".sh" else "python"


def run_alone(
    settings: Settings, code: str, *, language: Language, timeout_s: float | None, keep: Path | None
) -> CodeResult:
    """Run a program, leaving no process behind; its files go to `keep`, else to a new folder of the data directory."""
    keep = keep.absolute() if keep else settings.home / "artifacts" / uuid4().hex[:12]
    with closing(open_sandbox(_cold(settings).sandbox)) as sandbox:
        if language == "python":
            return sandbox.run(code, timeout_s=timeout_s, keep=keep)
        with closing(sandbox.session(keep=keep)) as session:
            return session.run(code, language=language, timeout_s=timeout_s)


def run_in_session(
    settings: Settings, session_id: str, code: str, *, language: Language, timeout_s: float | None, keep: Path | None
) -> CodeResult:
    """Run a cell in a session that lives on; with `keep` the files it made are moved there."""
    result = remote_session(settings, session_id).run(code, language=language, timeout_s=timeout_s)
    return _moved(result, keep.absolute()) if keep and result.artifacts else result


def remote_session(settings: Settings, session_id: str) -> RemoteSession:
    """The session of that ID, started when it is used. Raises SandboxSessionRefused."""
    return RemoteSession(Place.within(settings.home, session_id), settings.sandbox)


def local_session(settings: Settings) -> Session:
    """A session that ends with this process."""
    sandbox = open_sandbox(_cold(settings).sandbox)
    return sandbox.session(keep=settings.home / "artifacts" / uuid4().hex[:12])


def sessions(settings: Settings) -> dict[str, Any]:
    """The sessions that live on."""
    return {"sessions": [asdict(session) for session in live_sessions(settings.home)]}


def close(settings: Settings, session_id: str) -> dict[str, Any]:
    """End one. Raises SandboxSessionGone."""
    close_session(Place.within(settings.home, session_id))
    return {"closed": session_id}


def _cold(settings: Settings) -> Settings:
    """Nothing is kept warm for a second session that will not come."""
    return settings.model_copy(update={"sandbox": settings.sandbox.model_copy(update={"warm": 0})})


def _moved(result: CodeResult, folder: Path) -> CodeResult:
    sources = [Path(artifact["path"]) for artifact in result.artifacts]
    try:
        parts = {path.name: Part(content=bytearray(path.read_bytes())) for path in sources}
        moved = artifacts.keep(parts, folder)
    except OSError as error:
        problem = f"The files it made cannot be kept in {folder} ({error.strerror}); they stay where they are."
        return replace(result, stderr="\n".join([*([result.stderr.rstrip("\n")] if result.stderr else []), problem]))
    for path in sources:
        path.unlink(missing_ok=True)
    return replace(result, artifacts=moved)
