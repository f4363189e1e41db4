"""One address one account, one refresh token one successor (S-11, S-12), and leaving means leaving (S-14)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.business import PASSWORD, new_email, register
from tests.e2e.stored import Stored

_CROWD = 50


def at_once(count: int, call: Callable[[int], Answer]) -> list[Answer]:
    """The answers to many calls made at the same time."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def refresh(api: Api, token: str) -> Answer:
    return api.as_caller(None).post("/auth/refresh", {"refreshToken": token})


@pytest.fixture
def owner(api: Api) -> dict[str, Any]:
    """Somebody who has just registered."""
    return register(api)


def test_a_new_owner_is_signed_in_and_knows_who_they_are(api: Api, owner: dict[str, Any]) -> None:
    me = api.as_caller(owner["token"]).get("/auth/me").data
    assert (me["user"]["id"], me["tenant"]) == (owner["user"]["id"], owner["tenant"])
    assert (me["user"]["role"], me["tenant"]["status"]) == ("OWNER", "ACTIVE")
    assert "messages:write" in me["permissions"]
    signed_in = api.post("/auth/login", {"email": owner["user"]["email"].upper(), "password": PASSWORD}).data
    assert signed_in["user"]["id"] == owner["user"]["id"]
    assert PASSWORD not in str([owner, me, signed_in])


def test_tokens_can_be_checked_with_the_published_keys(api: Api, owner: dict[str, Any]) -> None:
    published = api.get("/.well-known/jwks.json")
    assert published.headers["Cache-Control"].startswith("public")
    assert not any("d" in key for key in published.json["keys"])
    key = jwt.PyJWKSet(published.json["keys"])[jwt.get_unverified_header(owner["token"])["kid"]]
    claims = jwt.decode(owner["token"], key, algorithms=["ES256"], audience="frontdesk-api", issuer="frontdesk")
    assert claims["tid"] == owner["tenant"]["id"]
    assert claims["exp"] - claims["iat"] == owner["expiresIn"]


def test_a_wrong_password_and_an_unknown_address_are_refused_alike(api: Api, owner: dict[str, Any]) -> None:
    wrong = api.post("/auth/login", {"email": owner["user"]["email"], "password": "Not-the-1-password"})
    unknown = api.post("/auth/login", {"email": new_email("nobody"), "password": "Not-the-1-password"})
    assert (wrong.status, wrong.code) == (401, "auth.bad_credentials")
    assert unknown.refusal() == wrong.refusal()


def test_a_taken_address_is_refused_and_a_weak_password_named(api: Api, owner: dict[str, Any]) -> None:
    form = {"email": owner["user"]["email"], "password": PASSWORD, "name": "Again"}
    taken = api.post("/auth/register", form)
    assert (taken.status, taken.code) == (409, "auth.email_taken")
    weak = api.post("/auth/register", {**form, "email": new_email(), "password": "password"})
    assert weak.status == 422
    assert set(weak.json["errors"]) == {"password"}


def test_fifty_registrations_of_one_address_at_once_make_one_account(api: Api, stored: Stored) -> None:
    form = {"tenantName": "Crowd", "email": new_email("crowd"), "password": PASSWORD, "name": "Cora Crowd"}
    callers = [api.as_caller(None) for _ in range(_CROWD)]
    answers = at_once(_CROWD, lambda number: callers[number].post("/auth/register", form))
    statuses = Counter(answer.status for answer in answers)
    # Whoever comes while the first is at work may be told to come again; nobody else gets an account.
    assert set(statuses) <= {201, 409, 503}, statuses
    assert statuses[201] <= 1, statuses
    ((tenant_id,),) = stored.rows("auth", "select tenant_id::text from users where email_key = %s", form["email"])
    assert [answer.data["tenant"]["id"] for answer in answers if answer.status == 201] in ([], [tenant_id])
    signed_in = api.post("/auth/login", {"email": form["email"], "password": PASSWORD}).data
    assert signed_in["tenant"]["id"] == tenant_id


def test_a_refresh_token_works_once_and_its_successor_goes_on(api: Api, owner: dict[str, Any]) -> None:
    first = refresh(api, owner["refreshToken"]).data
    assert first["refreshToken"] != owner["refreshToken"]
    assert api.as_caller(first["token"]).get("/auth/me").status == 200
    superseded = refresh(api, owner["refreshToken"])
    assert (superseded.status, superseded.code) == (409, "auth.refresh_superseded")
    assert refresh(api, first["refreshToken"]).status == 200


def test_of_fifty_refreshes_at_once_one_succeeds_and_its_session_stays_valid(api: Api, owner: dict[str, Any]) -> None:
    callers = [api.as_caller(None) for _ in range(_CROWD)]
    body = {"refreshToken": owner["refreshToken"]}
    answers = at_once(_CROWD, lambda number: callers[number].post("/auth/refresh", body))
    statuses = Counter(answer.status for answer in answers)
    assert statuses[200] == 1, statuses
    assert set(statuses) <= {200, 409, 503}, statuses
    (winner,) = [answer.data for answer in answers if answer.status == 200]
    assert api.as_caller(winner["token"]).get("/auth/me").status == 200
    assert refresh(api, winner["refreshToken"]).status == 200


def test_a_stolen_refresh_token_used_later_ends_its_whole_session_and_no_other(
    api: Api, owner: dict[str, Any], stored: Stored
) -> None:
    elsewhere = api.post("/auth/login", {"email": owner["user"]["email"], "password": PASSWORD}).data
    next_pair = refresh(api, owner["refreshToken"]).data
    # As if more than the ten seconds had passed in which two tabs may collide.
    _make_older(stored, owner["user"]["id"])
    stolen = refresh(api, owner["refreshToken"])
    assert (stolen.status, stolen.code) == (401, "auth.bad_refresh_token")
    assert refresh(api, next_pair["refreshToken"]).status == 401
    assert refresh(api, elsewhere["refreshToken"]).status == 200


def _make_older(stored: Stored, user_id: str) -> None:
    statement = (
        "update refresh_tokens set used_at = used_at - interval '1 minute' where used_at is not null"
        " and session_id in (select id from sessions where user_id = %s::uuid)"
    )
    assert stored.change("auth", statement, user_id) == 1


def test_logging_out_ends_this_session_and_all_ends_every_one(api: Api, owner: dict[str, Any]) -> None:
    credentials = {"email": owner["user"]["email"], "password": PASSWORD}
    second, third = (api.post("/auth/login", credentials).data for _ in range(2))
    assert api.as_caller(owner["token"]).post("/auth/logout", {}).status == 200
    assert refresh(api, owner["refreshToken"]).status == 401
    second = refresh(api, second["refreshToken"]).data
    assert api.as_caller(second["token"]).post("/auth/logout", {"all": True}).status == 200
    for gone in (second, third):
        assert refresh(api, gone["refreshToken"]).status == 401


def test_nobody_ends_another_s_session(api: Api, owner: dict[str, Any]) -> None:
    stranger = api.as_caller(register(api)["token"])
    assert stranger.post("/auth/logout", {"refreshToken": owner["refreshToken"]}).status == 200
    assert refresh(api, owner["refreshToken"]).status == 200
