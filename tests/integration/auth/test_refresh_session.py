"""S-11, S-12, S-13: refresh tokens work once, and a second use is noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import jwt
import pytest

from services.auth.commands import forget_expired
from services.common.contracts.auth import BadRefreshToken, RefreshSuperseded, SignedIn, TokenPair
from services.common.contracts.errors import ServiceError
from tests.integration.auth.people import People, new_email

Rows = Callable[..., list[Any]]


def let_pass(rows: Rows, user_id: str, interval: str) -> None:
    """Make the user's sessions and tokens older."""
    rows(
        "update sessions set created_at = created_at - cast(:by as interval), last_used_at = last_used_at - :by,"
        " expires_at = expires_at - cast(:by as interval) where user_id = :id".replace(
            "- :by", "- cast(:by as interval)"
        ),
        by=interval,
        id=user_id,
    )
    rows(
        "update refresh_tokens as token set created_at = token.created_at - cast(:by as interval),"
        " expires_at = token.expires_at - cast(:by as interval), used_at = used_at - cast(:by as interval)"
        " from sessions where sessions.id = session_id and user_id = :id",
        by=interval,
        id=user_id,
    )


@pytest.fixture
def owner(people: People) -> SignedIn:
    return people.register(new_email())


def test_a_refresh_gives_the_next_pair_of_the_same_session(people: People, owner: SignedIn) -> None:
    pair = people.refresh(owner.refresh_token)
    assert pair.refresh_token != owner.refresh_token
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in (owner.token, pair.token)]
    assert claims[0]["sid"] == claims[1]["sid"]
    assert people.refresh(pair.refresh_token)


def test_tokens_are_long_and_stored_as_hashes_only(people: People, owner: SignedIn, rows: Rows) -> None:
    assert len(owner.refresh_token) >= 43  # 256 bits in base64
    stored = rows("select token_hash from refresh_tokens")
    assert all(len(bytes(row.token_hash)) == 32 for row in stored)
    everything = str([rows(f"select * from {table}") for table in ("sessions", "users", "refresh_tokens", "outbox")])
    assert owner.refresh_token not in everything
    assert owner.token not in everything


@pytest.mark.parametrize("token", ["", "unknown", "\ud800", "x" * 500])
def test_an_unknown_token_is_refused(people: People, token: str) -> None:
    with pytest.raises(BadRefreshToken):
        people.refresh(token)


def test_a_second_use_at_once_is_a_conflict_and_revokes_nothing(people: People, owner: SignedIn) -> None:
    pair = people.refresh(owner.refresh_token)
    with pytest.raises(RefreshSuperseded):
        people.refresh(owner.refresh_token)
    assert people.refresh(pair.refresh_token)


def test_a_second_use_later_ends_the_session_and_no_other(people: People, owner: SignedIn, rows: Rows) -> None:
    elsewhere = people.log_in(owner.user.email)
    pair = people.refresh(owner.refresh_token)
    let_pass(rows, owner.user.id, "11 seconds")
    for token in (owner.refresh_token, pair.refresh_token, owner.refresh_token):
        with pytest.raises(BadRefreshToken):
            people.refresh(token)
    assert people.refresh(elsewhere.refresh_token)
    reasons = rows("select end_reason from sessions where user_id = :id order by created_at", id=owner.user.id)
    assert [row.end_reason for row in reasons] == ["REUSED", None]


def test_of_fifty_at_once_exactly_one_succeeds_and_stays_valid(people: People, owner: SignedIn) -> None:
    def attempt(_: int) -> TokenPair | ServiceError:
        try:
            return people.refresh(owner.refresh_token)
        except ServiceError as refused:
            return refused

    outcomes = list(eventlet.GreenPool(50).imap(attempt, range(50)))
    pairs = [outcome for outcome in outcomes if isinstance(outcome, TokenPair)]
    assert len(pairs) == 1
    assert {type(outcome) for outcome in outcomes} == {TokenPair, RefreshSuperseded}
    assert people.refresh(pairs[0].refresh_token)


def test_a_token_that_nobody_used_for_a_week_is_over(people: People, owner: SignedIn, rows: Rows) -> None:
    let_pass(rows, owner.user.id, "6 days 23 hours")
    pair = people.refresh(owner.refresh_token)
    let_pass(rows, owner.user.id, "7 days 1 second")
    with pytest.raises(BadRefreshToken):
        people.refresh(pair.refresh_token)


def test_no_refresh_prolongs_a_session_past_its_end(people: People, owner: SignedIn, rows: Rows) -> None:
    token = owner.refresh_token
    for _ in range(5):
        let_pass(rows, owner.user.id, "5 days 22 hours")
        token = people.refresh(token).refresh_token
    ends = rows(
        "select token.expires_at <= sessions.expires_at as within from refresh_tokens token"
        " join sessions on sessions.id = session_id where user_id = :id",
        id=owner.user.id,
    )
    assert all(row.within for row in ends)
    let_pass(rows, owner.user.id, "12 hours")
    with pytest.raises(BadRefreshToken):
        people.refresh(token)


def test_a_disabled_user_is_refused_with_every_token(people: People, owner: SignedIn, rows: Rows) -> None:
    rows("update users set is_active = false where id = :id", id=owner.user.id)
    for _ in range(2):
        with pytest.raises(BadRefreshToken):
            people.refresh(owner.refresh_token)


def test_what_ran_out_is_forgotten_in_the_end(people: People, owner: SignedIn, rows: Rows) -> None:
    let_pass(rows, owner.user.id, "38 days")
    kept = people.log_in(owner.user.email)
    with people.begin()() as uow:
        forget_expired.run(uow, people.security)
    assert len(rows("select from sessions where user_id = :id", id=owner.user.id)) == 1
    assert people.refresh(kept.refresh_token)


def test_a_token_that_has_run_out_is_forgotten_and_its_session_goes_on(
    people: People, owner: SignedIn, rows: Rows
) -> None:
    present = people.refresh(owner.refresh_token)
    count = "select from refresh_tokens join sessions on sessions.id = session_id where user_id = :id"
    rows(
        "update refresh_tokens as token set expires_at = now() - interval '1 second' from sessions"
        " where sessions.id = session_id and user_id = :id and used_at is not null",
        id=owner.user.id,
    )
    with people.begin()() as uow:
        forget_expired.run(uow, people.security)
    assert len(rows(count, id=owner.user.id)) == 1
    assert people.refresh(present.refresh_token)
