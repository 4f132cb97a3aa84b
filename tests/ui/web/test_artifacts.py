from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.ui.web.markup import Markup
from ui.web import artifacts
from ui.web.artifacts import described
from ui.web.tables import safe_table
from ui.web.words import words_in

HOME = "/home/someone/artifacts/c1"


def file(name: str, media_type: str, size: int = 2048, path: str = "") -> Mapping[str, Any]:
    return {"name": name, "media_type": media_type, "bytes": size, "path": path or f"{HOME}/{name}"}


def shown(found: Iterable[Mapping[str, Any]], tables: Mapping[str, str]) -> str:
    return artifacts.shown(found, tables, words_in("en"))


def test_pictures_are_seen_and_files_are_linked() -> None:
    html = shown((file("plot-1.png", "image/png"), file("rates.csv", "text/csv", 1_500_000)), {})
    (picture, csv) = described((file("plot-1.png", "image/png"), file("rates.csv", "text/csv")))
    assert f'<img src="{picture.address}/view" alt="plot-1.png"' in html
    assert f'href="{csv.address}/file" download="rates.csv"' in html
    assert "2.0 KB" in html
    assert "1.4 MB" in html


def test_nothing_made_is_nothing_shown() -> None:
    assert shown((), {}) == ""


def test_the_page_never_learns_where_files_lie() -> None:
    html = shown((file("plot-1.png", "image/png"), file("a.csv", "text/csv", path=f"{HOME}/other.csv")), {})
    assert "someone" not in html
    assert "other.csv" not in html


@pytest.mark.parametrize("media_type", ["image/svg+xml", "image/gif", "text/html", "application/pdf", "", "IMAGE/PNG"])
def test_only_png_and_jpeg_are_pictures(media_type: str) -> None:
    assert "<img" not in shown((file("plot-1.png", media_type),), {})


@pytest.mark.parametrize(
    ("name", "media_type", "size", "is_table"),
    [
        ("table-1.html", "text/html", 900, True),
        ("table-1-2.html", "text/html", 900, True),
        ("table-1.html", "text/html", 200_001, False),
        ("table-1.html", "text/plain", 900, False),
        ("report.html", "text/html", 900, False),
        ("x-table-1.html", "text/html", 900, False),
    ],
)
def test_only_small_displayed_tables_stand_in_the_page(name: str, media_type: str, size: int, is_table: bool) -> None:
    (artifact,) = described((file(name, media_type, size),))
    assert artifact.is_table is is_table


def test_a_table_that_is_gone_stays_a_link() -> None:
    found = file("table-1.html", "text/html")
    (artifact,) = described((found,))
    assert "<td>140</td>" in shown((found,), {artifact.id: "<table><tr><td>140</td></tr></table>"})
    for tables in ({artifact.id: ""}, {}):
        assert "Download table-1.html" in shown((found,), tables)
        assert "<figure" not in shown((found,), tables)


def test_of_very_many_pictures_the_rest_are_links() -> None:
    html = shown([file(f"plot-{number}.png", "image/png") for number in range(50)], {})
    assert html.count("<img") == 12
    assert html.count("<li>") == 38


def test_names_are_only_text() -> None:
    evil = "<script>alert(1)</script>\" onerror=alert(2) x='.png"
    html = shown((file(evil, "image/png"), file(evil, "text/csv"), file("../../../a\\b.csv", "text/csv")), {})
    markup = Markup(html.replace('loading="lazy">', 'loading="lazy"></img>'))
    assert markup.active == {"a", "img", "href", "src"}
    assert 'download="b.csv"' in html


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<table><tr><td colspan=2 rowspan='3'>1", '<td colspan="2" rowspan="3">1'),
        ("<table><tr><td colspan=100 rowspan=x>1", "<td>1"),
        ("<table><tr><td colspan=٣>1", "<td>1"),
        ("<table style='x' onclick=x()><tr><td class=x id=page>1", "<table><tbody><tr><td>1"),
        ("<table><tr><td><a href=//x>1</a><img src=x><b>2", "<td>12"),
        ("<script>1</script><style>2</style>3", "3"),
    ],
)
def test_of_a_table_only_its_cells_and_words_are_left(html: str, safe: str) -> None:
    assert safe in safe_table(html)
    assert not Markup(safe_table(html)).active
