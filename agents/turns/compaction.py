"""Keeps what a model reads of the conversation within its limit: older exchanges become a summary, markers kept."""

from __future__ import annotations

from collections.abc import Sequence

from agents.calling import small_call
from agents.errors import BudgetExceeded, ModelError
from agents.events import Author, Compacted
from agents.run import Run
from agents.turns.memory import Exchange, Memory, dialogue
from retrieval.citations import markers, without_markers
from retrieval.sentences import split
from retrieval.tokens import count_tokens

MOST_TOKENS = 16_000
"""A history never grows beyond this, however much the model reads: every turn pays for it."""
ALWAYS_TOKENS = 400
"""There is room for so much in every model; only for more is its limit asked for."""
ANSWER_TOKENS = 2_000
"""Kept free for instructions, the question and the answer."""
SUMMARY_SHARE = 0.3
RECENT_SHARE = 0.5
"""Of the budget, what the summary and the exchanges that stay as they are may take."""


def history_budget(run: Run) -> int:
    """How many tokens of history the assistant's model has room for beside the passages."""
    limit = run.model("assistant", run).context_tokens()
    return max(ALWAYS_TOKENS, min(MOST_TOKENS, limit - run.search.context_tokens - ANSWER_TOKENS))


def compact(run: Run) -> None:
    """Where the history has outgrown its budget, put a summary in the place of its older part."""
    before = run.memory.tokens
    if before <= ALWAYS_TOKENS or before <= (budget := history_budget(run)):
        return
    older, recent = divided(run.memory, int(budget * RECENT_SHARE))
    if not older and not run.memory.summary:
        return
    summary, by = _summary(run, older, int(budget * SUMMARY_SHARE))
    after = count_tokens(summary) + sum(exchange.tokens for exchange in recent)
    through = older[-1].through if older else 0
    event = Compacted(summary=summary, through=through, tokens_before=before, tokens_after=after, by=by)
    run.emit(event)
    run.memory = run.memory.after(event)


def divided(memory: Memory, budget_tokens: int) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
    """The exchanges to summarise, and the latest, which fit the budget and stay; the last one always stays."""
    kept = 0
    for exchange in reversed(memory.exchanges):
        budget_tokens -= exchange.tokens
        if budget_tokens < 0:
            break
        kept += 1
    at = len(memory.exchanges) - max(1, kept)
    return memory.exchanges[:at], memory.exchanges[at:]


def digest(summary: str, exchanges: Sequence[Exchange], budget_tokens: int) -> str:
    """A summary without a model: each question with the first sentence of its answer; the oldest go first."""
    lines = [*summary.splitlines(), *(_line(exchange) for exchange in exchanges)]
    while len(lines) > 1 and count_tokens("\n".join(lines)) > budget_tokens:
        lines = lines[1:]
    text = "\n".join(lines)
    return text if count_tokens(text) <= budget_tokens else _cut(text, budget_tokens)


def _summary(run: Run, older: Sequence[Exchange], budget_tokens: int) -> tuple[str, Author]:
    fallback = digest(run.memory.summary, older, budget_tokens)
    if not run.model("small", run).converses:
        return fallback, "rules"
    told = f"{run.memory.summary}\n\n{dialogue(older)}".strip()
    given = set(markers(told))
    try:
        words = str(max(50, budget_tokens // 2))
        written = small_call(run, purpose="summary", agent="summary", user=told, words=words)
    except (ModelError, BudgetExceeded):
        return fallback, "rules"
    sound = written and count_tokens(written) <= 2 * budget_tokens and set(markers(written)) <= given
    return (written, "model") if sound else (fallback, "rules")


def _line(exchange: Exchange) -> str:
    first = next((sentence.shown for sentence in split(exchange.answer)), exchange.answer)
    cited = "".join(f"[{marker}]" for marker in markers(first) or exchange.markers[:3])
    return f"{' '.join(exchange.question.split())} — {without_markers(first)} {cited}".strip()


def _cut(text: str, budget_tokens: int) -> str:
    while count_tokens(text) > budget_tokens:
        text = text[: len(text) * 3 // 4]
    return text
