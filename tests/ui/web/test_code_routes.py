"""Approvals and what code made over HTTP, from browsers that lie."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agents.events import RunCompleted
from tests.ui.web.computed import artifact, computing, drawn, ran, request, written
from tests.ui.web.conftest import served
from tests.ui.web.scripted import ScriptedBackend, discussion, sha256
from tests.ui.web.visitor import Visitor

Server = tuple[ScriptedBackend, str, Path]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    backend, home = ScriptedBackend(discussion), tmp_path_factory.mktemp("home")
    with served(backend, home) as url:
        yield backend, url, home / "artifacts"


@pytest.fixture
def folder(server: Server, request: pytest.FixtureRequest) -> Path:
    folder = server[2] / re.sub(r"\W", "_", request.node.name)[:100]
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def backend(server: Server, folder: Path) -> ScriptedBackend:
    server[0].reset(discussion)
    server[0].script = computing(server[0], folder)
    return server[0]


@pytest.fixture
def owner(server: Server, backend: ScriptedBackend) -> Visitor:
    """Someone whose run waits for approval."""
    visitor = Visitor(server[1])
    visitor.ask("Plot the rates.")
    visitor.watch("Waiting for your approval.")
    return visitor


def decide(visitor: Visitor, **changes: Any) -> str:
    sent = {"approval_id": "a1", "approved": True, "code_sha256": request().code_sha256, "code": None, "reason": ""}
    return visitor.act("decide", **{**sent, **changes}).text


def test_the_owner_decides_once(owner: Visitor, backend: ScriptedBackend) -> None:
    assert "problem" not in decide(owner, code="print(2)", reason="Smaller.")
    owner.watch("Done.")
    assert [(a.approved, a.code, a.reason) for a in backend.answers] == [(True, "print(2)", "Smaller.")]
    assert "This code no longer waits for an answer." in decide(owner, approved=False)
    assert len(backend.answers) == 1


def test_an_answer_in_another_conversation_decides_nothing(
    owner: Visitor, server: Server, backend: ScriptedBackend
) -> None:
    other = Visitor(server[1])
    backend.script = discussion
    other.ask("How much?")
    other.watch("Done.")
    assert "This code no longer waits for an answer." in decide(other)
    assert backend.answers == []
    decide(owner, approved=False)


def test_an_answer_about_other_code_is_told(owner: Visitor, backend: ScriptedBackend) -> None:
    assert "This is not the code that waits." in decide(owner, code_sha256=sha256("print(1)"))
    assert backend.answers == []
    decide(owner, approved=False)


@pytest.mark.parametrize(
    "change",
    [
        {"approved": "true"},
        {"approved": 1},
        {"code": 7},
        {"code": ["print(1)"]},
        {"code": "x" * 1_000_001},
        {"code": ""},
        {"reason": None},
        {"reason": "x" * 5000},
        {"approval_id": {"$ne": ""}},
        {"code_sha256": None},
    ],
)
def test_a_forged_decision_has_no_effect(owner: Visitor, backend: ScriptedBackend, change: dict[str, Any]) -> None:
    assert "Traceback" not in decide(owner, **change)
    assert backend.answers == []
    decide(owner, approved=False)


@pytest.mark.parametrize("sent", [None, [], "approve", 1])
def test_a_forged_event_has_no_effect(owner: Visitor, backend: ScriptedBackend, sent: Any) -> None:
    assert owner.client.post(f"/conversations/{owner.conversation}/decide", json=sent).status_code == 422
    assert backend.answers == []
    decide(owner, approved=False)


@pytest.mark.parametrize("team", ["nobody", "../teams/qa.yaml", "/etc/passwd", "qa.yaml", 7, ["qa"], {"a": 1}])
def test_a_forged_team_is_never_asked(server: Server, backend: ScriptedBackend, team: Any) -> None:
    visitor = Visitor(server[1])
    visitor.ask("How much?", team=team)
    assert all(known in (None, "qa", "analyst") for _, known in backend.begun)


def addresses(visitor: Visitor) -> list[str]:
    screen = visitor.watch("Done.")
    return list(dict.fromkeys(re.findall(r"artifacts/[0-9a-f]{32}/(?:view|file)", screen)))


def shown(backend: ScriptedBackend, url: str, *made: Any) -> tuple[Visitor, list[str]]:
    """Someone who was shown what code made, and the addresses."""
    backend.script = lambda _: [ran(artifacts=made), RunCompleted(answer="Look.", abstained=False)]
    visitor = Visitor(url)
    visitor.ask("Plot the rates.")
    return visitor, addresses(visitor)


def test_a_picture_is_looked_at_and_every_file_downloaded(
    server: Server, backend: ScriptedBackend, folder: Path
) -> None:
    picture = drawn(folder / "rates.png")
    visitor, (view, file) = shown(backend, server[1], picture)
    seen, saved = visitor.client.get(f"/{view}"), visitor.client.get(f"/{file}")
    assert seen.content == saved.content == (folder / "rates.png").read_bytes()
    assert seen.headers["content-type"] == "image/png"
    assert "content-disposition" not in seen.headers
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''rates.png"
    for answer in (seen, saved):
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("report.html", "text/html"),
        ("table-1.html", "text/html"),
        ("a.svg", "image/svg+xml"),
        ("a.js", "text/javascript"),
        ("图\r\nX-Evil: 1.csv", "text/csv"),
    ],
)
def test_nothing_else_is_opened_by_a_browser(
    server: Server, backend: ScriptedBackend, folder: Path, name: str, media_type: str
) -> None:
    found = {**written(folder / "file", "<script>alert(1)</script>", media_type), "name": name}
    visitor, links = shown(backend, server[1], found)
    (file,) = links
    answer = visitor.client.get(f"/{file}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert "x-evil" not in answer.headers
    assert visitor.client.get(f"/{file.replace('/file', '/view')}").status_code == 404


def test_only_the_browser_that_was_shown_it_gets_it(server: Server, backend: ScriptedBackend, folder: Path) -> None:
    _, links = shown(backend, server[1], drawn(folder / "rates.png"))
    for client in (Visitor(server[1]).client, httpx.Client(base_url=server[1])):
        for address in links:
            answer = client.get(f"/{address}")
            assert (answer.status_code, answer.text) == (404, "Not found.\n")


@pytest.mark.parametrize("part", ["", "view/", "original", "file%2F..", "../../etc/passwd", "%2Fetc%2Fpasswd", "0"])
def test_a_changed_address_leads_nowhere(server: Server, backend: ScriptedBackend, folder: Path, part: str) -> None:
    visitor, (view, _) = shown(backend, server[1], drawn(folder / "rates.png"))
    answer = visitor.client.get(f"/{view.removesuffix('view')}{part}")
    assert answer.status_code in (307, 404)
    assert "Traceback" not in answer.text


def test_what_is_gone_or_replaced_is_told_in_a_sentence(
    server: Server, backend: ScriptedBackend, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    names = ("gone.csv", "linked.csv", "pipe.csv")
    visitor, links = shown(backend, server[1], *(written(folder / name, "a", "text/csv") for name in names))
    for name in names:
        (folder / name).unlink()
    (folder / "linked.csv").symlink_to(tmp_path / "secret.csv")
    os.mkfifo(folder / "pipe.csv")
    assert len(links) == 3
    for address in links:
        answer = visitor.client.get(f"/{address}")
        assert answer.status_code == 404
        assert answer.text == "The file is no longer there, or is not what it was.\n"


def test_a_path_beside_the_folder_is_not_served(server: Server, backend: ScriptedBackend, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("secret")
    climbing = f"{server[2]}/../../../{tmp_path}/secret.csv"
    beside = artifact(tmp_path / "secret.csv", "text/csv")
    visitor, links = shown(backend, server[1], beside, {**beside, "path": climbing})
    assert len(links) == 2
    assert [visitor.client.get(f"/{address}").status_code for address in links] == [404, 404]


def test_pictures_that_are_none_or_too_large_to_draw_are_only_downloads(
    server: Server, backend: ScriptedBackend, folder: Path
) -> None:
    (folder / "no.png").write_text("<script>alert(1)</script>")
    made = (
        artifact(folder / "no.png", "image/png"),
        {**drawn(folder / "wrong.png"), "media_type": "image/jpeg"},
        drawn(folder / "huge.png", size=(50_000, 1_001)),
    )
    visitor, links = shown(backend, server[1], *made)
    answers = {(address.split("/")[-1], visitor.client.get(f"/{address}").status_code) for address in links}
    assert answers == {("view", 404), ("file", 200)}
