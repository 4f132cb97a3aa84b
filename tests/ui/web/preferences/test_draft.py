"""What a browser asks for becomes changes, unless it is wrong, fixed, or would send a key where it does not belong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from configs.saving import Name, Source
from configs.settings import Settings
from ui.web.preferences.draft import Changes, Draft, State, drafted

OFFERED = {
    "providers": ("extractive", "openai"),
    "approvals": ("always", "never", "risky"),
    "strategies": ("hybrid", "lexical"),
    "teams": ("careful", "qa"),
    "kbs": ("handbook",),
}
OURS = {"llm": {"provider": "openai", "model": "m", "base_url": "http://ours/v1", "api_key": "sk-ours"}}


def state(saved: Mapping[str, Any] | None = None, fixed: Mapping[Name, Source] | None = None) -> State:
    return State(settings=Settings(**(saved or {})), saved=saved or {}, fixed=fixed or {}, offered=OFFERED)


def keys(draft: Draft) -> dict[str, str]:
    return {key: mistake.key for key, mistake in draft.mistakes.items()}


def test_each_field_is_changed_by_itself() -> None:
    asked = Changes(fields={"llm/temperature": "0.3", "team": "careful", "sandbox/approval": "always"})
    assert drafted(asked, state()).changes == {
        ("llm", "temperature"): 0.3,
        ("team",): "careful",
        ("sandbox", "approval"): "always",
    }


def test_what_is_no_field_of_the_page_is_not_looked_at() -> None:
    asked = Changes(
        fields={"data_dir": "/etc", "ui/host": "0.0.0.0", "sandbox/dangerously_run_without_isolation": "true"},
        forget=["ui"],
        remove=["none", "../x"],
    )
    draft = drafted(asked, state())
    assert (draft.changes, draft.mistakes, draft.names) == ({}, {}, {})


def test_every_wrong_field_has_its_own_mistake() -> None:
    asked = Changes(fields={"llm/base_url": "nope", "llm/temperature": "-1", "team": "nobody", "kb": "handbook"})
    assert keys(drafted(asked, state())) == {
        "llm/base_url": "preferences.wrong_address",
        "llm/temperature": "preferences.wrong_range",
        "team": "preferences.wrong_choice",
    }


@pytest.mark.parametrize(
    ("fixed", "key"),
    [
        ({("llm", "model"): "environment"}, "llm/model"),
        ({("llm",): "environment"}, "llm/model"),
        ({("llm", "api_key"): "environment"}, "llm/base_url"),
    ],
)
def test_what_is_fixed_elsewhere_or_belongs_to_a_key_that_is_cannot_be_changed(
    fixed: Mapping[Name, Source], key: str
) -> None:
    assert keys(drafted(Changes(fields={key: "http://a/v1"}), state(fixed=fixed))) == {
        key: "preferences.fixed_environment"
    }


def test_a_key_does_not_follow_to_another_address() -> None:
    draft = drafted(Changes(fields={"llm/base_url": "http://theirs/v1"}), state(OURS))
    assert draft.changes == {("llm", "base_url"): "http://theirs/v1", ("llm", "api_key"): None}
    assert draft.forgotten == [("llm", "api_key")]


def test_a_key_written_with_its_address_is_kept() -> None:
    fields = {"llm/base_url": "http://theirs/v1", "llm/api_key": "sk-theirs"}
    draft = drafted(Changes(fields=fields), state(OURS))
    assert draft.changes[("llm", "api_key")] == "sk-theirs"
    assert not draft.forgotten


def test_an_address_written_again_as_it_is_keeps_its_key() -> None:
    assert drafted(Changes(fields={"llm/base_url": "http://ours/v1"}), state(OURS)).forgotten == []


def test_a_key_can_be_forgotten() -> None:
    assert drafted(Changes(forget=["llm/api_key"]), state(OURS)).changes == {("llm", "api_key"): None}


def test_a_language_model_needs_its_name() -> None:
    assert keys(drafted(Changes(fields={"llm/provider": "openai"}), state())) == {"llm/model": "preferences.no_model"}
    assert not drafted(Changes(fields={"llm/provider": "openai", "llm/model": "m"}), state()).mistakes


def test_a_model_is_added_under_its_name() -> None:
    fields = {"models/+1/name": "fast", "models/+1/model": "small", "models/+1/temperature": ""}
    draft = drafted(Changes(fields=fields), state())
    assert draft.names == {"+1": "fast"}
    assert draft.changes == {("models", "fast", "model"): "small", ("models", "fast", "temperature"): None}


def test_mistakes_about_a_new_model_stand_at_the_fields_of_the_page() -> None:
    fields = {
        "models/+1/name": "Fast!",
        "models/+2/name": "slow",
        "models/+2/timeout_s": "0",
        "models/+2/api_key": "sk-2",
    }
    assert keys(drafted(Changes(fields=fields), state())) == {
        "models/+1/name": "preferences.wrong_name",
        "models/+2/timeout_s": "preferences.wrong_range",
        "models/+2/model": "preferences.no_model",
        "models/+2/base_url": "preferences.no_address",
    }


def test_a_model_can_be_removed_with_all_it_has() -> None:
    saved = {**OURS, "models": {"fast": {"model": "small"}}}
    draft = drafted(Changes(remove=["fast"]), state(saved))
    assert (draft.changes, draft.mistakes) == ({("models", "fast"): None}, {})
