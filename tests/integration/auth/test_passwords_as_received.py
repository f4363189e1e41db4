"""S-01, S-02: what somebody types is what counts, from the registration to the login, and how it is kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.auth.adapters.security import Security
from services.auth.settings import AuthSettings
from services.common.contracts.auth import BadCredentials
from services.common.contracts.errors import Invalid
from tests.integration.auth.keys import envelope_keys, signing_keys
from tests.integration.auth.people import PASSWORD, People, new_email


@pytest.mark.parametrize(
    ("password", "nearly"),
    [
        (f" {PASSWORD} ", PASSWORD),
        (f"{PASSWORD}\t", PASSWORD),
        ("aB3" + "z" * 125, "aB3" + "z" * 124),
        ("字" * 67 + "aA7", "字" * 66 + "aA7"),
        ("😀😀😀😀😀😀aA", "😀😀😀😀😀😁aA"),
        ("Four Plain words 4", "four plain words 4"),
        ("Ko\u0308ln-am-Rhein-7", "K\u00f6ln-am-Rhein-7"),
    ],
    ids=["spaces", "tab", "128 characters", "70 of many bytes", "emoji", "case", "composed otherwise"],
)
def test_a_password_is_taken_whole_and_as_it_is(people: People, password: str, nearly: str) -> None:
    email = new_email()
    people.register(email, password)
    with pytest.raises(BadCredentials):
        people.log_in(email, nearly)
    assert people.log_in(email, password)


@pytest.mark.parametrize(
    "make",
    [
        lambda _email: "aB3defg",
        lambda _email: "aB3" + "z" * 126,
        lambda _email: "Password1!",
        lambda email: f"{email}-X",
        lambda email: f"{email.partition('@')[0].title()}-9",
        lambda _email: "Rosa-Meyer-2031",
        lambda _email: "My-Frontdesk-9",
    ],
    ids=["too short", "too long", "common", "own address", "own local part", "own name", "the product"],
)
def test_who_registers_is_told_what_is_wrong_with_it(people: People, make: Callable[[str], str]) -> None:
    email = new_email()
    with pytest.raises(Invalid) as caught:
        people.register(email, make(email))
    assert set(caught.value.details) == {"password"}


def test_the_service_hashes_as_recommended_unless_it_is_told_otherwise() -> None:
    given: dict[str, Any] = {"AUTH_DATABASE_URL": "postgresql://auth_app@localhost/none", "AMQP_URL": "amqp://unused"}
    keys = {"AUTH_SIGNING_KEYS": signing_keys(), "AUTH_ENVELOPE_KEYS": envelope_keys()}
    passwords = Security.from_settings(AuthSettings.load(given | keys)).passwords
    stored = passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.is_weak(stored)
    for weaker in ("m=65536,t=3,p=4", "m=19456,t=1,p=1", "m=12288,t=2,p=1"):
        assert passwords.is_weak(stored.replace("m=19456,t=2,p=1", weaker))
