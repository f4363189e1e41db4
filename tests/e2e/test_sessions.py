"""S-14, S-15: where somebody is signed in: shown to them, and ended one by one or all at once."""

from __future__ import annotations

from typing import Any

from tests.e2e.api import Api
from tests.e2e.people import Account, SignIn, open_account


def sessions_of(session: SignIn) -> dict[str, dict[str, Any]]:
    """By id, as the session's user sees them."""
    return {each["id"]: each for each in session.api.get("/auth/sessions").data["sessions"]}


def test_sessions_are_listed_with_where_they_were_opened(owner: Account) -> None:
    phone = owner.sign_in(platform="MINI_APP", device="Anna's telephone")
    program = owner.sign_in(platform="api")
    listed = sessions_of(phone)
    assert len(listed) == 3
    assert [each["id"] for each in listed.values() if each["isCurrent"]] == [phone.id]
    assert (listed[phone.id]["platform"], listed[phone.id]["device"]) == ("MINI_APP", "Anna's telephone")
    assert listed[program.id]["platform"] == "API"
    assert listed[program.id]["device"].startswith("python-requests")
    assert {each["address"] for each in listed.values()} == {"127.0.0.1"}


def test_a_refresh_counts_as_a_use(owner: Account) -> None:
    before = sessions_of(owner.first)[owner.first.id]
    assert owner.first.refresh().status == 200
    after = sessions_of(owner.first)[owner.first.id]
    assert after["lastUsedAt"] > before["lastUsedAt"]
    assert after["expiresAt"] == before["expiresAt"]


def test_one_session_is_ended_by_its_id_and_no_other(owner: Account) -> None:
    lost, other = owner.sign_in(device="Lost"), owner.sign_in(device="Other")
    lost_id = lost.id
    assert owner.first.api.call("DELETE", f"/auth/sessions/{lost_id}").status == 200
    lost.await_end()
    assert set(sessions_of(owner.first)) == {owner.first.id, other.id}
    assert other.goes_on()
    assert owner.first.goes_on()


def test_a_session_of_somebody_else_is_not_there(api: Api, owner: Account) -> None:
    stranger = open_account(api)
    refused = stranger.first.api.call("DELETE", f"/auth/sessions/{owner.first.id}")
    assert (refused.status, refused.code) == (404, "auth.session_not_found")
    assert owner.first.goes_on()


def test_leaving_ends_the_access_token_too(owner: Account) -> None:
    other = owner.sign_in()
    assert owner.first.api.post("/auth/logout", {}).status == 200
    owner.first.await_end()
    assert other.goes_on()


def test_leaving_by_the_refresh_token_ends_the_session_that_it_belongs_to(owner: Account) -> None:
    other = owner.sign_in()
    assert owner.first.api.post("/auth/logout", {"refreshToken": other.told["refreshToken"]}).status == 200
    other.await_end()
    assert owner.first.goes_on()


def test_leaving_everywhere_ends_every_session(owner: Account) -> None:
    others = [owner.sign_in() for _ in range(3)]
    assert owner.first.api.post("/auth/logout", {"all": True}).status == 200
    for session in (owner.first, *others):
        session.await_end()
    assert owner.sign_in().goes_on()
