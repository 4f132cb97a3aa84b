"""The page of the accounts: what each role may do there, and what an account's change does to its person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.web.accounts.house import PASSWORD, Browser, House, alert, house
from ui.web.accounts.audit import Audit

NEW = "battery staple"


@pytest.fixture
def built(tmp_path: Path) -> Iterator[House]:
    """An admin, an editor and a reader."""
    with house(tmp_path) as made:
        made.add("ann", "admin")
        made.add("eve", "editor")
        made.add("rob", "reader")
        yield made


@pytest.fixture
def ann(built: House) -> Browser:
    return built.somebody("ann")


def test_an_admin_sees_everybody_and_others_themselves(built: House, ann: Browser) -> None:
    shown, own = ann.visit("/accounts").text, built.somebody("rob").visit("/accounts").text

    assert all(f"Role of {name}" in shown for name in ("ann", "eve", "rob"))
    assert "You are signed in as rob (reader)." in own
    assert "eve" not in own.replace("everywhere", "")
    assert "/accounts/add" not in own
    assert "/accounts/audit" not in own


@pytest.mark.parametrize("what", ["add", "role", "password", "remove"])
@pytest.mark.parametrize(("name", "role"), [("eve", "editor"), ("rob", "reader")])
def test_who_is_no_admin_changes_nobody_else(built: House, what: str, name: str, role: str) -> None:
    before = built.accounts.all()

    answer = built.somebody(name).change(what, name="ann", role="reader", new=NEW)

    assert (answer.status_code, alert(answer)) == (403, f"A {role} may not do this; it takes the role admin.")
    assert built.accounts.all() == before
    assert built.somebody("ann").who() == ["ann", "admin"]


def test_who_is_no_admin_does_not_read_the_audit(built: House, ann: Browser) -> None:
    assert built.somebody("eve").visit("/accounts/audit").status_code == 403
    assert built.somebody().visit("/accounts/audit").status_code == 303
    assert ann.visit("/accounts/audit").status_code == 200


def test_somebody_added_signs_in_with_their_role(built: House, ann: Browser) -> None:
    answer = ann.change("add", name="小李", role="editor", new=NEW)

    assert answer.headers["location"] == "/accounts?done=added"
    assert "The account is made." in ann.visit("/accounts?done=added").text
    assert built.somebody("小李", NEW).who() == ["小李", "editor"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "ROB", "role": "reader", "new": NEW}, "The name rob is or was somebody's. Choose another."),
        ({"name": "zoe", "role": "owner", "new": NEW}, "There is no such role. Roles are reader, editor, admin."),
        ({"name": "zoe", "role": "reader", "new": "short"}, "A password has 10 to 1000 characters."),
        ({"name": "zoe"}, "There is no such role. Roles are reader, editor, admin."),
    ],
)
def test_an_account_that_cannot_be_made_is_explained(ann: Browser, fields: dict[str, str], told: str) -> None:
    answer = ann.change("add", **fields)

    assert (answer.status_code, alert(answer)) == (400, told)


def test_another_role_ends_the_persons_sign_ins(built: House, ann: Browser) -> None:
    rob = built.somebody("rob")

    ann.change("role", name="rob", role="editor")

    assert rob.get("/who").json()["error"]["type"] == "SignInExpired"
    assert built.somebody("rob").who() == ["rob", "editor"]


def test_a_password_given_by_an_admin_replaces_the_old_one(built: House, ann: Browser) -> None:
    rob = built.somebody("rob")

    ann.change("password", name="rob", new=NEW)

    assert rob.get("/who").status_code == 401
    assert built.somebody().sign_in("rob", PASSWORD).status_code == 403
    assert built.somebody("rob", NEW).who() == ["rob", "reader"]


def test_who_is_removed_is_out_and_the_name_is_not_given_again(built: House, ann: Browser) -> None:
    rob = built.somebody("rob")

    ann.change("remove", name="rob")

    assert rob.get("/who").status_code == 401
    assert built.somebody().sign_in("rob", PASSWORD).status_code == 403
    assert alert(ann.change("add", name="rob", role="reader", new=NEW)).startswith("The name rob is or was somebody's")
    assert ann.change("remove", name="rob").status_code == 404


def test_the_last_admin_stays(built: House, ann: Browser) -> None:
    told = "This is the last administrator. Make somebody else one first."

    assert alert(ann.change("remove", name="ann")) == told
    assert alert(ann.change("role", name="ann", role="editor")) == told
    ann.change("role", name="eve", role="admin")
    assert ann.change("remove", name="ann").status_code == 303
    assert built.somebody("eve").who() == ["eve", "admin"]


def test_who_changes_their_password_stays_here_and_is_out_elsewhere(built: House) -> None:
    here, elsewhere = built.somebody("rob"), built.somebody("rob")

    wrong = here.change("own", password="not the right", new=NEW)
    right = here.change("own", password=PASSWORD, new=NEW)

    assert alert(wrong) == "The current password is wrong."
    assert right.headers["location"] == "/accounts?done=password"
    assert here.who() == ["rob", "reader"]
    assert elsewhere.get("/who").status_code == 401
    assert built.somebody("rob", NEW).who() == ["rob", "reader"]


def test_the_current_password_cannot_be_guessed_here_either(built: House) -> None:
    rob = built.somebody("rob")

    answers = [rob.change("own", password=f"wrong guess {i}", new=NEW).status_code for i in range(6)]

    assert answers == [403] * 5 + [429]


def test_signing_out_everywhere_ends_all_of_ones_own_sign_ins(built: House, ann: Browser) -> None:
    here, elsewhere = built.somebody("rob"), built.somebody("rob")

    assert here.change("everywhere").headers["location"] == "/sign-in?out=1"

    assert elsewhere.get("/who").status_code == 401
    assert ann.who() == ["ann", "admin"]


def test_the_audit_tells_who_did_what_and_no_secret(built: House, ann: Browser) -> None:
    built.somebody().sign_in("rob", "my secret guess")
    built.somebody().sign_in("a secret as the name", PASSWORD)
    ann.change("role", name="rob", role="editor")
    ann.change("add", name="zoe", role="reader", new=NEW)
    ann.change("remove", name="zoe")
    Audit(built.home).note("eve", "code_approved", "sha256 0a1b2c")

    lines = [(entry.who, entry.what, entry.detail, entry.address) for entry in Audit(built.home).newest(200)]
    shown = ann.visit("/accounts/audit").text

    assert lines == [
        ("eve", "code_approved", "sha256 0a1b2c", ""),
        ("ann", "removed", "zoe", "127.0.0.1"),
        ("ann", "added", "zoe reader", "127.0.0.1"),
        ("ann", "role_changed", "rob editor", "127.0.0.1"),
        ("", "failed", "", "127.0.0.1"),
        ("rob", "failed", "", "127.0.0.1"),
        ("ann", "signed_in", "", "127.0.0.1"),
    ]
    assert "approved code" in shown
    assert "secret" not in shown
