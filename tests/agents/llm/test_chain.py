"""From names in the settings to models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.errors import ModelAuthError, ModelError
from agents.llm.chain import model_chain, open_model
from configs.errors import ConfigError
from configs.settings import Settings
from tests.agents.llm.asking import ask
from tests.openai_server import ScriptedServer, fail, say


def _settings(models: dict[str, dict[str, Any]], **llm: Any) -> Settings:
    return Settings.model_validate({"llm": {"provider": "openai", "model": "big", **llm}, "models": models})


def _names(settings: Settings, name: str = "") -> list[str | None]:
    return [model.model for model in model_chain(settings, name)]


def test_the_empty_name_is_the_default_model() -> None:
    assert _names(_settings({})) == ["big"]


def test_a_chain_follows_the_fallbacks() -> None:
    settings = _settings({"a": {"model": "A", "fallback": "b"}, "b": {"model": "B"}}, fallback="a")
    assert _names(settings) == ["big", "A", "B"]
    assert _names(settings, "a") == ["A", "B"]
    assert _names(settings, "b") == ["B"]


def test_an_empty_fallback_is_none() -> None:
    assert _names(_settings({}, fallback="")) == ["big"]


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"no model 'smal', asked for\. .*: fast, small\."):
        model_chain(_settings({"small": {}, "fast": {}}), "smal")


@pytest.mark.parametrize("typo", ["smal", "Small", "llm"])
def test_a_fallback_with_a_typo_is_refused(typo: str) -> None:
    with pytest.raises(ConfigError, match=f"no model '{typo}', the fallback of llm"):
        model_chain(_settings({"small": {}}, fallback=typo), "")


@pytest.mark.parametrize(
    ("models", "name", "circle"),
    [
        ({"a": {"fallback": "a"}}, "a", "a → a"),
        ({"a": {"fallback": "b"}, "b": {"fallback": "a"}}, "", "llm → a → b → a"),
    ],
)
def test_a_circle_of_fallbacks_is_refused(models: dict[str, dict[str, Any]], name: str, circle: str) -> None:
    settings = _settings(models, fallback="a")
    with pytest.raises(ConfigError, match=circle):
        model_chain(settings, name)
    with pytest.raises(ConfigError, match=circle):
        open_model(settings, name, lambda _: None)


def test_the_default_model_without_an_endpoint_cannot_be_opened() -> None:
    with pytest.raises(ConfigError, match="extractive"):
        open_model(Settings(), "", lambda _: None)


def test_what_is_wrong_with_a_named_model_is_said_of_its_own_setting() -> None:
    settings = _settings({"fast-one": {"base_url": "nowhere"}})
    with pytest.raises(ConfigError, match="ROUNDTABLE_MODELS__FAST-ONE__BASE_URL"):
        open_model(settings, "fast-one", lambda _: None)


def test_the_hint_of_a_failing_named_model_names_its_own_setting() -> None:
    with ScriptedServer([fail(401)]) as server, pytest.raises(ModelAuthError) as caught:
        ask(open_model(_settings({"fast": {"base_url": server.base_url}}), "fast", lambda _: None))
    assert "ROUNDTABLE_MODELS__FAST__API_KEY" in caught.value.hint


def test_the_users_table_reaches_the_model(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("big: {context_tokens: 7000}\n")
    settings = _settings({}).model_copy(update={"model_table": tmp_path / "mine.yaml"})
    assert open_model(settings, "", lambda _: None).context_tokens() == 7000


def test_an_opened_chain_falls_back_and_says_so() -> None:
    noted: list[ModelError] = []
    with (
        ScriptedServer([fail(400, "no")]) as first,
        ScriptedServer([fail(403)]) as second,
        ScriptedServer([say("third")]) as third,
    ):
        models = {"b": {"base_url": second.base_url, "fallback": "c"}, "c": {"base_url": third.base_url}}
        settings = _settings(models, base_url=first.base_url, fallback="b")
        assert ask(open_model(settings, "", noted.append)).text == "third"
    assert len(noted) == 2
