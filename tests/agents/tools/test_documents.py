"""The tools that read: everything they show is numbered once, and nothing twice."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from agents.events import Event, Retrieved
from agents.tools.catalogue import TOOLS
from agents.tools.registry import ToolContext
from configs.settings import SearchSettings
from retrieval.errors import UnknownDocument
from tests.agents.shelf import Shelf
from tests.agents.table import a_run

CHAPTERS = [f"Chapter {n} is about {hashlib.sha512(bytes([n])).hexdigest()}. " * 3 for n in range(20)]
LONG = Shelf({"long.md": "\n\n".join(CHAPTERS)})


def called(name: str, arguments: str, **run: Any) -> tuple[Any, ToolContext, list[Event]]:
    events: list[Event] = []
    context = ToolContext(run=a_run(emit=events.append, **run), agent="librarian", call_id="c1")
    return TOOLS[name].call(context, arguments).value, context, events


def test_search_shows_new_passages_with_their_numbers() -> None:
    value, context, events = called("search_documents", '{"query": "premium plan"}')
    shown = context.run.evidence.shown
    assert value["new_passages"] == len(shown) > 0
    assert "The premium plan costs 90 euros a month." in value["passages"]
    assert isinstance(events[0], Retrieved)
    assert [passage["marker"] for passage in events[0].passages] == [passage.marker for passage in shown]
    assert events[0].agent == "librarian"


def test_search_never_repeats_what_is_shown_and_says_so() -> None:
    _, context, _ = called("search_documents", '{"query": "premium plan"}')
    again = TOOLS["search_documents"].call(context, '{"query": "the premium plan, once more"}').value
    assert again == {"new_passages": 0, "note": "Nothing that is not shown above already."}


def test_list_names_every_document() -> None:
    value, _, _ = called("list_documents", "{}")
    assert [entry["document"] for entry in value["documents"]] == ["prices.md", "people.md", "价格.md"]
    assert value["total"] == 3


def test_reading_goes_on_where_it_stopped_and_ends() -> None:
    _, context, _ = called(
        "read_document", '{"document": "long.md"}', kb=LONG, search=SearchSettings(context_tokens=800)
    )
    left: list[int] = []
    while not left or left[-1]:
        left.append(TOOLS["read_document"].call(context, '{"document": "long.md"}').value["passages_left"])
    assert left == sorted(set(left), reverse=True)
    positions = [passage.hit.chunk.position for passage in context.run.evidence.shown]
    assert positions == list(range(20))
    assert [passage.marker for passage in context.run.evidence.shown] == list(range(1, 21))


def test_an_unknown_document_is_an_error_for_the_model() -> None:
    with pytest.raises(UnknownDocument, match=r"no document 'gone.md'"):
        called("read_document", '{"document": "gone.md"}')
