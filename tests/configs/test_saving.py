"""What is saved comes back, is nobody else's to read, and gives way to the config file and the environment."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from configs.errors import ConfigError
from configs.saving import FILE, changed, fixed, merged, read_saved, write_saved
from configs.settings import Settings

VALUES = {"llm": {"model": "海燕", "api_key": "sk-1"}, "team": "careful"}


def test_what_was_saved_is_read_again(tmp_path: Path) -> None:
    write_saved(tmp_path / "home", VALUES)
    assert read_saved(tmp_path / "home") == VALUES


def test_before_anything_was_saved_there_is_nothing(tmp_path: Path) -> None:
    assert read_saved(tmp_path) == {}


def test_only_the_owner_may_read_it_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{}")
    (tmp_path / FILE).chmod(0o644)
    write_saved(tmp_path, VALUES)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_place_that_cannot_be_written_is_named_and_the_old_settings_stay(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(ConfigError, match=f"cannot be saved in {tmp_path}"):
        write_saved(tmp_path, VALUES)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


@pytest.mark.parametrize(
    ("content", "part"),
    [(b"a: [", "not valid YAML"), (b"- 1", "must hold a mapping"), (b"\xff\xfe\x00", "cannot be read")],
)
def test_a_broken_file_is_named(tmp_path: Path, content: bytes, part: str) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(ConfigError, match=part) as raised:
        read_saved(tmp_path)
    assert str(tmp_path / FILE) in raised.value.message
    assert raised.value.hint == "Mend or remove it."


def test_the_upper_tree_counts_where_both_have_a_value() -> None:
    assert merged({"llm": {"model": "a", "seed": 1}, "kb": "k"}, {"llm": {"model": "b"}, "team": "qa"}) == {
        "llm": {"model": "b", "seed": 1},
        "kb": "k",
        "team": "qa",
    }


def test_a_change_reaches_one_place_and_leaves_the_tree_it_was_given() -> None:
    before = {"llm": {"model": "a", "seed": 1}}
    assert changed(before, {("llm", "model"): "b", ("models", "gpt-4.1", "model"): "gpt-4.1"}) == {
        "llm": {"model": "b", "seed": 1},
        "models": {"gpt-4.1": {"model": "gpt-4.1"}},
    }
    assert before == {"llm": {"model": "a", "seed": 1}}


def test_what_is_taken_out_takes_its_empty_branch_along() -> None:
    before = {"models": {"fast": {"model": "a"}}, "llm": {"model": "a", "seed": 0}}
    assert changed(before, {("models", "fast"): None, ("llm", "model"): None, ("kb",): None}) == {"llm": {"seed": 0}}


def test_what_the_environment_or_the_file_holds_is_fixed_by_the_stronger_of_them() -> None:
    assert fixed(environment={"llm": {"model": "a"}}, file={"llm": {"model": "b", "seed": 1}, "team": "qa"}) == {
        ("llm", "model"): "environment",
        ("llm", "seed"): "file",
        ("team",): "file",
    }


def test_a_saved_setting_gives_way_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_saved(tmp_path, {"team": "careful", "llm": {"model": "saved", "timeout_s": 5}})
    monkeypatch.setenv("ROUNDTABLE_LLM__MODEL", "from-environment")
    settings = Settings(**merged(read_saved(tmp_path), {"team": "report"}))
    assert (settings.llm.model, settings.llm.timeout_s, settings.team) == ("from-environment", 5, "report")
