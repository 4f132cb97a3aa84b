"""Evidence over HTTP: who opened it sees it, everyone else is told nothing."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from PIL import Image

from agents.events import Retrieved, RunCompleted
from tests.retrieval.evidence.pixels import yellow
from tests.ui.web.conftest import served
from tests.ui.web.exhibited import CHINESE, MARKDOWN, PDF, furnish
from tests.ui.web.scripted import ScriptedBackend, discussion, passage
from tests.ui.web.visitor import Visitor
from tests.ui.web.waiting import until


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ScriptedBackend, str]]:
    backend = ScriptedBackend(discussion)
    with served(backend, tmp_path_factory.mktemp("home")) as url:
        yield backend, url


@pytest.fixture
def backend(server: tuple[ScriptedBackend, str], tmp_path: Path) -> ScriptedBackend:
    server[0].reset(discussion)
    furnish(server[0], tmp_path)
    return server[0]


@pytest.fixture
def reader(backend: ScriptedBackend, server: tuple[ScriptedBackend, str]) -> Visitor:
    """Someone whose question was answered."""
    visitor = Visitor(server[1])
    visitor.ask("How much?")
    until(lambda: bool(visitor.cite(PDF)))
    return visitor


def image_address(html: str) -> str:
    found = re.search(r'src="([^"]+)"', html)
    assert found
    return f"/{found[1]}"


def test_an_opened_page_is_an_image_with_the_quote_marked(reader: Visitor) -> None:
    answer = reader.client.get(image_address(reader.cite(PDF)))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-store"
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    image = Image.open(io.BytesIO(answer.content))
    assert image.width == 1400
    assert yellow(image)


def test_the_other_pages_are_plain(reader: Visitor) -> None:
    address = image_address(reader.cite(PDF))
    for page in ("1", "3"):
        answer = reader.client.get(re.sub(r"/2\?.*", f"/{page}", address))
        assert answer.status_code == 200
        assert yellow(Image.open(io.BytesIO(answer.content))) is None


def test_the_original_is_a_download_under_its_own_name(reader: Visitor, tmp_path: Path) -> None:
    reader.cite(CHINESE)
    answer = reader.client.get("/evidence/handbook/d-zh/d-zh-1/original")
    assert answer.content == (tmp_path / "手册.md").read_bytes()
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%E6%89%8B%E5%86%8C.md"
    assert answer.headers["content-type"] == "application/octet-stream"


def test_another_browser_sees_nothing_of_it(reader: Visitor, server: tuple[ScriptedBackend, str]) -> None:
    address = image_address(reader.cite(PDF))
    stranger = Visitor(server[1])
    for client in (stranger.client, httpx.Client(base_url=server[1])):
        for path in (address, "/evidence/handbook/d-pdf/d-pdf-1/original"):
            answer = client.get(path)
            assert (answer.status_code, answer.text) == (404, "Not found.\n")
    assert stranger.cite(PDF) == ""


@pytest.mark.parametrize(
    "path",
    [
        "handbook/d-md/d-md-1/original",
        "handbook/d-pdf/d-pdf-2/2",
        "handbook/d-md/d-pdf-1/2",
        "员工手册/d-pdf/d-pdf-1/2",
        "handbook/handbook.pdf/d-pdf-1/2",
        "handbook/%2Fetc%2Fpasswd/d-pdf-1/original",
        "handbook/..%2F..%2Fetc%2Fpasswd/d-pdf-1/2",
        "handbook/d-pdf/d-pdf-1/0",
        "handbook/d-pdf/d-pdf-1/4",
        "handbook/d-pdf/d-pdf-1/-1",
        "handbook/d-pdf/d-pdf-1/2.5",
        "handbook/d-pdf/d-pdf-1/original.pdf",
        f"handbook/d-pdf/d-pdf-1/{'9' * 5000}",
        "handbook/d-pdf/d-pdf-1/",
        "handbook/d-pdf/d-pdf-1",
        "",
    ],
)
def test_a_changed_address_leads_nowhere(reader: Visitor, path: str) -> None:
    answer = reader.client.get(f"/evidence/{path}")
    assert answer.status_code == 404
    assert "handbook" not in answer.text
    assert "Traceback" not in answer.text


def test_what_was_found_but_never_opened_is_not_served(reader: Visitor) -> None:
    assert reader.client.get("/evidence/handbook/d-md/d-md-1/original").status_code == 404
    reader.cite(MARKDOWN)
    assert reader.client.get("/evidence/handbook/d-md/d-md-1/original").status_code == 200


def test_a_gone_original_is_told_beside_its_text_and_not_served(reader: Visitor, tmp_path: Path) -> None:
    (tmp_path / "rates.md").unlink()
    (tmp_path / "handbook.pdf").unlink()
    for marker, words in ((MARKDOWN, "<mark>Porto </mark>"), (PDF, "<mark>up to 120 euros</mark>")):
        html = reader.cite(marker)
        assert "The original is no longer there." in html
        assert words in html
        assert "<img" not in html
        assert "href" not in html
    assert reader.client.get("/evidence/handbook/d-md/d-md-1/original").status_code == 404


def test_an_original_that_cannot_be_drawn_is_told_beside_its_text(
    backend: ScriptedBackend, server: tuple[ScriptedBackend, str]
) -> None:
    kept = backend.shelf["handbook", "d-md"]
    document = replace(kept.document, id="d-bad", media_type="application/pdf", pages=1)
    backend.shelf["handbook", "d-bad"] = replace(kept, document=document)
    found = passage(5, "Hotels are paid.", document_id="d-bad", page=1)
    backend.script = lambda _: [
        Retrieved(agent="retriever", query="q", passages=(found,)),
        RunCompleted(answer="", abstained=False),
    ]
    reader = Visitor(server[1])
    reader.ask("How much?")
    until(lambda: bool(reader.cite(5)))
    html = reader.cite(5)
    assert "not a picture" in html
    assert "Hotels are paid." in html
    assert "<img" not in html


def test_a_removed_document_is_told_beside_its_text(reader: Visitor, backend: ScriptedBackend) -> None:
    backend.shelf.clear()
    html = reader.cite(CHINESE)
    assert "no longer in the knowledge base" in html
    assert "<mark>十二天带薪年假</mark>" in html


def test_a_page_drawn_before_its_document_was_removed_is_not_served(reader: Visitor, backend: ScriptedBackend) -> None:
    address = image_address(reader.cite(PDF))
    assert reader.client.get(address).status_code == 200
    backend.shelf.clear()
    assert reader.client.get(address).status_code == 404


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(server: tuple[ScriptedBackend, str]) -> None:
    answer = httpx.get(server[1])
    cookie = answer.headers["set-cookie"]
    assert re.fullmatch(r"roundtable_\d+=[\w-]{43}; Path=/; HttpOnly; SameSite=Strict", cookie)
    assert "set-cookie" not in httpx.get(server[1], cookies=answer.cookies).headers
    assert "set-cookie" in httpx.get(server[1], headers={"Cookie": f"{cookie.split('=')[0]}=chosen"}).headers
    assert "set-cookie" not in httpx.get(server[1], headers={"Sec-Fetch-Site": "cross-site"}).headers


def test_drawing_never_holds_up_the_page(reader: Visitor, server: tuple[ScriptedBackend, str]) -> None:
    reader.cite(PDF)
    pages = [
        threading.Thread(target=reader.client.get, args=(f"/evidence/handbook/d-pdf/d-pdf-1/{n % 3 + 1}",))
        for n in range(6)
    ]
    for thread in pages:
        thread.start()
    slowest = 0.0
    while any(thread.is_alive() for thread in pages):
        started = time.monotonic()
        httpx.get(f"{server[1]}/api/health")
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < 1
