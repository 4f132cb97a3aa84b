"""Whether a call that acts needs a person, and the person's answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from uuid import uuid4

from agents.errors import CodeNotAllowed
from agents.events import ApprovalAnswered, ApprovalRequested
from agents.run import Run
from agents.safety.approval_policy import code_hash
from agents.safety.provenance import Written, why_ask
from agents.tools.registry import ToolContext


def doubt(run: Run, arguments: str, *, written: Written, tools: Collection[str]) -> str:
    """Why this call may be the will of something that was read, in one sentence; empty when nothing says so."""
    return why_ask(arguments, question=run.question, shown=tuple(_shown(run)), written=written, tools=tools)


def permitted(context: ToolContext, code: str, *, written: Written, reason: str) -> ApprovalAnswered:
    """A person's yes, with what may run now. Raises CodeNotAllowed for a no, RunStopped when stopped meanwhile."""
    run = context.run
    request = ApprovalRequested(
        agent=context.agent,
        approval_id=uuid4().hex,
        call_id=context.call_id,
        language=written,
        code=code,
        code_sha256=code_hash(code),
        reason=reason,
        timeout_s=run.coding.approval_timeout_s,
    )
    answer = run.approvals.ask(request, emit=run.emit, stop=run.stop)
    if not answer.approved:
        what = "call" if written == "json" else "code"
        why = answer.reason.rstrip(". ") or "no reason was given"
        raise CodeNotAllowed(
            f"The {what} was not allowed to run: {why}.", hint="Answer without it, or try another way."
        )
    return answer


def _shown(run: Run) -> Iterator[str]:
    """All that agents of this run were shown and that is nobody's will: passages, results, and earlier answers.

    Passages of one document are one text, in reading order.
    """
    hits = sorted((p.hit for p in run.evidence.shown), key=lambda hit: (hit.document.id, hit.chunk.position))
    for _, group in groupby(hits, key=lambda hit: hit.document.id):
        of_one = list(group)
        headings = dict.fromkeys(heading for hit in of_one for heading in hit.chunk.headings)
        yield "\n".join([of_one[0].document.source, *headings, *(hit.chunk.text for hit in of_one)])
    yield from run.told
    yield from (run.memory.summary, *(exchange.answer for exchange in run.memory.exchanges))
