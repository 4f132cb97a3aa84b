"""Sign-in at an OpenID Connect provider, good and bad."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from tests.ui.web.accounts.house import CHEAP, Browser, House, alert, house
from tests.ui.web.accounts.provider import CLIENT, EC, OTHER_RSA, RSA, Place, provider
from ui.web.accounts.audit import Audit
from ui.web.accounts.id_token import InvalidToken
from ui.web.accounts.provider import Flow, Provider
from ui.web.accounts.sign_in import SignIn


@pytest.fixture(scope="module")
def served() -> Iterator[Place]:
    with provider() as made:
        yield made


@pytest.fixture
def place(served: Place) -> Place:
    """An honest provider."""
    for name, value in vars(Place()).items():
        setattr(served, name, served.url if name == "url" else value)
    return served


@pytest.fixture(scope="module")
def closed(served: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The application that nobody gets into."""
    with house(tmp_path_factory.mktemp("home"), SignIn(kind="oidc", oidc=served.oidc(), cost=CHEAP)) as made:
        yield made


Opened = Callable[..., House]


@pytest.fixture
def opened(place: Place, tmp_path: Path) -> Iterator[Opened]:
    """Opens the application in front of the provider, with some settings."""
    open_houses = []

    def opening(**settings: Any) -> House:
        made = house(tmp_path, SignIn(kind="oidc", oidc=place.oidc(**settings), cost=CHEAP))
        open_houses.append(made)
        return made.__enter__()

    yield opening
    for made in open_houses:
        made.__exit__(None, None, None)


def _sent_back(browser: Browser, onward: str = "/") -> str:
    """Go to the provider, and be sent back: with which query."""
    begun = browser.visit(f"/oidc/start?next={onward}")
    assert begun.status_code == 303
    return urlsplit(httpx.get(begun.headers["location"], verify=False).headers["location"]).query


def _down(place: Place) -> str:
    return f"{urlsplit(place.url).netloc} does not answer as it should. Try again later, or tell an administrator."


def _come(browser: Browser, onward: str = "/") -> httpx.Response:
    query = _sent_back(browser, onward)
    return browser.visit(f"/oidc/callback?{query}", **{"Sec-Fetch-Site": "cross-site"})


def test_a_person_signs_in_at_the_provider_and_comes_to_where_they_wanted(opened: Opened) -> None:
    made = opened()
    sam = made.somebody()
    page = sam.visit("/sign-in?next=/who")

    answer = _come(sam, "/who")

    assert 'href="/oidc/start?next=%2Fwho"' in page.text
    assert "password" not in page.text
    assert (answer.status_code, alert(answer)) == (200, "")
    assert 'content="0;url=/who"' in answer.text
    assert sam.who() == ["sam", "reader"]
    assert [(e.who, e.what) for e in Audit(made.home).newest(9)] == [("sam", "signed_in")]


def test_the_cookie_of_the_way_there_and_back_goes_nowhere_else(opened: Opened) -> None:
    sam = opened().somebody()

    (cookie,) = sam.visit("/oidc/start").headers.get_list("set-cookie")[:1]

    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/oidc" in cookie
    assert "Max-Age=600" in cookie


def test_the_provider_is_asked_for_this_application_alone(opened: Opened) -> None:
    made = opened()

    asked = parse_qs(urlsplit(made.somebody().visit("/oidc/start").headers["location"]).query)

    assert asked["redirect_uri"] == [f"{made.url}/oidc/callback"]
    assert asked["client_id"] == [CLIENT]
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == len(asked["code_challenge"][0]) == 43


def test_keys_that_changed_meanwhile_are_asked_for_but_not_for_every_forgery(place: Place) -> None:
    now = [0.0]
    asking = Provider(place.oidc(), clock=lambda: now[0])

    async def come() -> str:
        flow, back = Flow(), "http://127.0.0.1/oidc/callback"
        query = dict(parse_qsl(urlsplit(await asking.address(flow, back)).query))
        sent = dict(parse_qsl(urlsplit(place.authorize(query)).query))
        return str((await asking.claims(sent["code"], flow, back))["preferred_username"])

    async def all_of_it() -> None:
        assert await come() == "sam"
        place.key, place.key_name, place.published = OTHER_RSA, "second", {"second": OTHER_RSA}
        for _ in range(3):
            with pytest.raises(InvalidToken):
                await come()
        assert place.asked_for_keys == 1
        now[0] += 31
        assert await come() == "sam"
        assert place.asked_for_keys == 2

    asyncio.run(all_of_it())


@pytest.mark.parametrize(("published", "key_name"), [({"first": RSA, "second": EC}, "second"), ({"only": EC}, None)])
def test_elliptic_keys_and_a_key_without_a_name_are_accepted(
    opened: Opened, place: Place, published: dict[str, Any], key_name: str | None
) -> None:
    place.key, place.algorithm, place.key_name, place.published = EC, "ES256", key_name, published

    assert alert(_come(opened().somebody())) == ""


NOW = int(time.time())


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": [CLIENT, "another"]}},
        {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
        {"claims": {"iss": "http://127.0.0.1:1"}},
        {"claims": {"exp": NOW - 70}},
        {"claims": {"exp": None}},
        {"claims": {"iat": NOW + 3600}},
        {"claims": {"sub": None}},
        {"key": OTHER_RSA},
        {"key": EC, "algorithm": "ES256"},
        {"key": "", "algorithm": "none"},
        {"key": "a secret that is long enough for it", "algorithm": "HS256"},
        {"key_name": "unknown"},
    ],
    ids=lambda lie: " ".join(lie.get("claims", lie)),
)
def test_a_token_that_is_not_right_lets_nobody_in(closed: House, place: Place, lie: dict[str, Any]) -> None:
    for name, value in lie.items():
        setattr(place, name, value)
    sam = closed.somebody()

    answer = _come(sam)

    assert answer.status_code == 403
    assert alert(answer) == f"What {urlsplit(place.url).netloc} says about you is not valid. Tell an administrator."
    assert "Traceback" not in answer.text
    assert sam.get("/who").status_code == 401
    assert closed.accounts.all() == []


def test_clocks_may_differ_by_a_minute(opened: Opened, place: Place) -> None:
    place.claims = {"exp": int(time.time()) - 40, "iat": int(time.time()) + 40, "aud": [CLIENT]}

    assert alert(_come(opened().somebody())) == ""


@pytest.mark.parametrize("forged", ["", "state=another&code=x", "code=x", "error=x"])
def test_who_did_not_begin_here_is_not_let_in(closed: House, forged: str) -> None:
    browser = closed.somebody()
    browser.visit("/oidc/start")

    answer = browser.visit(f"/oidc/callback?{forged}")

    assert alert(answer) == "The sign-in was begun elsewhere or too long ago. Begin it again."
    assert browser.get("/who").status_code == 401


def test_somebody_elses_way_back_leads_to_nobodys_account(closed: House) -> None:
    query = _sent_back(closed.somebody())
    victim = closed.somebody()
    victim.visit("/oidc/start")

    assert victim.visit(f"/oidc/callback?{query}").status_code == 403
    assert closed.somebody().visit(f"/oidc/callback?{query}").status_code == 403
    assert victim.get("/who").status_code == 401


def test_a_way_back_is_gone_once(opened: Opened) -> None:
    browser = opened().somebody()
    query = _sent_back(browser)
    assert alert(browser.visit(f"/oidc/callback?{query}")) == ""

    assert browser.visit(f"/oidc/callback?{query}").status_code == 403


def test_a_person_the_provider_refuses_is_told_so(closed: House, place: Place) -> None:
    place.refuses = "access_denied"

    assert alert(_come(closed.somebody())) == f"{urlsplit(place.url).netloc} did not let you in."


@pytest.mark.parametrize("broken", ["about", "issuer"])
def test_a_provider_that_is_no_provider_is_one_sentence(opened: Opened, place: Place, broken: str) -> None:
    place.breaks = broken

    answer = opened().somebody().visit("/oidc/start")

    assert (answer.status_code, alert(answer)) == (502, _down(place))


@pytest.mark.parametrize("broken", ["token", "keys"])
def test_a_provider_that_breaks_half_way_is_one_sentence(opened: Opened, place: Place, broken: str) -> None:
    place.breaks = broken

    answer = _come(opened().somebody())

    assert (answer.status_code, alert(answer)) == (502, _down(place))


def test_a_provider_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    nowhere = Place(url="http://127.0.0.1:9")
    with house(tmp_path, SignIn(kind="oidc", oidc=nowhere.oidc(), cost=CHEAP)) as made:
        answer = made.somebody(**{"Accept-Language": "zh"}).visit("/oidc/start")

    assert (answer.status_code, alert(answer)) == (502, "127.0.0.1:9 未能正常响应。请稍后再试，或联系管理员。")


@pytest.mark.parametrize(
    ("person", "let_in"),
    [
        ({"email": "sam@Ours.example", "email_verified": True}, True),
        ({"email": "sam@ours.example", "email_verified": False}, False),
        ({"email": "sam@ours.example"}, False),
        ({"email": "sam@ours.example", "email_verified": "true"}, False),
        ({"email": "sam@ours.example.evil.example", "email_verified": True}, False),
        ({"email": "sam@evil.example", "email_verified": True}, False),
        ({}, False),
    ],
    ids=str,
)
def test_only_verified_addresses_of_allowed_domains_are_let_in(
    opened: Opened, place: Place, person: dict[str, Any], let_in: bool
) -> None:
    place.person = {"sub": "1", **person}

    answer = _come(opened(domains=("ours.example",)).somebody())

    assert alert(answer) == ("" if let_in else "Your address is not among those that may sign in here.")


def test_the_provider_decides_the_role_where_it_is_told_to(opened: Opened, place: Place) -> None:
    made = opened(roles_claim="groups")
    place.claims = {"groups": ["staff", "editor", "reader"]}
    sam = made.somebody()
    _come(sam)
    assert sam.who() == ["sam", "editor"]

    place.claims = {"groups": ["staff"]}
    again = made.somebody()
    _come(again)

    assert again.who() == ["sam", "reader"]
    assert sam.get("/who").status_code == 401


def test_a_role_changed_here_stays_where_the_provider_decides_none(opened: Opened, place: Place) -> None:
    made = opened(default_role="editor")
    sam = made.somebody()
    _come(sam)
    assert sam.who() == ["sam", "editor"]
    made.accounts.set_role("sam", "admin")

    place.person["preferred_username"] = "samuel"
    again = made.somebody()
    _come(again)

    assert again.who() == ["sam", "admin"]
    assert "/accounts/own" not in again.visit("/accounts").text


def test_a_name_of_somebody_here_is_not_taken_over(opened: Opened, place: Place) -> None:
    made = opened()
    made.add("ann", "admin")
    place.person = {"sub": "2", "preferred_username": "Ann"}

    answer = _come(made.somebody())

    assert alert(answer) == "Somebody else has an account named ann here. Ask an administrator."


def test_who_was_removed_here_does_not_come_back(opened: Opened, place: Place) -> None:
    made = opened(default_role="admin")
    _come(made.somebody())
    place.person = {"sub": "2", "preferred_username": "zoe"}
    _come(made.somebody())
    made.accounts.remove("zoe")

    assert alert(_come(made.somebody())) == "Your account was removed. Ask an administrator."


def test_passwords_and_set_up_have_no_door(closed: House) -> None:
    browser = closed.somebody()

    assert closed.said == []
    assert browser.post("/sign-in", data={}).status_code == 405
    assert browser.post("/set-up", data={}).status_code == 401
