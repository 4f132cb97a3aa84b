from __future__ import annotations

import pytest

from agents.llm.endpoint import Endpoint
from agents.llm.openai_compatible import OpenAICompatible
from configs.errors import ConfigError
from configs.settings import LLMSettings


def _settings(**given: str | None) -> LLMSettings:
    return LLMSettings.model_validate({"provider": "openai", "model": "tiny", **given})


def test_without_an_address_it_is_openai() -> None:
    assert Endpoint.of(_settings()).base_url == "https://api.openai.com/v1"


def test_errors_name_host_port_and_model_and_nothing_else() -> None:
    endpoint = Endpoint.of(_settings(base_url="http://user:pw@[::1]:8080/v1?k=v", api_key="sk-1"))
    assert str(endpoint) == "The endpoint [::1]:8080 (model tiny)"


@pytest.mark.parametrize("model", [None, ""])
def test_a_model_must_be_named(model: str | None) -> None:
    with pytest.raises(ConfigError, match="ROUNDTABLE_LLM__MODEL"):
        OpenAICompatible(_settings(model=model))


@pytest.mark.parametrize(
    "base_url",
    [
        "127.0.0.1:8080/v1",
        "localhost",
        "ftp://host/v1",
        "http://",
        "http:///v1",
        "http://h:99999/v1",
        "http://[::1",
        "http://a b/v1",
        "http://a..b/v1",
        "http://a\n.b/v1",
    ],
)
def test_an_address_must_be_whole(base_url: str) -> None:
    with pytest.raises(ConfigError, match="ROUNDTABLE_LLM__BASE_URL"):
        OpenAICompatible(_settings(base_url=base_url))


@pytest.mark.parametrize("key", ["sk-“quoted”", "sk-a\nb", "sk-\x00"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    with pytest.raises(ConfigError, match="ROUNDTABLE_LLM__API_KEY") as caught:
        OpenAICompatible(_settings(api_key=key))
    assert "sk-" not in str(caught.value)


def test_the_line_break_at_the_end_of_a_key_is_dropped() -> None:
    assert Endpoint.of(_settings(api_key="sk-1\n")).key.get_secret_value() == "sk-1"


def test_quoting_masks_the_key_before_it_cuts() -> None:
    endpoint = Endpoint.of(_settings(api_key="sk-secret"))
    quoted = endpoint.quote("x" * 195 + " sk-secret\nand more")
    assert "sk-" not in quoted
    assert "\n" not in quoted
    assert len(quoted) <= 201
    assert "sk-secret" not in repr(endpoint)
