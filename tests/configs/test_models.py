"""Named models beside the default one: what they inherit, and from where they are set."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.settings import LLMSettings, Settings, load_settings

KEY = "sk-very-secret-1234"
DEFAULT = f"llm: {{provider: openai, base_url: 'http://a/v1', model: big, api_key: {KEY}, timeout_s: 5, seed: 1}}\n"


def _load(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "c.yaml").write_text(text)
    return load_settings(tmp_path / "c.yaml")


def _key(settings: LLMSettings) -> str | None:
    return settings.api_key.get_secret_value() if settings.api_key else None


def test_there_are_none_at_first() -> None:
    assert load_settings().models == {}


def test_an_entry_inherits_what_it_does_not_set(tmp_path: Path) -> None:
    small = _load(tmp_path, f"{DEFAULT}models: {{small: {{model: tiny, seed: 2}}}}").models["small"]
    assert (small.provider, small.base_url, small.model) == ("openai", "http://a/v1", "tiny")
    assert (_key(small), small.timeout_s, small.seed) == (KEY, 5, 2)


def test_what_describes_one_model_is_not_inherited(tmp_path: Path) -> None:
    text = "llm: {provider: openai, model: big, fallback: small, context_tokens: 9000}\nmodels: {small: {model: tiny}}"
    small = _load(tmp_path, text).models["small"]
    assert (small.fallback, small.context_tokens) == (None, None)


def test_the_key_is_not_sent_to_another_server(tmp_path: Path) -> None:
    settings = _load(
        tmp_path, f"{DEFAULT}models: {{there: {{base_url: 'http://b/v1'}}, here: {{base_url: 'http://a/v1'}}}}"
    )
    assert _key(settings.models["there"]) is None
    assert _key(settings.models["here"]) == KEY


def test_a_named_model_is_behind_an_endpoint_though_the_default_is_not(tmp_path: Path) -> None:
    settings = _load(tmp_path, "models: {fast: {base_url: 'http://a/v1', model: tiny}}")
    assert (settings.llm.provider, settings.models["fast"].provider) == ("extractive", "openai")


def test_file_and_environment_make_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDTABLE_MODELS__FAST__MODEL", "from-environment")
    monkeypatch.setenv("ROUNDTABLE_MODELS__FAST__STOP", "END")
    monkeypatch.setenv("ROUNDTABLE_MODELS__NEW__CONTEXT_TOKENS", "4096")
    models = _load(tmp_path, "models: {fast: {model: from-file, timeout_s: 7}}").models
    assert (models["fast"].model, models["fast"].timeout_s, models["fast"].stop) == ("from-environment", 7, ("END",))
    assert models["new"].context_tokens == 4096


def test_the_environment_may_hold_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDTABLE_MODELS", '{"fast": {"model": "tiny"}}')
    assert load_settings().models["fast"].model == "tiny"


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("ROUNDTABLE_MODELS__FAST__SPEED", "1", "is not a setting. Known settings: "),
        ("ROUNDTABLE_MODELS__FAST", "tiny", "is not a setting"),
        ("ROUNDTABLE_MODELS____MODEL", "tiny", "is not a setting"),
        ("ROUNDTABLE_MODELS__FAST__MODEL__NAME", "tiny", "is not a setting"),
        ("ROUNDTABLE_LLM__MODEL__NAME", "tiny", "is not a setting"),
        ("ROUNDTABLE_MODELS__FAST__TIMEOUT_S", "soon", "ROUNDTABLE_MODELS__FAST__TIMEOUT_S is wrong"),
        ("ROUNDTABLE_MODELS__FAST__PROVIDER", "extractive", "'fast' has the provider extractive"),
        ("ROUNDTABLE_MODELS", "fast", "not valid JSON"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as raised:
        load_settings()
    assert part in str(raised.value)


def test_the_known_settings_name_those_of_a_named_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUNDTABLE_MODELS__FAST__SPEED", "1")
    with pytest.raises(ConfigError, match="ROUNDTABLE_MODELS__NAME__MODEL"):
        load_settings()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("models: {fast: {speed: 3}}", "MODELS__FAST__SPEED"),
        ("models: {Fast: {}}", "'Fast' is no name for a model"),
        ("models: {a__b: {}}", "'a__b' is no name for a model"),
        ("models: {快: {}}", "'快' is no name for a model"),
        ("models: {1: {}}", "ROUNDTABLE_MODELS is wrong"),
        ("models: {fast: tiny}", "ROUNDTABLE_MODELS__FAST is wrong"),
        ("models: [fast]", "ROUNDTABLE_MODELS is wrong"),
        ("llm: {context_tokens: 0}", "LLM__CONTEXT_TOKENS"),
    ],
)
def test_a_wrong_file_is_explained(tmp_path: Path, content: str, part: str) -> None:
    with pytest.raises(ConfigError, match=part):
        _load(tmp_path, content)


@pytest.mark.parametrize("entry", [f"{{api_key: {KEY}, provider: 3}}", f"{{api_key: [{KEY}]}}", f"'{KEY}'"])
def test_a_wrong_entry_does_not_show_its_key(tmp_path: Path, entry: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _load(tmp_path, f"models: {{fast: {entry}}}")
    assert KEY not in str(raised.value)


def test_the_keys_of_named_models_are_in_no_text(tmp_path: Path) -> None:
    settings = _load(tmp_path, f"{DEFAULT}models: {{small: {{model: tiny}}}}")
    assert KEY not in f"{settings!r} {settings} {settings.model_dump()}"
