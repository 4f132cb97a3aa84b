"""Traces of conversations that really took place: whole trees, and no word of them unless it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.tracing.spans import spans
from tests.agents.shelf import Shelf
from tests.agents.table import asking
from tests.agents.tracing.logs import text_of, tree
from tests.openai_server import call, fail, say

SHELF = Shelf({"geheim-price-list.md": "The wombat plan costs 90 euros a month.\n\n袋熊套餐每月九十欧元。"})
SECRETS = ("wombat", "袋熊", "geheim-price-list", "sk-quokka", "ninety", "quoll")


@pytest.mark.parametrize("question", ["What does the wombat plan cost?", "袋熊套餐多少钱？"])
def test_a_real_one_is_a_whole_tree_without_a_word_of_it(tmp_path: Path, question: str) -> None:
    script = [call("search_documents", {"query": "quoll"}), say("ninety euros [1]."), say("APPROVED")]
    settings = {"api_key": "sk-quokka"}
    with asking(tmp_path, script, team="analyst", question=question, kb=SHELF, settings=settings) as (events, _):
        trace = spans(events, content=False)
    by_id = {span.span_id: span for span in trace}
    assert [span.name for span in trace if not span.parent_id] == ["invoke_workflow analyst"]
    for span in trace[1:]:
        parent = by_id[span.parent_id]
        assert parent.start - 0.05 <= span.start <= span.end <= parent.end + 0.05, (span, parent)
    paths = tree(trace)
    assert "invoke_workflow analyst > retrieval > dense" in paths
    assert "invoke_workflow analyst > execute_tool search_documents > retrieval > dense" in paths
    assert {name.split()[0] for name in (span.name for span in trace)} & {"chat", "invoke_agent"}
    assert all(span.status == "ok" for span in trace)
    assert [secret for secret in SECRETS if secret in text_of(trace)] == []
    told = text_of(spans(events, content=True))
    assert "sk-quokka" not in told
    assert [secret for secret in ("geheim-price-list", "quoll", "ninety") if secret not in told] == []


def test_a_real_failure_is_an_error_without_its_words(tmp_path: Path) -> None:
    with asking(tmp_path, [fail(401, "wombat key sk-quokka")], kb=SHELF) as (events, _):
        root, *_ = spans(events, content=False)
    assert (root.status, root.status_message) == ("error", "ModelAuthError")
    assert [secret for secret in SECRETS if secret in text_of(spans(events, content=False))] == []
