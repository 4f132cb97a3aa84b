"""A sandbox session as AutoGen wants a code executor: `code_execution_config={"executor": SandboxExecutor.open()}`."""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from autogen.code_utils import CODE_BLOCK_PATTERN, content_str
from autogen.coding import MarkdownCodeExtractor
from autogen.coding.base import CodeBlock, CodeExtractor, IPythonCodeResult

from agents.ports import CodeResult, Language, Session
from agents.sandbox.choose import open_sandbox
from agents.sandbox.output import plain
from agents.sandbox.remarks import remarks
from configs.errors import AppError
from configs.settings import SandboxSettings, load_settings

OUTPUT_CHARS = 20_000
EXIT_CODES = {"ok": 0, "error": 1, "timeout": 124, "killed": 137, "refused": 1}
"""By status, where the code itself gave none; 124 and 137 are what a shell says of such endings."""

LANGUAGES: dict[str, Language] = {
    **dict.fromkeys(("python", "py", "python3", "ipython"), "python"),
    **dict.fromkeys(("sh", "bash", "shell"), "sh"),
}
NOTHING = "There is no code to run."
CLOSED = "The code executor is closed; open a new one."


class _Closable(Protocol):
    def close(self) -> None: ...


class SandboxCodeExtractor(MarkdownCodeExtractor):  # type: ignore[misc]  # AutoGen is untyped
    """AutoGen's extractor, which compiles a block that names no language and raises when that is not possible."""

    def extract_code_blocks(self, message: Any) -> list[CodeBlock]:
        """The fenced blocks of a message."""
        try:
            blocks: list[CodeBlock] = super().extract_code_blocks(message)
        except (ValueError, MemoryError, RecursionError, OverflowError):
            found = re.findall(CODE_BLOCK_PATTERN, content_str(message), flags=re.DOTALL)
            blocks = [CodeBlock(code=code, language=language or "python") for language, code in found]
        return blocks


class SandboxExecutor:
    """Runs the blocks of a message one after the other in one session, whose variables live on between messages.

    `begin` gives it a session when it needs one, and again after `restart`; it closes them itself. A failure is an exit
    code and a sentence, never an exception. As any executor, it runs the blocks of every message that its agent reads,
    whoever wrote them; a team's `run_python` tool runs only what a named agent called it with.
    """

    def __init__(
        self, begin: Callable[[], Session], *, timeout_s: float | None = None, output_chars: int = OUTPUT_CHARS
    ) -> None:
        self._begin, self._timeout_s, self._output_chars = begin, timeout_s, output_chars
        self._changing = threading.Lock()
        self._open: list[_Closable] = []
        self._session: Session | None = None
        self._end = weakref.finalize(self, _close_all, self._open)

    @classmethod
    def open(cls, settings: SandboxSettings | None = None, *, keep: Path | None = None) -> SandboxExecutor:
        """One over a sandbox of its own, by default that of the environment's settings.

        The files that code makes are copied into `keep`, and lost without it.
        """
        sandbox = open_sandbox((settings or load_settings().sandbox).model_copy(update={"warm": 0}))
        executor = cls(partial(sandbox.session, keep=keep))
        executor._open.append(sandbox)
        return executor

    @property
    def code_extractor(self) -> CodeExtractor:
        """How AutoGen finds code in a message."""
        return SandboxCodeExtractor()

    def execute_code_blocks(self, code_blocks: list[CodeBlock]) -> IPythonCodeResult:
        """Run the blocks up to the first that fails; `output_files` are copies of the files they made."""
        if not code_blocks:
            return IPythonCodeResult(exit_code=1, output=NOTHING)
        exit_code, said, files = 0, [], []
        for number, block in enumerate(code_blocks, 1):
            exit_code, text, made = self._run(block)
            said.append(text)
            files += made
            if exit_code:
                said += _not_run(number, len(code_blocks))
                break
        output = "\n".join(text for text in said if text)
        return IPythonCodeResult(exit_code=exit_code, output=_bounded(output, self._output_chars), output_files=files)

    def restart(self) -> None:
        """Forget all variables and files: the next block begins a new session."""
        with self._changing:
            session, self._session = self._session, None
            if session is not None and session in self._open:
                self._open.remove(session)
        if session is not None:
            session.close()

    def close(self) -> None:
        """End the session; happens by itself when the executor is forgotten or the program ends."""
        self._end()

    def __enter__(self) -> SandboxExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, block: CodeBlock) -> tuple[int, str, list[str]]:
        language = LANGUAGES.get(block.language.strip().lower())
        if language is None:
            named = plain(block.language)[:40]
            return 1, f"There is no language {named!r}; blocks are run as {', '.join(LANGUAGES)}.", []
        try:
            session = self._begun()
        except AppError as error:
            return 1, str(error), []
        if session is None:
            return 1, CLOSED, []
        result = session.run(block.code, language=language, timeout_s=self._timeout_s)
        exit_code = result.exit_code if result.status == "error" and result.exit_code else EXIT_CODES[result.status]
        return exit_code, _told(result), [str(artifact["path"]) for artifact in result.artifacts]

    def _begun(self) -> Session | None:
        with self._changing:
            if not self._end.alive:
                return None
            if self._session is None:
                self._session = self._begin()
                self._open.insert(0, self._session)
            return self._session


def _told(result: CodeResult) -> str:
    """What it printed, and what there is to say about it."""
    lines = [result.stdout.rstrip("\n"), result.stderr.rstrip("\n"), *remarks(result)]
    return "\n".join(line for line in lines if line)


def _not_run(failed: int, blocks: int) -> list[str]:
    left = blocks - failed
    return [f"Block {failed} of {blocks} failed; {left} {'was' if left == 1 else 'were'} not run."] if left else []


def _bounded(text: str, limit: int) -> str:
    """The text, or its beginning and end."""
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    tail = limit - head
    return f"{text[:head]}\n[… {len(text) - limit} characters left out …]\n{text[len(text) - tail :]}"


def _close_all(things: Sequence[_Closable]) -> None:
    for thing in things:
        thing.close()
