"""What may be asked, and how a conversation is called after it; pure."""

from __future__ import annotations

import re

from agents.errors import ConversationError

QUESTION_CHARS = 20_000
TITLE_CHARS = 80
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""What nobody types: it would only steer a terminal or hide text."""


def title_of(question: str) -> str:
    """A question as the title of its conversation: one line, cut at a word."""
    line = " ".join(question.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rsplit(" ", 1)[0] + "…"


def checked(text: str) -> str:
    """The question without what nobody types. Raises ConversationError for one that is empty or too long."""
    question = _CONTROL.sub("", text).strip()
    if not question:
        raise ConversationError("The question is empty.", hint="Type a question.")
    if len(question) > QUESTION_CHARS:
        raise ConversationError(
            f"The question has {len(question):,} characters, and at most {QUESTION_CHARS:,} are allowed.",
            hint="Add long texts to the knowledge base as documents.",
        )
    return question
