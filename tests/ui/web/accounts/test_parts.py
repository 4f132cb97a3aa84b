"""The parts of the sign-in by themselves: passwords, limits, settings, the audit's file, and what is said."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import threading
import time
from pathlib import Path

import pytest

import ui.web.accounts
from configs.errors import AppError, ConfigError
from tests.ui.web.accounts.house import CHEAP
from ui.web.accounts.attempts import Attempts
from ui.web.accounts.audit import Audit
from ui.web.accounts.errors import AccountError
from ui.web.accounts.passwords import Cost, Hashing, hashed, matches
from ui.web.accounts.rate import Rate
from ui.web.accounts.sign_in import Oidc, SignIn, kind_for
from ui.web.accounts.store import Accounts, open_accounts
from ui.web.accounts.tickets import Tickets
from ui.web.words import catalogue


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_password_matches_what_was_kept_of_it_however_it_was_typed() -> None:
    kept = hashed("ｐassword é 一二三", CHEAP)

    assert matches("password e\u0301 一二三", kept, Cost())
    assert not matches("password e 一二三", kept, Cost())
    assert hashed("ｐassword é 一二三", CHEAP) != kept


def test_nobody_has_no_password() -> None:
    assert not matches("", "", CHEAP)
    assert not matches("x" * 2000, "", CHEAP)


def test_an_unknown_name_costs_the_time_of_a_known_one() -> None:
    cost = Cost(n=2**12, r=8, p=1)
    kept = hashed("correct horse", cost)

    def seconds(kept: str) -> float:
        times = []
        for _ in range(5):
            began = time.thread_time()
            matches("wrong guess", kept, cost)
            times.append(time.thread_time() - began)
        return min(times)

    assert 0.5 < seconds("") / seconds(kept) < 2


def test_two_passwords_are_hashed_at_once() -> None:
    before, hashing = set(threading.enumerate()), Hashing(CHEAP)

    async def crowd() -> None:
        await asyncio.gather(*(hashing.hashed("x" * 12) for _ in range(8)))

    asyncio.run(crowd())
    assert len([t for t in threading.enumerate() if t not in before and t.name.startswith("hash")]) == 2


def test_a_bucket_fills_again_for_each_key(clock: Clock) -> None:
    rate = Rate(burst=2, per_s=0.5, clock=clock)

    assert [rate.wait("a") for _ in range(3)] == [0, 0, 2]
    assert rate.wait("b") == 0
    clock.now += 2
    assert [rate.wait("a") for _ in range(2)] == [0, 2]


def test_limits_forget_what_was_quiet_for_longest(clock: Clock) -> None:
    rate, attempts = Rate(burst=1, per_s=0.1, most=2, clock=clock), Attempts(free=1, most=2, clock=clock)

    for limit in (rate, attempts):
        assert [limit.wait(key) for key in "abc"] == [0, 0, 0]
        assert limit.wait("c") > 0
        assert limit.wait("a") == 0


def test_guesses_wait_longer_and_longer(clock: Clock) -> None:
    attempts = Attempts(free=5, clock=clock)
    assert [attempts.wait("eve") for _ in range(6)] == [0] * 5 + [30]

    waits = []
    for _ in range(8):
        clock.now += attempts.wait("eve")
        assert attempts.wait("eve") == 0
        waits.append(attempts.wait("eve"))

    assert waits == [60, 120, 240, 480, 900, 900, 900, 900]


def test_a_slow_typist_is_not_kept_waiting(clock: Clock) -> None:
    attempts = Attempts(free=5, clock=clock)

    for _ in range(20):
        assert attempts.wait("eve") == 0
        clock.now += 16


def test_a_right_password_ends_the_waiting_and_a_quiet_while_too(clock: Clock) -> None:
    attempts = Attempts(free=1, clock=clock)
    attempts.wait("a")
    attempts.wait("b")
    attempts.wait("c")

    attempts.forget("a")
    attempts.forgive("b")
    clock.now += 931

    assert [attempts.wait(key) for key in "abc"] == [0, 0, 0]
    assert attempts.wait("c") == 30


def test_who_can_reach_the_app_decides_whether_one_signs_in() -> None:
    assert [kind_for("auto", host) for host in ("127.0.0.1", "localhost", "::1")] == ["none"] * 3
    assert [kind_for("auto", host) for host in ("0.0.0.0", "192.168.1.5", "host.example")] == ["local"] * 3
    assert kind_for("none", "0.0.0.0") == "none"
    assert kind_for("oidc", "127.0.0.1") == "oidc"


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"ui\.oidc is not set"):
        SignIn(kind="oidc")
    with pytest.raises(ConfigError, match="no https address"):
        Oidc(issuer="http://login.example", client_id="x")
    assert "hunter2" not in repr(Oidc(issuer="https://login.example", client_id="x", client_secret="hunter2"))


def test_the_audit_cannot_be_changed_through_its_file(tmp_path: Path) -> None:
    Audit(tmp_path).note("ann", "signed_in")
    with sqlite3.connect(tmp_path / "audit.sqlite") as db:
        for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'rob'"):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(statement)

    assert [entry.who for entry in Audit(tmp_path).newest(5)] == ["ann"]


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "accounts.sqlite").write_bytes(b"not a database" * 100)

    with pytest.raises(AppError, match=r"accounts\.sqlite cannot be used"):
        open_accounts(tmp_path)


def test_a_password_that_changed_while_it_was_checked_lets_nobody_in(tmp_path: Path) -> None:
    database = open_accounts(tmp_path)
    accounts, tickets = Accounts(database), Tickets(database, hours=1)
    accounts.add("ann", "admin", "kept before")
    accounts.set_password("ann", "kept after")

    with pytest.raises(AccountError, match="Name or password"):
        tickets.issue("ann", password="kept before")
    assert tickets.holder(tickets.issue("ann", password="kept after"))


def test_every_refusal_has_its_sentence() -> None:
    files = Path(ui.web.accounts.__path__[0]).glob("*.py")
    keys = {key for file in files for key in re.findall(r'AccountError\(\s*"(\w+)"', file.read_text(encoding="utf-8"))}

    assert len(keys) > 15
    assert {f"accounts.{key}" for key in keys} <= set(catalogue())
