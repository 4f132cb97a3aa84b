"""A message being written: pieces pass through, the agreed word does not."""

from __future__ import annotations

import pytest

from agents.llm.draft import Draft


def written(*pieces: str, whole: str | None = None) -> tuple[list[str], str, bool]:
    shown: list[str] = []
    draft = Draft(shown.append, sentence=lambda: "Not there.")
    for piece in pieces:
        draft.write(piece)
    final = draft.finish("".join(pieces) if whole is None else whole)
    return shown, final, draft.abstained


def test_pieces_pass_through_as_they_come() -> None:
    assert written("The ", "answer ", "[1].") == (["The ", "answer ", "[1]."], "The answer [1].", False)


@pytest.mark.parametrize(
    "pieces", [["NOT_IN", "_DOCUMENTS"], ["**NOT_IN_DOCUMENTS**."], ["\n NOT", "_IN_DOCUMENTS and more"]]
)
def test_the_agreed_word_becomes_a_sentence_and_is_never_shown(pieces: list[str]) -> None:
    assert written(*pieces) == (["Not there."], "Not there.", True)


def test_a_beginning_that_turns_out_otherwise_is_shown_after_all() -> None:
    assert written("NOT", " today [1].") == (["NOT today [1]."], "NOT today [1].", False)
    assert written("NOT") == (["NOT"], "NOT", False)


def test_the_agreed_word_inside_an_answer_is_put_into_words() -> None:
    assert written("Five [1]. NOT_IN_DOCUMENTS")[1:] == ("Five [1]. Not there.", False)


def test_a_model_that_does_not_stream_is_shown_whole() -> None:
    assert written(whole="All at once.") == (["All at once."], "All at once.", False)


def test_nothing_is_nothing() -> None:
    assert written(whole="") == ([], "", False)
