"""Settings come from defaults, file and environment; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.logs import redact
from configs.settings import child_environment, load_settings


def test_the_defaults_are_safe() -> None:
    settings = load_settings()
    assert settings.ui.host == "127.0.0.1"
    assert settings.llm.provider == "extractive"
    assert settings.llm.api_key is None


def test_the_environment_outranks_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "c.yaml").write_text("llm: {model: from-file, timeout_s: 5}\n")
    monkeypatch.setenv("ROUNDTABLE_LLM__MODEL", "from-environment")
    settings = load_settings(tmp_path / "c.yaml")
    assert (settings.llm.model, settings.llm.timeout_s) == ("from-environment", 5)


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDTABLE_SANDBOX__BACKENDS", "bubblewrap,none")
    assert load_settings().sandbox.backends == ("bubblewrap", "none")


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("ROUNDTABLE_LLM__TIMEOUT_S", "soon", "ROUNDTABLE_LLM__TIMEOUT_S is wrong"),
        ("ROUNDTABLE_LLM__PROVIDER", "magic", "'extractive' or 'openai'"),
        ("ROUNDTABLE_LLM__TEMPRATURE", "1", "is not a setting. Known settings: "),
        ("ROUNDTABLE_SANDBOX__BACKENDS", "chroot", "ROUNDTABLE_SANDBOX__BACKENDS"),
        ("ROUNDTABLE_SPEED", "11", "is not a setting"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as raised:
        load_settings()
    assert part in str(raised.value)


@pytest.mark.parametrize(
    ("content", "part"),
    [("llm: {speed: 3}", "LLM__SPEED"), ("- a list", "must hold a mapping"), ("a: [", "not valid YAML")],
)
def test_a_wrong_file_is_explained(tmp_path: Path, content: str, part: str) -> None:
    (tmp_path / "c.yaml").write_text(content)
    with pytest.raises(ConfigError, match=part):
        load_settings(tmp_path / "c.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere[.]yaml cannot be read"):
        load_settings(tmp_path / "nowhere.yaml")


def test_the_key_is_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDTABLE_LLM__API_KEY", "sk-very-secret-1234")
    settings = load_settings()
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump()}"
    assert "ROUNDTABLE_LLM__API_KEY" not in child_environment()


@pytest.mark.parametrize("text", ["Authorization: Bearer abcdef123456", "api_key=abcdef123456", "key sk-abcdef123456"])
def test_logs_black_out_keys(text: str) -> None:
    assert "abcdef123456" not in redact(text)
