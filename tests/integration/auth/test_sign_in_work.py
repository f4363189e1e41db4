"""S-05, S-04: what a refused sign-in costs tells nothing: the same hashing, the same statements, the same answer.

How long it takes is measured where nothing else runs, by `make bench ARGS='--only refusals'`.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from typing import Any, Literal

import argon2
import pytest
import sqlalchemy as sa

from services.auth.adapters.passwords import Busy, PasswordHasher
from services.auth.adapters.security import Security
from services.auth.models import User
from services.common.contracts.auth import BadCredentials, LockedOut
from services.common.contracts.errors import ServiceError
from services.common.kit.database import Database
from services.common.kit.reads import Read
from tests.integration.auth.people import PASSWORD, People, new_email
from tests.integration.auth.statements import noted

Rows = Callable[..., list[Any]]
Work = list[tuple[str, Any]]
WRONG = "Wrong-horse-7"


class Watched(argon2.PasswordHasher):
    """Notes each piece of work with its parameters."""

    def __init__(self, work: Work, memory_kib: int) -> None:
        super().__init__(time_cost=1, memory_cost=memory_kib, parallelism=1)
        self._work = work

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        self._work.append(("hash", (self.memory_cost, self.time_cost)))
        return super().hash(password, salt=salt)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002  the library's name
        known = argon2.extract_parameters(str(hash))
        self._work.append(("verify", (known.memory_cost, known.time_cost)))
        return super().verify(hash, password)


@pytest.fixture
def work() -> Work:
    """What was done for one sign-in, in order."""
    return []


def watching(security: Security, work: Work, memory_kib: int = 64) -> Security:
    """As the service has it, but telling."""
    passwords = PasswordHasher(memory_kib, 1)
    passwords._argon2 = Watched(work, memory_kib)
    return dataclasses.replace(security, passwords=passwords)


@pytest.fixture
def refused(people: People, security: Security, work: Work, database: Database) -> Callable[[str, str], Any]:
    """`refused(email, password)`: the error, what was hashed, what was asked of the database."""
    watched = watching(security, work)

    def attempt(email: str, password: str) -> tuple[ServiceError, Work]:
        work.clear()
        with noted(database, lambda text: work.append(("statement", text))), pytest.raises(ServiceError) as caught:
            people.log_in(email, password, security=watched)
        return caught.value, list(work)

    return attempt


@pytest.fixture
def cases(people: People, rows: Rows) -> dict[str, tuple[str, str]]:
    """Address and password of everybody who is not let in."""
    known, disabled = new_email(), new_email()
    for email in (known, disabled):
        people.register(email)
    rows("update users set is_active = false where email_key = :email", email=disabled)
    return {
        "unknown address": (new_email(), WRONG),
        "wrong password": (known, WRONG),
        "disabled": (disabled, PASSWORD),
        "disabled, and a wrong password": (disabled, WRONG),
        "no address at all": ("nobody", WRONG),
    }


def test_whoever_is_refused_costs_the_same_and_hears_the_same(
    refused: Callable[[str, str], Any], cases: dict[str, tuple[str, str]]
) -> None:
    outcomes = {name: refused(*case) for name, case in cases.items()}
    answers = {name: str(error.to_wire()) for name, (error, _) in outcomes.items()}
    assert set(answers.values()) == {str(BadCredentials().to_wire())}
    expected = outcomes["unknown address"][1]
    assert [done for done in expected if done[0] in {"verify", "hash"}] == [("verify", (64, 1))]
    assert expected.count(("statement", "COMMIT")) == 2
    for name, (_, done) in outcomes.items():
        assert done == expected, name


def test_who_waits_costs_the_same_and_hears_the_same_with_the_right_password_too(
    refused: Callable[[str, str], Any], cases: dict[str, tuple[str, str]], rows: Rows
) -> None:
    for email, _ in cases.values():
        for _ in range(5):
            refused(email, WRONG)
    rows(
        "update login_failures set failed_at = array("
        " select instant + make_interval(secs => 30) from unnest(failed_at) as instant)"
    )
    known, _ = cases["wrong password"]
    outcomes = {name: refused(*case) for name, case in {**cases, "the right password": (known, PASSWORD)}.items()}
    assert {type(error) for error, _ in outcomes.values()} == {LockedOut}
    for error, _ in outcomes.values():
        assert 20 <= int(error.details.pop("retryAfter")) <= 31
    assert {str(error.to_wire()) for error, _ in outcomes.values()} == {str(LockedOut().to_wire())}
    expected = outcomes["unknown address"][1]
    assert [done for done in expected if done[0] in {"verify", "hash"}] == [("verify", (64, 1))]
    for name, (_, done) in outcomes.items():
        assert done == expected, name


def test_only_who_is_let_in_is_hashed_anew(people: People, security: Security, work: Work, rows: Rows) -> None:
    """S-02. Before, the longer answer would tell who is disabled, or has to wait, that the password is right."""
    email, stronger = new_email(), watching(security, work, memory_kib=128)
    people.register(email)

    def hashing() -> Work:
        work.clear()
        with contextlib.suppress(ServiceError):
            people.log_in(email, security=stronger)
        return list(work)

    rows("update users set is_active = false where email_key = :email", email=email)
    assert hashing() == [("verify", (64, 1))]
    rows("update users set is_active = true where email_key = :email", email=email)
    assert hashing() == [("verify", (64, 1)), ("hash", (128, 1))]
    assert hashing() == [("verify", (128, 1))]


def test_a_hash_that_cannot_be_renewed_now_keeps_nobody_out(
    people: People, security: Security, work: Work, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, stronger = new_email(), watching(security, work, memory_kib=128)
    people.register(email)

    def busy(_password: str) -> str:
        raise Busy

    monkeypatch.setattr(stronger.passwords, "hash", busy)
    assert people.log_in(email, security=stronger)
    (row,) = rows("select password_hash from users where email_key = :email", email=email)
    assert "m=64," in row.password_hash


def test_what_goes_to_the_driver_past_sqlalchemy_is_seen(people: People, database: Database) -> None:
    """Else a read that is prepared could tell an unknown address from a known one."""
    seen: list[str] = []

    def look() -> None:
        with people.begin()(read_only=True) as uow:
            uow.rows(Read(sa.select(User.id).where(User.email_key == sa.bindparam("email"))), email=new_email())

    with noted(database, seen.append):
        look()
    assert [text for text in seen if "FROM users" in text]
    seen.clear()
    look()
    assert seen == []
