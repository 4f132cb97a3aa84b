"""The fusion ledger tells of every passage what each arm said, and the parts make up the score."""

from __future__ import annotations

import pytest

from agents.app import App
from retrieval.fusion import RRF_K
from retrieval.knowledge_base import KnowledgeBase
from retrieval.strategy import load_strategy
from retrieval.types import Hit
from ui.web.launch import SAMPLES
from ui.web.library.ledger import Ledger, everything, ledger
from ui.web.library.results import results, why
from ui.web.words import words_in


@pytest.fixture(scope="module")
def base(app: App) -> KnowledgeBase:
    made = app.library.create("ledger")
    made.ingest([SAMPLES])
    return made


def _ledger(base: KnowledgeBase, question: str, strategy: str, *, k: int = 5) -> Ledger:
    plan = load_strategy(strategy)
    return ledger(base.search(question, strategy=strategy, k=everything(plan)), plan, k=k)


@pytest.mark.parametrize("question", ["How much is a hotel?", "气压计多久校准一次？", "safety officer"])
def test_the_parts_of_the_arms_add_up_to_the_score(base: KnowledgeBase, question: str) -> None:
    found = _ledger(base, question, "hybrid")
    assert len(found.entries) == 5
    for entry in found.entries:
        assert sum(arm.part for arm in entry.arms) == pytest.approx(entry.hit.scores["fused"], abs=5e-3)


def test_the_best_are_those_that_a_plain_search_finds_and_words_rank_as_in_a_search_by_words(
    base: KnowledgeBase,
) -> None:
    found = _ledger(base, "How much is a hotel?", "hybrid")
    plain = base.search("How much is a hotel?", strategy="hybrid", k=5)
    assert [entry.hit.chunk.id for entry in found.entries] == [hit.chunk.id for hit in plain.hits]
    words = base.search("How much is a hotel?", strategy="lexical", k=100).hits
    ranks = {hit.chunk.id: hit.rank for hit in words}
    told = {entry.hit.chunk.id: arm.rank for entry in found.entries for arm in entry.arms if arm.name == "lexical"}
    assert told == {chunk_id: ranks.get(chunk_id, 0) for chunk_id in told}
    assert found.entries[0].arms[1].of == len(words)


def test_one_sentence_says_why_a_passage_made_it(base: KnowledgeBase) -> None:
    english, chinese = words_in("en"), words_in("zh")
    found = _ledger(base, "How much is a hotel?", "hybrid", k=40)
    both = next(entry for entry in found.entries if all(arm.rank for arm in entry.arms))
    alone = next(entry for entry in found.entries if not all(arm.rank for arm in entry.arms))
    meaning, words = both.arms
    assert why(english, found, both).startswith(
        f"Chosen by meaning rank {meaning.rank} of {meaning.of}, words rank {words.rank} of {words.of}; fused score"
    )
    assert f"not among the best {words.of} by words" in why(english, found, alone)
    assert f"语义第 {meaning.rank} 名" in why(chinese, found, both)
    single = _ledger(base, "hotel", "lexical")
    assert "one search alone: words rank 1 of" in why(english, single, single.entries[0])


def test_reciprocal_ranks_are_told_as_they_are_added(base: KnowledgeBase) -> None:
    plan = load_strategy("hybrid").model_copy(update={"fusion": "rrf"})
    result = base.search("How much is a hotel?", strategy="hybrid", k=everything(plan))
    found = ledger(result, plan, k=1)
    meaning, words = found.entries[0].arms
    assert meaning.part == pytest.approx(0.5 / (RRF_K + meaning.rank))
    assert words.part == pytest.approx(0.5 / (RRF_K + words.rank))


def test_passages_of_a_deleted_document_are_left_out(base: KnowledgeBase) -> None:
    plan = load_strategy("hybrid")
    result = base.search("How much is a hotel?", strategy="hybrid", k=everything(plan))
    best: Hit = result.hits[0]
    found = ledger(result, plan, k=5, hidden={best.document.id})
    assert len(found.entries) == 5
    assert best.document.id not in {entry.hit.document.id for entry in found.entries}


def test_the_steps_are_told_with_their_milliseconds_and_nothing_found_has_a_state(base: KnowledgeBase) -> None:
    found = _ledger(base, "How much is a hotel?", "hybrid")
    shown = results(words_in("en"), found, query="How much is a hotel?")
    assert "move the question towards the best" in shown
    assert f"{found.steps[0].ms:.1f}" in shown
    assert 'data-act="preview"' in shown
    nothing = _ledger(base, "xylophone", "lexical")
    assert "Nothing was found." in results(words_in("en"), nothing, query="xylophone")
