"""Logging in: one answer to every failure (S-04), delays that grow (S-06), hashes that keep up (S-02)."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.auth.adapters.passwords import PasswordHasher
from services.auth.adapters.security import Security
from services.auth.domain import emails
from services.common.contracts.auth import BadCredentials, LockedOut, Logout, Platform, SignedIn
from services.common.contracts.errors import ServiceError
from tests.integration.auth.people import PASSWORD, People, new_email
from tests.integration.auth.statements import noted

Rows = Callable[..., list[Any]]


def refusal(people: People, email: str, password: str, address: str | None = None) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        people.log_in(email, password, address)
    return caught.value


def let_pass(rows: Rows, seconds: float) -> None:
    """Make all failures older."""
    rows(
        "update login_failures set failed_at = array("
        " select instant - make_interval(secs => :seconds) from unnest(failed_at) as instant)",
        seconds=seconds,
    )


def failures_of(rows: Rows, email: str) -> int:
    found = rows(
        "select cardinality(failed_at) as count from login_failures where key = :key",
        key=f"account:{emails.account_key(email)}",
    )
    return found[0].count if found else 0


def test_the_right_password_opens_a_session(people: People, rows: Rows) -> None:
    registered = people.register(new_email())
    signed_in = people.log_in(registered.user.email)
    assert signed_in.user.id == registered.user.id
    assert signed_in.tenant == registered.tenant
    assert signed_in.user.last_login_at is not None
    assert signed_in.expires_in == 900
    sessions = rows("select platform from sessions where user_id = :id", id=registered.user.id)
    assert [row.platform for row in sessions] == [Platform.WEB.value] * 2


def test_the_address_is_taken_in_any_case(people: People) -> None:
    email = new_email()
    people.register(email)
    assert people.log_in(email.upper()).user.email == email


def test_every_failure_has_the_same_answer(people: People, rows: Rows) -> None:
    wrong, disabled = new_email(), new_email()
    people.register(wrong)
    people.register(disabled)
    rows("update users set is_active = false where email_key = :email", email=disabled)
    answers = [
        refusal(people, new_email(), PASSWORD),
        refusal(people, wrong, "Wrong-horse-7"),
        refusal(people, disabled, PASSWORD),
        refusal(people, "not an address", PASSWORD),
        refusal(people, "\ud800@x.example", "\ud800"),
    ]
    assert {type(answer) for answer in answers} == {BadCredentials}
    assert {str(answer.to_wire()) for answer in answers} == {str(BadCredentials().to_wire())}


@pytest.mark.parametrize("exists", [True, False])
def test_the_sixth_try_is_refused_whether_or_not_the_account_exists(people: People, rows: Rows, exists: bool) -> None:
    email = new_email()
    if exists:
        people.register(email)
    for _ in range(5):
        assert isinstance(refusal(people, email, "Wrong-horse-7"), BadCredentials)
    let_pass(rows, -30)  # however slow the machine is, the delay is not over yet
    right, wrong = refusal(people, email, PASSWORD), refusal(people, email, "Wrong-horse-7")
    assert {int(locked.details.pop("retryAfter")) for locked in (right, wrong)} <= set(range(20, 32))
    assert right.to_wire() == wrong.to_wire() == LockedOut().to_wire()


def test_after_the_delay_the_right_password_opens_and_the_count_starts_anew(people: People, rows: Rows) -> None:
    email = new_email()
    people.register(email)
    for _ in range(5):
        refusal(people, email, "Wrong-horse-7")
    let_pass(rows, 1.1)
    assert people.log_in(email)
    assert failures_of(rows, email) == 0


def test_strangers_cannot_keep_the_owner_out(people: People, rows: Rows) -> None:
    email, home, elsewhere = new_email(), "203.0.113.7", "198.51.100.9"
    people.register(email, begin=people.begin(address=home))
    for _ in range(5):
        refusal(people, email, "Wrong-horse-7", elsewhere)
    let_pass(rows, -30)
    assert isinstance(refusal(people, email, PASSWORD, elsewhere), LockedOut)
    signed_in = people.log_in(email, address=home)
    people.log_out(signed_in.user, Logout(all=True))
    assert isinstance(refusal(people, email, PASSWORD, home), LockedOut)  # now that is anybody's address


def test_guesses_from_the_owner_s_own_address_wait_as_well(people: People, rows: Rows) -> None:
    email, home = new_email(), "203.0.113.8"
    people.register(email, begin=people.begin(address=home))
    for _ in range(5):
        assert isinstance(refusal(people, email, "Wrong-horse-7", home), BadCredentials)
    let_pass(rows, -30)
    assert isinstance(refusal(people, email, PASSWORD, home), LockedOut)
    assert people.log_in(email)  # from where nobody has guessed


def test_a_further_failure_doubles_the_delay(people: People, rows: Rows) -> None:
    email = new_email()
    for _ in range(5):
        refusal(people, email, "Wrong-horse-7")
    let_pass(rows, 1.1)
    assert isinstance(refusal(people, email, "Wrong-horse-7"), BadCredentials)
    assert failures_of(rows, email) == 6
    let_pass(rows, -30)
    assert int(refusal(people, email, PASSWORD).details["retryAfter"]) > 20


def test_tries_during_the_delay_do_not_prolong_it(people: People, rows: Rows) -> None:
    email = new_email()
    people.register(email)
    for _ in range(5):
        refusal(people, email, "Wrong-horse-7")
    let_pass(rows, -30)
    for _ in range(15):
        refusal(people, email, "Wrong-horse-7")
    assert failures_of(rows, email) == 5
    let_pass(rows, 31.1)
    assert people.log_in(email)


def test_a_quarter_of_an_hour_later_all_is_forgotten(people: People, rows: Rows) -> None:
    email = new_email()
    for _ in range(4):
        refusal(people, email, "Wrong-horse-7")
    let_pass(rows, 901)
    for _ in range(5):
        assert isinstance(refusal(people, email, "Wrong-horse-7"), BadCredentials)


def test_a_hundred_guesses_at_once_are_not_more_than_five(people: People, rows: Rows) -> None:
    email = new_email()
    started = time.monotonic()
    outcomes = list(
        eventlet.GreenPool(30).imap(lambda number: refusal(people, email, f"Wrong-horse-{number}"), range(100))
    )
    compared = sum(isinstance(outcome, BadCredentials) for outcome in outcomes)
    over = math.floor(math.log2(1 + time.monotonic() - started))  # delays of 1, 2, 4 … s that ended meanwhile
    assert 5 <= compared <= 5 + over
    assert failures_of(rows, email) == compared


def test_one_network_may_not_try_many_accounts(people: People, security: Security) -> None:
    email, address = new_email(), f"198.51.100.{int(time.time()) % 250}"
    people.register(email)
    for _ in range(security.lockouts.address.allowed_failures):
        assert isinstance(refusal(people, new_email(), "Wrong-horse-7", address), BadCredentials)
    assert isinstance(refusal(people, email, PASSWORD, address), LockedOut)
    assert people.log_in(email)


def test_the_stored_hash_is_argon2id_as_recommended(people: People, rows: Rows, security: Security) -> None:
    strong = dataclasses.replace(security, passwords=PasswordHasher(19456, 2))
    email = new_email()
    people.register(email)
    people.log_in(email, security=strong)
    (row,) = rows("select password_hash from users where email_key = :email", email=email)
    assert row.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert people.log_in(email, security=strong)
    (again,) = rows("select password_hash from users where email_key = :email", email=email)
    assert again.password_hash == row.password_hash


def test_a_wrong_password_is_not_hashed_anew(people: People, rows: Rows, security: Security) -> None:
    strong = dataclasses.replace(security, passwords=PasswordHasher(256, 1))
    email = new_email()
    people.register(email)
    with pytest.raises(BadCredentials):
        people.log_in(email, "Wrong-horse-7", security=strong)
    (row,) = rows("select password_hash from users where email_key = :email", email=email)
    assert "m=64," in row.password_hash


def test_signing_in_does_not_wait_for_another_account(people: People) -> None:
    registered = [new_email() for _ in range(10)]
    for email in registered:
        people.register(email)
    outcomes = list(eventlet.GreenPool(10).imap(people.log_in, registered))
    assert all(isinstance(outcome, SignedIn) for outcome in outcomes)


def test_whoever_has_not_failed_has_nothing_to_be_cleared(people: People) -> None:
    email = new_email()
    people.register(email)

    def asked_of_failures() -> list[str]:
        seen: list[str] = []
        with noted(people.database, seen.append):
            people.log_in(email)
        return [statement.split()[0] for statement in seen if "login_failures" in statement]

    assert asked_of_failures() == ["SELECT"]
    refusal(people, email, "Wrong-horse-7")
    assert asked_of_failures() == ["SELECT", "DELETE"]
    assert asked_of_failures() == ["SELECT"]
