"""S-14: logging out."""

from __future__ import annotations

import dataclasses

import jwt
import pytest

from services.common.contracts.auth import BadRefreshToken, Logout, SignedIn
from services.common.contracts.errors import Invalid, Unauthenticated
from services.common.kit import ids
from tests.integration.auth.people import People, new_email


@pytest.fixture
def owner(people: People) -> SignedIn:
    return people.register(new_email())


def is_open(people: People, signed_in: SignedIn) -> bool:
    """Uses the refresh token up."""
    try:
        people.refresh(signed_in.refresh_token)
    except BadRefreshToken:
        return False
    return True


def test_the_session_of_the_refresh_token_ends(people: People, owner: SignedIn) -> None:
    elsewhere = people.log_in(owner.user.email)
    people.log_out(owner.user, Logout(refresh_token=owner.refresh_token))
    assert (is_open(people, owner), is_open(people, elsewhere)) == (False, True)


def test_the_session_of_the_access_token_ends(people: People, owner: SignedIn) -> None:
    session_id = jwt.decode(owner.token, options={"verify_signature": False})["sid"]
    people.log_out(owner.user, Logout(session_id=session_id))
    assert not is_open(people, owner)


def test_one_session_too_many_ends_the_oldest(people: People, owner: SignedIn) -> None:
    few = dataclasses.replace(people.security, limits=dataclasses.replace(people.security.limits, at_once=2))
    second, third = (people.log_in(owner.user.email, security=few) for _ in range(2))
    assert [is_open(people, each) for each in (owner, second, third)] == [False, True, True]


def test_all_sessions_end(people: People, owner: SignedIn) -> None:
    elsewhere = people.log_in(owner.user.email)
    people.log_out(owner.user, Logout(all=True))
    assert (is_open(people, owner), is_open(people, elsewhere)) == (False, False)


def test_somebody_elses_session_stays(people: People, owner: SignedIn) -> None:
    other = people.register(new_email())
    session_id = jwt.decode(other.token, options={"verify_signature": False})["sid"]
    people.log_out(owner.user, Logout(session_id=session_id))
    people.log_out(owner.user, Logout(refresh_token=other.refresh_token))
    people.log_out(owner.user, Logout(all=True))
    assert is_open(people, other)


def test_logging_out_twice_or_with_an_old_token_is_no_error(people: People, owner: SignedIn) -> None:
    for _ in range(2):
        people.log_out(owner.user, Logout(refresh_token=owner.refresh_token))
    people.log_out(owner.user, Logout(refresh_token="unknown"))
    people.log_out(owner.user, Logout(session_id=ids.new_id()))


def test_a_logout_says_what_to_end(people: People, owner: SignedIn) -> None:
    with pytest.raises(Invalid):
        people.log_out(owner.user, Logout())


def test_nobody_cannot_log_out(people: People) -> None:
    with pytest.raises(Unauthenticated):
        people.log_out(None, Logout(all=True))
