"""Every field says in one sentence what is wrong with what was written into it."""

from __future__ import annotations

import pytest

from ui.web.preferences.fields import ANSWERS, CODE, DEFAULT_MODEL, Mistaken, check_model_name, further_model
from ui.web.words import catalogue, words_in

FIELDS = {field.key: field for field in (*DEFAULT_MODEL, *ANSWERS, *CODE)}
TEAMS = ("careful", "qa")


def sentence(key: str, text: str) -> str:
    with pytest.raises(Mistaken) as raised:
        FIELDS[key].read(text, TEAMS)
    return words_in("en")(raised.value.key, **raised.value.values)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("llm/base_url", " http://[::1]:11434/v1 ", "http://[::1]:11434/v1"),
        ("llm/model", "海燕-7b", "海燕-7b"),
        ("llm/temperature", "0.5", 0.5),
        ("llm/temperature", "", None),
        ("llm/max_tokens", "800", 800),
        ("team", "careful", "careful"),
    ],
)
def test_what_is_right_becomes_a_value(key: str, text: str, value: object) -> None:
    assert FIELDS[key].read(text, TEAMS) == value


@pytest.mark.parametrize(
    "address",
    [
        "localhost:11434",
        "ftp://host/v1",
        "http://",
        "http://[::1",
        "http://host:99999",
        "http://user:secret@host/v1",
        "http://host/v1?key=1",
        "http://a b/v1",
    ],
)
def test_a_wrong_address_is_told_with_an_example(address: str) -> None:
    assert sentence("llm/base_url", address).startswith("This is no address. It begins with http://")


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("llm/temperature", "-0.1", "It must lie between 0 and 2."),
        ("llm/temperature", "nan", "It must lie between 0 and 2."),
        ("llm/temperature", "warm", "“warm” is not a number."),
        ("llm/max_tokens", "1.5", "“1.5” is not a whole number."),
        ("llm/max_tokens", "0", "It must lie between 1 and 1e+06."),
        ("team", "nobody", "“nobody” is not offered. There are: careful, qa."),
        ("team", "", "“” is not offered. There are: careful, qa."),
        ("llm/model", "a\nb", "It must be one line of at most 2000 characters that can be seen."),
        ("llm/api_key", "k\u202e\ud800", "It must be one line of at most 2000 characters that can be seen."),
    ],
)
def test_a_wrong_value_is_told(key: str, text: str, said: str) -> None:
    assert sentence(key, text) == said


@pytest.mark.parametrize("name", ["", "Fast", "a/b", "a..b", "快", "a" * 65])
def test_a_name_that_no_variable_could_have_is_refused(name: str) -> None:
    with pytest.raises(Mistaken, match="wrong_name"):
        check_model_name(name, ())


def test_a_name_that_is_taken_is_refused() -> None:
    assert check_model_name(" gpt-4.1 ", ["fast"]) == "gpt-4.1"
    with pytest.raises(Mistaken, match="name_taken"):
        check_model_name("fast", ["fast"])


def test_every_field_has_a_label() -> None:
    assert {field.label for field in (*FIELDS.values(), *further_model("fast"))} <= set(catalogue())
