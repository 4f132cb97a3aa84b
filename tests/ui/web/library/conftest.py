from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.app import App, build_app
from configs.settings import EmbeddingSettings, ParsingSettings, Settings


def settings_in(home: Path) -> Settings:
    """Small files only; a backend that is ready without converting the model."""
    return Settings(
        data_dir=home,
        kb="handbook",
        embedding=EmbeddingSettings(backend="torch-fp32"),
        parsing=ParsingSettings(max_file_mb=1),
    )


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An application without a page."""
    app = build_app(settings_in(tmp_path_factory.mktemp("home")), exclusive=True)
    yield app
    app.close()
