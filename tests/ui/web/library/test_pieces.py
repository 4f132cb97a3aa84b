"""What the library says in HTML: nothing of a document runs, thousands are shown in windows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest

from retrieval.types import Chunk, Document
from ui.web.library import activity, table
from ui.web.library.job import Job, Line
from ui.web.library.pieces import Piece, file_size, parser_name
from ui.web.library.preview import SECTIONS, Opened, preview, section_of, section_pages
from ui.web.library.stock import Row, Window
from ui.web.words import words_in

EN, ZH = words_in("en"), words_in("zh")
EVIL = "<img src=x onerror=alert(1)>\"'.pdf"
DOCUMENT = Document(
    id="d1",
    location=f"/kept/{EVIL}",
    source=f"/kept/{EVIL}",
    content_hash="",
    media_type="application/pdf",
    parser="docling-2.1/pdf-geometry",
    pages=3,
    title="",
    language="zh",
    problems=(f"Page 2 {EVIL}",),
)
CHUNK = Chunk(
    id="c1",
    document_id="d1",
    position=4,
    text=f"Text {EVIL}",
    embedded_text="",
    headings=(EVIL,),
    page=2,
    page_last=2,
    boxes={2: ((59.5, 84.2, 297.5, 421.0), (0.0, 500.0, 10.0, 510.0))},
    tokens=7,
    kind="text",
)


def _html(pieces: Sequence[Piece]) -> str:
    return "".join(piece["html"] for piece in pieces)


def test_names_texts_and_problems_of_documents_stay_text() -> None:
    window = Window(rows=(Row(document=DOCUMENT, chunks=2),), page=0, pages=1, matching=1, total=1)
    opened = Opened(kb="a b", document=DOCUMENT, chunks=[CHUNK], page=2, pages=3, size=(595.0, 842.0))
    job = Job(number=1, kb="a", owner="", kind="add", state="done", lines=(Line(name=EVIL, status="failed"),))
    for shown in (
        _html(table.documents(EN, window, busy=(), size=lambda _: 1, change=True)),
        preview(EN, opened),
        preview(EN, replace(opened, size=None, pages=1, page=1)),
        _html(activity.jobs(ZH, [job])),
        _html(activity.deleted(EN, {("document", EVIL, EVIL): EVIL})),
    ):
        assert "&lt;img" in shown
        assert "<img src=x" not in shown
        assert 'alert(1)>"' not in shown


def test_readers_get_no_buttons_that_change_anything() -> None:
    window = Window(rows=(Row(document=DOCUMENT, chunks=2),), page=0, pages=1, matching=1, total=1)
    reader = _html(table.documents(EN, window, busy=(), size=lambda _: 1, change=False))
    editor = _html(table.documents(EN, window, busy=(), size=lambda _: 1, change=True))
    assert re.findall(r'data-act="(\w+)"', reader) == ["preview"]
    assert re.findall(r'data-act="(\w+)"', editor) == ["preview", "reread", "delete"]


def test_a_row_says_what_became_of_the_document() -> None:
    window = Window(rows=(Row(document=DOCUMENT, chunks=2),), page=0, pages=1, matching=1, total=1)
    shown = _html(table.documents(ZH, window, busy=(), size=lambda _: 64_042, change=True))
    assert all(word in shown for word in ("部分可读", "中文", "64 KB", "pdf-geometry", "1 个文档"))
    assert "读取中" in _html(table.documents(ZH, window, busy={DOCUMENT.source}, size=lambda _: 1, change=True))


def test_each_state_of_the_list_says_what_to_do() -> None:
    nothing = Window(rows=(), page=0, pages=1, matching=0, total=0)
    assert "Drop files" in _html(table.documents(EN, nothing, busy=(), size=lambda _: 1, change=True))
    assert "may edit" in _html(table.documents(EN, nothing, busy=(), size=lambda _: 1, change=False))
    filtered = replace(nothing, total=9)
    assert "fewer words" in _html(table.documents(EN, filtered, busy=(), size=lambda _: 1, change=True))


def test_boxes_lie_over_the_page_in_percent_and_only_the_first_bears_the_number() -> None:
    opened = Opened(kb="a b", document=DOCUMENT, chunks=[CHUNK], page=2, pages=3, size=(595.0, 842.0), chosen="c1")
    shown = preview(EN, opened)
    assert "left:10.000%;top:10.000%;width:40.000%;height:40.000%" in shown
    assert shown.count('class="lib-box chosen" data-chunk="5"') == 2
    assert shown.count('aria-hidden="true"><b>5</b>') == 1
    assert 'src="library/a%20b/d1/page/2"' in shown
    assert "No passage stands on this page." in preview(EN, replace(opened, page=1))


def test_a_document_without_pages_is_read_in_parts() -> None:
    chunks = [replace(CHUNK, id=f"c{number}", position=number, text=f"Part <{number}>") for number in range(65)]
    assert section_pages(chunks) == 3
    assert section_of(chunks, "c31") == 2
    assert section_of(chunks, "unknown") == 1
    shown = preview(EN, Opened(kb="a", document=DOCUMENT, chunks=chunks, page=3, pages=3))
    assert re.findall(r"Part &lt;(\d+)&gt;", shown) == [str(n) for n in range(2 * SECTIONS, 65)]
    assert "Part 3 of 3" in shown


@pytest.mark.parametrize(
    ("size", "said"),
    [(None, "–"), (0, "0 B"), (999, "999 B"), (1604, "1.6 KB"), (64042, "64 KB"), (3_000_000, "3.0 MB")],
)
def test_sizes_are_for_people(size: int | None, said: str) -> None:
    assert file_size(size) == said


def test_a_parser_is_named_without_its_version() -> None:
    assert parser_name("docling-2.1/ocr") == "ocr"
    assert parser_name("docling-2.1") == "docling"


def test_a_failed_file_gives_its_reason_in_the_visitors_language() -> None:
    line = Line(name="a.pdf", source="/k/a.pdf", status="failed", problem="a.pdf is encrypted. Give its password.")
    job = Job(number=3, kb="a", owner="", kind="add", state="done", lines=(line,))
    english, chinese = _html(activity.jobs(EN, [job])), _html(activity.jobs(ZH, [job]))
    assert "a.pdf is encrypted. Give its password." in english
    assert "文件已加密。 a.pdf is encrypted." in chinese
    assert 'type="password"' in english
    assert 'data-act="retry"' in english
    gone = replace(job, lines=(replace(line, source=""),))
    assert 'data-act="retry"' not in _html(activity.jobs(EN, [gone])), "what was refused at the door is not kept"


def test_the_old_index_answers_while_a_new_one_is_built() -> None:
    job = Job(number=3, kb="a", owner="", kind="reembed", state="running", done=1, total=9, subject="a.pdf")
    shown = _html(activity.jobs(EN, [job]))
    assert "The old index answers until the new one is whole." in shown
    assert '<progress max="9" value="1"' in shown
    assert "still in place" in _html(activity.jobs(EN, [replace(job, state="cancelled")]))


def test_of_thousands_of_files_the_failures_are_listed_first() -> None:
    lines = tuple(Line(name=f"{number}.md", status="indexed") for number in range(3000))
    failed = Line(name="bad.pdf", status="failed", problem="It is damaged.")
    shown = _html(
        activity.jobs(EN, [Job(number=1, kb="a", owner="", kind="add", state="done", lines=(*lines, failed))])
    )
    assert shown.index("bad.pdf") < shown.index("0.md")
    assert shown.count("<li") == 200
    assert "and 2801 more files" in shown
