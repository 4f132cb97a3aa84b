"""Sign-in by raw HTTP: who gets in, who does not, and what each is told."""

from __future__ import annotations

import sqlite3
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path

import pytest

from tests.ui.web.accounts.house import LOCAL, PASSWORD, House, alert, house
from ui.web.accounts.sign_in import SignIn


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[House]:
    """Nobody has an account yet."""
    with house(tmp_path) as made:
        yield made


@pytest.fixture
def built(empty: House) -> House:
    """An admin, an editor and a reader."""
    empty.add("ann", "admin")
    empty.add("eve", "editor")
    empty.add("rob", "reader")
    return empty


def test_a_stranger_is_sent_to_the_sign_in_and_told_nothing(built: House) -> None:
    stranger = built.somebody()

    page = stranger.visit("/deep/page?a=1&b=2")
    call = stranger.get("/who")

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=%2Fdeep%2Fpage%3Fa%3D1%26b%3D2")
    assert call.status_code == 401
    assert call.json() == {"error": {"type": "SignInNeeded", "message": "Sign in first.", "hint": ""}}


def test_health_and_the_interface_with_a_token_of_its_own_stay_reachable(built: House) -> None:
    stranger = built.somebody()

    assert stranger.get("/api/health").json() == "well"
    assert stranger.post("/api/command").text == "no token"
    assert stranger.get("/api/command").status_code == 401
    assert stranger.post("/api/command/").status_code == 401


def test_who_signs_in_comes_as_themselves_to_where_they_wanted(built: House) -> None:
    eve = built.somebody()

    answer = eve.sign_in(" EVE ", PASSWORD, onward="/deep/page?a=1")

    assert (answer.status_code, answer.headers["location"]) == (303, "/deep/page?a=1")
    assert eve.who() == ["eve", "editor"]
    assert eve.visit("/sign-in?next=/who").headers["location"] == "/who"


@pytest.mark.parametrize(
    "onward",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "\\/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/%09/x\r\nSet-Cookie: a=b",
        "/sign-out",
        "",
    ],
)
def test_the_sign_in_leads_to_no_other_site(built: House, onward: str) -> None:
    assert built.somebody().sign_in("eve", PASSWORD, onward=onward).headers["location"] == "/"


def test_a_path_that_looks_like_another_site_does_not_lead_there(built: House) -> None:
    assert built.somebody().visit("//evil.example/").headers["location"] == "/sign-in"


def test_the_ticket_is_for_this_site_and_no_script(built: House) -> None:
    answer = built.somebody().sign_in("eve", PASSWORD)
    port = built.url.rsplit(":", 1)[1]

    (ticket,) = (c for c in _cookies(answer.headers.get_list("set-cookie")) if c[0] == f"roundtable_user_{port}")

    assert ticket[1]["httponly"] is True
    assert ticket[1]["samesite"] == "strict"
    assert ticket[1]["path"] == "/"
    assert ticket[1]["secure"] == ""


def test_the_ticket_is_secure_where_the_connection_is(built: House) -> None:
    eve = built.somebody()
    eve.client.headers["X-Forwarded-Proto"] = "https"  # uvicorn believes a proxy on this machine

    answer = eve.client.post(
        "/sign-in",
        data={"token": eve.token("/sign-in"), "name": "eve", "password": PASSWORD},
        headers={"Origin": built.url},
    )

    assert [c[1]["secure"] for c in _cookies(answer.headers.get_list("set-cookie")) if "user" in c[0]] == [True]


def test_after_sign_out_the_ticket_is_worth_nothing(built: House) -> None:
    eve = built.somebody("eve")
    stolen = dict(eve.client.cookies)

    answer = eve.send("/sign-out", shown="/accounts")

    assert answer.headers["location"] == "/sign-in?out=1"
    assert "user" not in " ".join(eve.client.cookies)
    thief = built.somebody()
    thief.client.cookies.update(stolen)
    assert thief.get("/who").json()["error"]["type"] == "SignInExpired"


def test_another_person_at_the_same_browser_begins_anew(built: House) -> None:
    eve = built.somebody("eve")
    port = built.url.rsplit(":", 1)[1]
    eve.get("/who")
    before = eve.client.cookies[f"roundtable_{port}"]

    eve.send("/sign-out", shown="/accounts")
    eve.sign_in("rob", PASSWORD)
    eve.get("/who")

    assert eve.client.cookies[f"roundtable_{port}"] != before


def test_a_sign_in_ends_by_itself_and_says_so(tmp_path: Path) -> None:
    with house(tmp_path, replace(LOCAL, session_hours=1 / 3600)) as brief:
        brief.add("ann", "admin")
        ann = brief.somebody("ann")
        assert ann.who() == ["ann", "admin"]
        time.sleep(1.1)

        assert ann.get("/who").json()["error"]["type"] == "SignInExpired"
        assert ann.visit("/").headers["location"] == "/sign-in"


@pytest.mark.parametrize("ticket", ["", "x", "A" * 43, "ä", "' OR 1=1 --"])
def test_a_made_up_ticket_opens_nothing(built: House, ticket: str) -> None:
    port = built.url.rsplit(":", 1)[1]
    cookie = f"roundtable_user_{port}={ticket}".encode()

    assert built.somebody().get("/who", headers=[(b"Cookie", cookie)]).status_code == 401


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(built: House) -> None:
    wrong, unknown = built.somebody().sign_in("eve", "x" * 12), built.somebody().sign_in("nobody", "x" * 12)

    assert wrong.status_code == unknown.status_code == 403
    assert alert(wrong) == alert(unknown) == "Name or password is wrong."


def test_guessing_is_slowed_down_for_the_name_alone(built: House) -> None:
    guesser = built.somebody()
    token = guesser.token("/sign-in")

    def guess(number: int) -> int:
        form = {"token": token, "name": "eve", "password": f"wrong password {number}"}
        return guesser.post("/sign-in", data=form).status_code

    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(guess, range(10)))
    right = guesser.sign_in("eve", PASSWORD)

    assert sorted(answers) == [403] * 5 + [429] * 5
    assert right.status_code == 429
    assert 25 <= int(right.headers["retry-after"]) <= 30
    assert alert(right) == f"Too many tries. Wait {right.headers['retry-after']} seconds."
    assert built.somebody().sign_in("rob", PASSWORD).status_code == 303


def test_one_place_may_not_try_many_names(built: House) -> None:
    guesser = built.somebody()
    token = guesser.token("/sign-in")

    answers = [
        guesser.post("/sign-in", data={"token": token, "name": f"n{i}", "password": "x" * 12}) for i in range(21)
    ]

    assert [answer.status_code for answer in answers] == [403] * 20 + [429]


def test_a_form_without_the_browsers_token_is_refused(built: House) -> None:
    other = built.somebody()
    eve = built.somebody("eve")

    for token in ("", "x", other.token("/sign-in")):
        form = {"token": token, "name": "rob", "password": PASSWORD}
        assert built.somebody().post("/sign-in", data=form).status_code == 403
        assert eve.post("/accounts/everywhere", data={"token": token}).status_code == 403
        assert eve.post("/sign-out", data={"token": token}).headers["location"] == "/accounts"
    assert eve.who() == ["eve", "editor"]


def test_a_form_of_another_site_is_refused(built: House) -> None:
    eve = built.somebody("eve")
    form = {"token": eve.token("/accounts")}

    assert eve.post("/sign-out", data=form, headers={"Origin": "http://evil.example"}).status_code == 403
    assert eve.who() == ["eve", "editor"]


def test_a_form_too_large_is_refused(built: House) -> None:
    assert built.somebody().post("/sign-in", content=b"a" * 20_000).status_code == 413


def test_the_first_account_takes_the_code_of_the_terminal(empty: House) -> None:
    ann = empty.somebody()
    assert ann.visit("/").headers["location"] == "/sign-in"
    assert ann.visit("/sign-in").headers["location"] == "/set-up"

    wrong = ann.send("/set-up", code="AAAA-AAAA-AAAA-AAAA", name="Ann", new=PASSWORD)
    right = ann.send("/set-up", code=empty.code.lower(), name="Ann", new=PASSWORD)

    assert (wrong.status_code, alert(wrong)) == (403, "The code is wrong. The right one stands on the terminal.")
    assert right.status_code == 303
    assert ann.who() == ["ann", "admin"]
    assert ann.visit("/set-up").headers["location"] == "/sign-in"


def test_of_many_first_admins_one_is_made(empty: House) -> None:
    browsers = [empty.somebody() for _ in range(8)]
    tokens = [browser.token("/set-up") for browser in browsers]

    def make(number: int) -> int:
        form = {"token": tokens[number], "code": empty.code, "name": f"ann{number}", "new": PASSWORD}
        return browsers[number].post("/set-up", data=form).status_code

    with ThreadPoolExecutor(8) as crowd:
        answers = sorted(crowd.map(make, range(8)))

    assert answers == [303] + [403] * 7
    assert len(empty.accounts.all()) == 1


def test_with_an_admin_the_code_makes_nobody(empty: House) -> None:
    late = empty.somebody()
    token = late.token("/set-up")
    empty.add("ann", "admin")

    answer = late.post("/set-up", data={"token": token, "code": empty.code, "name": "mallory", "new": PASSWORD})

    assert answer.status_code == 403
    assert [account.name for account in empty.accounts.all()] == ["ann"]


@pytest.mark.parametrize(
    ("name", "password", "told"),
    [
        ("ann", "short", "A password has 10 to 1000 characters."),
        ("administrator", "Administrator", "The password may not be the name."),
        ("a b", PASSWORD, "A name has 1 to 64 letters and digits, and may have . _ - + @ after the first."),
        ("<b>", PASSWORD, "A name has 1 to 64 letters and digits, and may have . _ - + @ after the first."),
    ],
)
def test_a_name_or_password_that_will_not_do_is_explained(empty: House, name: str, password: str, told: str) -> None:
    answer = empty.somebody().send("/set-up", code=empty.code, name=name, new=password)

    assert (answer.status_code, alert(answer)) == (400, told)
    assert "<b>" not in answer.text
    assert password not in answer.text


def test_of_passwords_and_tickets_only_hashes_are_on_disk_for_their_owner_alone(built: House) -> None:
    eve = built.somebody("eve")
    eve.sign_in("eve", "a wrong secret")
    files = [file for file in built.home.iterdir() if "sqlite" in file.name]
    content = b"".join(file.read_bytes() for file in files)

    assert PASSWORD.encode() not in content
    assert b"a wrong secret" not in content
    assert all(value.encode() not in content for value in eve.client.cookies.values())
    assert b"scrypt$16$1$1$" in content
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    with sqlite3.connect(built.home / "accounts.sqlite") as db:
        kept = [row[0] for row in db.execute("SELECT password FROM accounts")]
    assert len(set(kept)) == 3


def test_who_follows_a_link_from_another_site_is_let_on_by_a_page_of_ours(built: House) -> None:
    answer = built.somebody().visit("/who?a=1&b=2", **{"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/sign-in?next=%2Fwho%3Fa%3D1%26b%3D2"' in answer.text


def test_a_stream_ends_with_the_sign_in(built: House) -> None:
    rob = built.somebody("rob")
    with rob.client.stream("GET", "/stream") as answer:
        lines = answer.iter_lines()
        assert next(lines) == "piece"
        built.accounts.remove("rob")
        began = time.monotonic()
        for _ in lines:
            assert time.monotonic() - began < 5

    assert time.monotonic() - began < 2


def test_what_begins_work_is_limited_for_each_person(built: House) -> None:
    eve, rob = built.somebody("eve"), built.somebody("rob")

    answers = [eve.post("/work") for _ in range(80)]
    refused = [answer for answer in answers if answer.status_code == 429]

    assert 1 <= len(refused) <= 21
    assert refused[0].headers["retry-after"] == "1"
    assert refused[0].json()["error"]["type"] == "TooMany"
    assert rob.post("/work").status_code == 200


def test_pages_are_not_kept_by_the_browser(built: House) -> None:
    eve = built.somebody("eve")

    assert eve.visit("/").headers["cache-control"] == "no-store"
    assert eve.visit("/accounts").headers["cache-control"] == "no-store"


def test_the_pages_speak_chinese(built: House) -> None:
    page = built.somebody(**{"Accept-Language": "zh-CN", "Cookie": "roundtable_theme=dark"}).visit("/sign-in").text

    assert '<html lang="zh-CN" data-theme="dark">' in page
    assert "<span>用户名</span>" in page


def test_without_sign_in_nothing_stands_before_the_application(tmp_path: Path) -> None:
    with house(tmp_path, SignIn()) as open_house:
        assert open_house.somebody().who() == ["", "admin"]
        assert open_house.somebody().visit("/accounts").status_code == 404
        assert open_house.said == []


def _cookies(lines: list[str]) -> list[tuple[str, dict[str, object]]]:
    return [(name, dict(cookie)) for line in lines for name, cookie in SimpleCookie(line).items()]
