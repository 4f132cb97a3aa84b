"""What is read again while sources are followed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.app import App, build_app
from configs.settings import FetchSettings, Settings
from retrieval.errors import SourceError
from tests.retrieval.site import page, running
from ui.actions import ingest
from ui.following import changes, follow


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    fetch = FetchSettings(allow_hosts=("127.0.0.1",))
    app = build_app(settings.model_copy(update={"fetch": fetch}))
    yield app
    app.close()


def test_web_pages_are_fetched_once_and_stay(app: App, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "one.md").write_text("# One\n\nThe first document.\n")

    def saves() -> Iterator[None]:
        (folder / "two.md").write_text("# Two\n\nThe second document.\n")
        yield
        (folder / "one.md").unlink()
        yield

    with running() as site:
        site.answers["/page.html"] = page(b"<h1>Page</h1><p>The bell rings at noon.</p>")
        sources = [str(folder), site.url("/page.html")]
        first, error = ingest(app, inputs=sources, kb="kb", tell=lambda *_: None)
        assert error is None
        assert [d["status"] for d in first["documents"]] == ["indexed", "indexed"]
        asked = len(site.requests)
        follow(saves(), app, sources, {"kb": "kb"}, as_json=True)
        assert len(site.requests) == asked
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    statuses = [sorted(d["status"] for d in line["documents"]) for line in told]
    assert statuses == [["indexed", "unchanged"], ["removed", "unchanged"]]
    kept = {Path(document.source).name for document in app.library.open("kb").documents()}
    assert kept == {"two.md", "page.html"}


def test_web_pages_alone_cannot_be_watched(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Web pages cannot be watched"):
        changes(["https://example.org/page.html"], home=tmp_path)
