"""What an MCP tool answers, as a model may read it: text alone, everything else by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mcp_types import AudioContent, CallToolResult, EmbeddedResource, ImageContent, ResourceLink, TextContent

from agents.sandbox.output import plain
from agents.tools.mcp.bounds import ANSWER_CHARS, ATTACHMENTS
from agents.tools.mcp.untrusted import words
from retrieval.context import inert


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`failed` when the tool says that it failed; `left_out` is how many characters of text are not in `text`."""

    text: str
    left_out: int
    attachments: tuple[str, ...]
    failed: bool

    def as_dict(self) -> dict[str, Any]:
        """The answer as a model is shown it."""
        shown: dict[str, Any] = {"text": self.text}
        if self.left_out:
            shown["cut_short"] = f"{self.left_out:,} more characters"
        if self.attachments:
            shown["not_shown"] = list(self.attachments)
        return shown


def answer(result: CallToolResult) -> Answer:
    """The texts of a result, or its structured content where there are none."""
    texts = [part.text for part in result.content if isinstance(part, TextContent)]
    if not texts and result.structured_content is not None:
        texts = [json.dumps(result.structured_content, ensure_ascii=False)]
    whole = "\n\n".join(texts)
    others = list(_named(result))
    if len(others) > ATTACHMENTS:
        others[ATTACHMENTS:] = [f"and {len(others) - ATTACHMENTS} more"]
    return Answer(
        text=inert(plain(whole[:ANSWER_CHARS])),
        left_out=max(len(whole) - ANSWER_CHARS, 0),
        attachments=tuple(others),
        failed=result.is_error,
    )


def _named(result: CallToolResult) -> Iterator[str]:
    for part in result.content:
        if isinstance(part, ImageContent | AudioContent):
            yield f"{part.type} {words(part.mime_type, 100)}"
        elif isinstance(part, ResourceLink):
            yield f"resource {words(str(part.uri), 200)}"
        elif isinstance(part, EmbeddedResource):
            yield f"resource {words(str(part.resource.uri), 200)}"
