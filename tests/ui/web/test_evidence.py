from __future__ import annotations

from typing import Any

from agents.events import Retrieved, RunCompleted, RunStarted
from tests.ui.web.scripted import HOTEL, cited, discussion, passage
from ui.web import evidence
from ui.web.exhibits import Shown
from ui.web.reducer import replay
from ui.web.view import View
from ui.web.words import words_in


def shown_passage(view: View, marker: int = 1, **shown: Any) -> str:
    exhibit = evidence.exhibit(view, "kb", marker)
    assert exhibit
    return evidence.passage(view, marker, Shown(exhibit=exhibit, **shown), words_in("en"))


def view_of(text: str, *quotes: str, **more: Any) -> View:
    return replay(
        [
            RunStarted(question="q", team="qa", kb="kb", strategy="hybrid"),
            Retrieved(agent="retriever", query="q", passages=(passage(1, text, **more),)),
            RunCompleted(answer="a", abstained=False, citations=tuple(cited(1, quote) for quote in quotes)),
        ]
    )


def test_a_passage_shows_source_page_headings_and_the_quote() -> None:
    html = shown_passage(view_of(HOTEL, "up to 120 euros"))
    assert "handbook.pdf" in html
    assert "/documents" not in html
    assert "page 3" in html
    assert "Handbook › Travel" in html
    assert "paid <mark>up to 120 euros</mark> a night" in html


def test_pages_can_be_turned_from_the_cited_one_on() -> None:
    html = shown_passage(view_of(HOTEL, "euros", document_id="d/1", boxes={"3": [[1, 2, 3, 4]]}), page=3, pages=12)
    assert 'data-address="evidence/kb/d%2F1/c1"' in html
    assert 'data-page="3" data-pages="12"' in html
    assert "Page 3 of 12" in html
    assert 'src="evidence/kb/d%2F1/c1/3?' in html
    assert 'alt="Page 3 of handbook.pdf with the cited words marked"' in html
    assert 'href="evidence/kb/d%2F1/c1/original"' in html


def test_the_address_of_an_image_changes_with_the_words_marked_on_it() -> None:
    one, other = (evidence.exhibit(view_of(HOTEL, *quotes), "kb", 1) for quotes in (["euros"], ["euros", "night"]))
    assert one
    assert other
    assert one.edition != other.edition


def test_an_excerpt_stands_in_for_pages() -> None:
    html = shown_passage(view_of("one"), excerpt="<p>before</p>")
    assert "<p>before</p>" in html
    assert "one" not in html
    assert "<figure" not in html


def test_why_an_original_cannot_be_shown_stands_beside_the_text() -> None:
    html = shown_passage(view_of("one", "one"), problem="a.pdf has <changed>.")
    assert "a.pdf has &lt;changed&gt;." in html
    assert "<mark>one</mark>" in html
    assert "href" not in html


def test_copies_are_named_by_folder_and_name() -> None:
    copies = ["/docs/old/handbook.pdf", r"C:\docs\handbook<2>.pdf", "a.zip!/x/handbook.pdf", "https://x.org/h.pdf"]
    view = view_of(HOTEL, copies=copies)
    for html in (shown_passage(view), evidence.sources(view)):
        assert "Same as old/handbook.pdf, docs/handbook&lt;2&gt;.pdf, x/handbook.pdf and 1 more" in html
    assert "Same as" not in evidence.sources(view_of(HOTEL))


def test_only_what_is_cited_is_listed_and_the_rest_folded() -> None:
    found = Retrieved(agent="r", query="q", passages=(passage(1, "one"), passage(2, "two"), passage(3, "three")))
    outcome = RunCompleted(answer="a", abstained=False, citations=(cited(3, "three"),))
    html = evidence.sources(replay([found, outcome]))
    cited_part, folded_part = html.split("<details>")
    assert 'data-marker="3"' in cited_part
    assert "Also found (2)" in folded_part
    assert 'data-marker="1"' in folded_part


def test_without_a_citation_everything_found_is_listed() -> None:
    assert "<details open><summary>Found (1)" in evidence.sources(view_of("one"))


def test_an_unknown_marker_opens_nothing() -> None:
    assert evidence.exhibit(replay(discussion("q")), "kb", 99) is None


def test_a_source_without_page_names_none() -> None:
    assert "page" not in shown_passage(view_of("one", page=None)).replace("passage", "")


def test_windows_paths_are_named_by_their_file() -> None:
    assert dict(evidence.labels(view_of("x", source=r"C:\docs\a.pdf"), words_in("en")))[1] == "a.pdf · page 3"
