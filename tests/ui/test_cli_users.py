"""The `users` commands: accounts on the command line, also while the app runs."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
import typer

from configs.errors import AppError
from configs.settings import Settings
from tests.ui.web.accounts.house import CHEAP, house
from ui.users_cli import users_cli
from ui.web.accounts.audit import Audit
from ui.web.accounts.passwords import hashed
from ui.web.accounts.sign_in import SignIn
from ui.web.accounts.store import Accounts, open_accounts

PASSWORD = "correct horse"


class Command:
    """Runs commands on one data directory."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self._capsys, self._monkeypatch = home, capsys, monkeypatch

    def __call__(self, *words: str, typed: str = PASSWORD) -> str:
        """What it printed; `typed` is its standard input."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
        command = typer.main.get_command(users_cli)
        command.main(list(words), obj=Settings(data_dir=self.home), standalone_mode=False)
        return self._capsys.readouterr().out.strip()


@pytest.fixture
def users(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(tmp_path / "data", capsys, monkeypatch)


def test_accounts_are_made_listed_changed_and_removed(users: Command) -> None:
    assert users("list") == "Nobody yet. `users add NAME --role admin` makes the first account."
    assert users("add", "Ann", "--role", "admin") == "ann may sign in as admin."
    assert users("add", "rob") == "rob may sign in as reader."
    assert users("role", "rob", "editor") == "rob has the role editor."
    assert users("list").split() == ["ann", "admin", "rob", "editor"]
    assert json.loads(users("list", "--json"))["users"][1] == {"name": "rob", "role": "editor", "has_password": True}
    assert users("remove", "rob", "--yes") == "rob is removed."
    assert [e.what for e in Audit(users.home).newest(9)] == ["removed", "role_changed", "added", "added"]


def test_who_was_added_signs_in_to_the_running_app_and_is_out_when_the_password_changes(users: Command) -> None:
    with house(users.home, SignIn(kind="local")) as running:
        users("add", "ann", "--role", "admin")
        ann = running.somebody("ann", PASSWORD)
        assert ann.who() == ["ann", "admin"]

        users("password", "ann", typed="battery staple")

        assert ann.get("/who").status_code == 401
        assert running.somebody("ann", "battery staple").who() == ["ann", "admin"]


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (["add", "zoe"], "short", "A password has 10 to 1000 characters."),
        (["add", "ANN"], PASSWORD, "The name ann is or was somebody's."),
        (["add", "a b"], PASSWORD, "A name has 1 to 64 letters"),
        (["role", "ann", "reader"], "", "This is the last administrator."),
        (["remove", "ann", "--yes"], "", "This is the last administrator."),
        (["remove", "ann"], "", "Removing 'ann' was not confirmed."),
        (["password", "nobody"], PASSWORD, "There is no such account."),
        (["remove", "nobody", "--yes"], "", "There is no such account."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(users: Command, words: list[str], typed: str, told: str) -> None:
    Accounts(open_accounts(users.home)).add("ann", "admin", hashed(PASSWORD, CHEAP))

    with pytest.raises(AppError, match=told):
        users(*words, typed=typed)
