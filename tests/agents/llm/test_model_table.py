"""What is known of models by name, and what a reply costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.llm.model_table import OURS, ModelEntry, entry, read_table
from agents.llm.openai_compatible import OpenAICompatible
from configs.errors import ConfigError
from configs.settings import LLMSettings
from tests.agents.llm.asking import ask
from tests.openai_server import ScriptedServer, raw_events

USAGE = '{"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 2000}}'
FINE = '{"choices": [{"delta": {"content": "fine"}, "finish_reason": "stop"}]}'


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def test_our_table_is_well_formed() -> None:
    table = read_table(OURS)
    assert len(table) > 30
    assert all(found.context_tokens for found in table.values())


@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("gpt-4o", 2.5),
        ("GPT-4o", 2.5),
        ("gpt-4o-mini", 0.15),
        ("gpt-4o-mini-2024-07-18", 0.15),
        ("gpt-4o-2024-08-06", 2.5),
        ("gpt-4o-2024-05-13", 5.0),
        ("openai/gpt-4o", 2.5),
        ("claude-sonnet-4-5-20250929", 3.0),
    ],
)
def test_the_longest_matching_name_counts(model: str, prompt: float) -> None:
    assert entry(model).prompt == prompt


@pytest.mark.parametrize("model", ["tiny", "gpt-oss-20b", "gpt", "", "通义千问", "qwen2.5:7b"])
def test_of_other_models_nothing_is_known(model: str) -> None:
    assert entry(model) == ModelEntry()


def test_a_table_of_ones_own_goes_before_ours(own: Path) -> None:
    own.write_text("gpt-*: {prompt: 7}\n通义*: {context_tokens: 9000}\n", encoding="utf-8")
    assert entry("gpt-4o", own) == ModelEntry(prompt=7)
    assert entry("通义千问", own).context_tokens == 9000
    assert entry("o3", own).prompt == 2.0


def test_an_empty_table_knows_nothing(own: Path) -> None:
    own.write_text("# nothing yet\n")
    assert read_table(own) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {}\nb: {price: 3}", r"Line 2 .*'b'.*'price'"),
        ("a: {}\n\nb:\n  prompt: cheap", r"Line 3 .*'b'.*'prompt'"),
        ("a: {prompt: -1}", r"Line 1 .*'a'.*'prompt'"),
        ("a: {prompt: .nan}", r"Line 1 .*'a'.*'prompt'"),
        ("a: {context_tokens: 0}", r"Line 1 .*'a'.*'context_tokens'"),
        ("a: {context_tokens: '8k'}", r"Line 1 .*'a'.*'context_tokens'"),
        ("a: 128000", r"Line 1 .*'a'.*the entry is wrong"),
        ("a: {}\nA: {}", "Line 2 .*second time"),
        ("a*b: {}", "Line 1 .*at its end only"),
        ("? [a]\n: {}", "Line 1 .*no name"),
        ("- a", "Line 1 .*not a mapping"),
        ("a: {}\nb: [", "Line 2 .*not valid YAML"),
        ("a: !!python/name:os.system x", "Line 1 .*not valid YAML"),
    ],
)
def test_a_malformed_table_is_explained(own: Path, text: str, words: str) -> None:
    own.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        entry("a", own)
    assert str(own) in caught.value.message
    assert "ROUNDTABLE_MODEL_TABLE" in caught.value.hint


def test_a_missing_table_is_named(own: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        OpenAICompatible(LLMSettings(provider="openai", model="tiny"), table=own)


def test_a_table_that_is_no_text_is_named(own: Path) -> None:
    own.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        entry("a", own)


@pytest.mark.parametrize(("model", "cost"), [("gpt-4o", 0.0225), ("tiny", 0.0)])
def test_a_reply_says_what_it_cost(model: str, cost: float) -> None:
    with ScriptedServer([raw_events(FINE, USAGE)]) as server:
        settings = LLMSettings(provider="openai", model=model, base_url=server.base_url)
        assert ask(OpenAICompatible(settings)).cost == pytest.approx(cost)
