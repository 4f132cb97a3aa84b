"""Code that waits for a person: every request gets one answer; what runs is what was shown or what was sent back."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from agents.errors import ConversationError, RunStopped
from agents.events import ApprovalAnswered, ApprovalRequested, Event
from agents.ports import StopSignal
from agents.safety.approval_policy import code_hash, one_line_end
from agents.sandbox.results import fault

REASON_CHARS = 2_000
TICK_S = 0.05
"""How late a stopped run may notice it; an answer is noticed at once."""

ANSWERED = "This code was answered before; only the first answer counts."
OVER = "The run that asked for this code is over; the code did not run."


@dataclass
class _Waiting:
    request: ApprovalRequested
    emit: Callable[[Event], None]
    stop: StopSignal
    answered: threading.Event = field(default_factory=threading.Event)
    answer: ApprovalAnswered | None = None


class Approvals:
    """The requests of one conversation. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, _Waiting] = {}
        self._closed: dict[str, str] = {}

    def ask(self, request: ApprovalRequested, *, emit: Callable[[Event], None], stop: StopSignal) -> ApprovalAnswered:
        """Wait for the answer; without one within `request.timeout_s` it is a no. Both are in the log by then.

        Raises RunStopped once `stop` is set, whatever was answered.
        """
        waiting = _Waiting(request, emit, stop)
        self._waiting[request.approval_id] = waiting
        try:
            emit(request)
            until = time.monotonic() + request.timeout_s
            while not waiting.answered.wait(TICK_S) and not stop.is_set() and time.monotonic() < until:
                pass
            return self._close(waiting)
        finally:
            del self._waiting[request.approval_id]

    def answer(
        self, approval_id: str, *, approved: bool, code_sha256: str, code: str | None = None, reason: str = ""
    ) -> None:
        """Allow the code that was shown, or `code` in its place, or nothing. Raises ConversationError for all but the
        first answer, for one that comes too late, and for one about other code than was shown."""
        with self._lock:
            waiting = self._waiting.get(approval_id)
            if waiting is None or waiting.answer is not None:
                unknown = f"There is no code that waits as {approval_id[:80]!r}."
                sentence = self._closed.get(approval_id) or (ANSWERED if waiting else unknown)
                raise ConversationError(sentence, hint="Answer a request while it waits.")
            if waiting.stop.is_set():
                raise ConversationError(OVER, hint="Ask again.")
            answer = _answer(waiting.request, approved=approved, shown=code_sha256, code=code, reason=reason)
            try:
                waiting.emit(answer)
            except RunStopped:
                raise ConversationError(OVER, hint="Ask again.") from None
            waiting.answer = answer
            waiting.answered.set()

    def _close(self, waiting: _Waiting) -> ApprovalAnswered:
        request = waiting.request
        with self._lock:
            self._closed[request.approval_id] = ANSWERED if waiting.answer else OVER
            if waiting.stop.is_set():
                raise RunStopped("The run was stopped.")
            if waiting.answer is None:
                sentence = f"Nobody answered within {request.timeout_s:g} s."
                self._closed[request.approval_id] = f"{sentence} The code did not run."
                waiting.answer = ApprovalAnswered(approval_id=request.approval_id, approved=False, reason=sentence)
                waiting.emit(waiting.answer)
            return waiting.answer


def _answer(
    request: ApprovalRequested, *, approved: bool, shown: str, code: str | None, reason: str
) -> ApprovalAnswered:
    if shown != request.code_sha256:
        raise ConversationError(
            "The answer is about other code than what waits.", hint="Send the code_sha256 of the request."
        )
    if len(reason) > REASON_CHARS:
        raise ConversationError(
            f"The reason has {len(reason):,} characters, and at most {REASON_CHARS:,} are allowed.", hint="Shorten it."
        )
    if approved is not True:
        return ApprovalAnswered(approval_id=request.approval_id, approved=False, reason=reason)
    runs = request.code if code is None else one_line_end(code)
    if problem := fault(runs):
        raise ConversationError(f"The edited code cannot run: {problem}", hint="Correct it, or reject the code.")
    return ApprovalAnswered(
        approval_id=request.approval_id,
        approved=True,
        reason=reason,
        code=runs,
        code_sha256=code_hash(runs),
        edited=runs != request.code,
    )
