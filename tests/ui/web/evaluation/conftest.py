"""The evaluation tab before one real application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from configs.settings import Settings
from tests.ui.web.evaluation.given import Here
from tests.ui.web.real_app import KB, real_app
from ui.web.evaluation.page import EvaluationPage


@pytest.fixture(scope="package")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """Served for as long as the tests of this package last."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(data_dir=home, kb=KB)
    with real_app(home, lambda backend: [EvaluationPage(backend.app, settings)]) as (url, app):
        yield Here(url, app, home)
