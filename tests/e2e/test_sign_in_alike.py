"""S-04, S-06, S-07: over HTTP too, nobody learns from a refused sign-in whether there is such an account."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.business import PASSWORD, new_email, register
from tests.e2e.stored import Stored

WRONG = "Not-the-1-password"
_OWN = {"date", "x-request-id", "ratelimit", "ratelimit-remaining", "ratelimit-reset"}
"""What is each answer's own."""


def log_in(api: Api, email: str, password: str, **headers: str) -> Answer:
    return api.as_caller(None).post("/auth/login", {"email": email, "password": password}, **headers)


def whole(answer: Answer) -> bytes:
    """Status, headers in order, and the body, byte for byte, but for the request's own id and instant."""
    headers = [f"{name}: {value}" for name, value in answer.headers.items() if name.lower() not in _OWN]
    body = answer.response.content.replace(answer.headers["X-Request-ID"].encode(), b"...")
    return b"\n".join([str(answer.status).encode(), *(line.encode() for line in headers), body])


@pytest.fixture(autouse=True)
def fresh(stored: Stored) -> Iterator[None]:
    """All of these come from one address, which would have to wait itself."""
    stored.change("auth", "delete from login_failures where key like 'address:%%'")
    yield
    stored.change("auth", "delete from login_failures where key like 'address:%%'")


@pytest.fixture
def owner(api: Api) -> dict[str, Any]:
    return register(api)


@pytest.fixture
def disabled(api: Api, stored: Stored) -> str:
    """The address of somebody who may not sign in any more."""
    email = register(api)["user"]["email"]
    assert stored.change("auth", "update users set is_active = false where email = %s", email) == 1
    return str(email)


def lock(api: Api, stored: Stored, email: str) -> None:
    """Five failures, and a delay that is not over, however slow the machine is."""
    for _ in range(5):
        assert log_in(api, email, WRONG).status == 401
    # Where its owner is signed in, failures of an account are counted apart, by the address as well.
    key = f"account:{hashlib.sha256(email.encode()).hexdigest()}%"
    statement = (
        "update login_failures set failed_at = array("
        " select instant + interval '30 s' from unnest(failed_at) as instant) where key like %s"
    )
    assert stored.change("auth", statement, key) == 1


def test_unknown_wrong_and_disabled_are_one_answer_to_the_byte(api: Api, owner: dict[str, Any], disabled: str) -> None:
    answers = {
        "unknown": log_in(api, new_email(), WRONG),
        "wrong": log_in(api, owner["user"]["email"], WRONG),
        "disabled": log_in(api, disabled, PASSWORD),
        "disabled, and wrong": log_in(api, disabled, WRONG),
        "no address": log_in(api, "nobody", WRONG),
    }
    assert answers["unknown"].status == 401
    assert {name: whole(answer) for name, answer in answers.items()} == dict.fromkeys(answers, whole(answers["wrong"]))


def test_the_sixth_try_waits_whoever_has_the_address(
    api: Api, owner: dict[str, Any], disabled: str, stored: Stored
) -> None:
    addresses = {"unknown": new_email(), "known": owner["user"]["email"], "disabled": disabled}
    for email in addresses.values():
        lock(api, stored, email)
    answers = {name: log_in(api, email, WRONG) for name, email in addresses.items()}
    answers["known, and right"] = log_in(api, addresses["known"], PASSWORD)
    for name, answer in answers.items():
        assert (answer.status, answer.code) == (429, "auth.locked_out"), name
        assert 15 <= int(answer.headers.pop("Retry-After")) <= 31, name
        assert "retryAfter" not in json.dumps(answer.json)
    assert {name: whole(answer) for name, answer in answers.items()} == dict.fromkeys(answers, whole(answers["known"]))


def test_another_address_in_a_header_starts_no_new_count(api: Api, owner: dict[str, Any], stored: Stored) -> None:
    for email in (owner["user"]["email"], new_email()):
        lock(api, stored, email)
        for name in ("X_Forwarded_For", "X_Real_IP", "Forwarded", "True_Client_IP"):
            spoofed = "for=203.0.113.9" if name == "Forwarded" else "203.0.113.9"
            assert log_in(api, email, PASSWORD, **{name: spoofed}).status == 429, name


def test_failures_count_for_the_address_they_come_from_and_not_for_the_one_that_is_claimed(
    api: Api, stored: Stored
) -> None:
    for number in range(3):
        log_in(api, new_email(), WRONG, X_Forwarded_For=f"203.0.113.{number}")
    (counted,) = stored.rows(
        "auth", "select key, cardinality(failed_at) from login_failures where key like 'address:%%'"
    )
    assert counted == ("address:127.0.0.1", 3)


def test_a_session_shows_where_it_was_opened_and_not_where_somebody_says(api: Api, owner: dict[str, Any]) -> None:
    signed_in = log_in(api, owner["user"]["email"], PASSWORD, X_Forwarded_For="203.0.113.9").data
    shown = api.as_caller(signed_in["token"]).get("/auth/sessions").data
    assert "203.0.113.9" not in json.dumps(shown)
    (entry, *_) = api.as_caller(owner["token"]).get("/audit-log", action="user.logged_in").data["entries"]
    assert entry["address"] == "127.0.0.1"
