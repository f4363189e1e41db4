"""Another e-mail address: wanted with proof, confirmed by mail, told to the old one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.contracts import auth
from tests.integration.auth.desk import Desk
from tests.integration.auth.people import PASSWORD, People, new_email

Rows = Callable[..., list[Any]]
PostOffice = Callable[[], list[str]]
ASKED = "Please confirm your new e-mail address"
NEW_PASSWORD = "Better-battery-8"


@pytest.fixture
def owner(people: People, post_office: PostOffice) -> auth.User:
    """Has had the mail that greets new people."""
    owner = people.register(new_email()).user
    post_office()
    return owner


@pytest.fixture
def want(desk: Desk, owner: auth.User, post_office: PostOffice) -> Callable[[str], str]:
    """`want(address)`: the token of the mail that asks whether it is theirs."""

    def ask_for(address: str) -> str:
        desk.ask(auth.ChangeEmail(email=address, password=PASSWORD), owner)
        assert post_office()[-1] == ASKED
        return desk.tray.token_for(address)

    return ask_for


def test_the_address_changes_when_its_mail_is_answered_and_not_before(
    desk: Desk, people: People, owner: auth.User, want: Callable[[str], str], post_office: PostOffice
) -> None:
    address = new_email().replace("p", "P", 1)
    token = want(address)
    waiting = desk.ask(auth.GetMe(), owner).user
    assert (waiting.email, waiting.pending_email) == (owner.email, address)
    assert people.log_in(owner.email)
    desk.ask(auth.VerifyEmail(token=token))
    changed = desk.ask(auth.GetMe(), owner).user
    assert (changed.email, changed.pending_email, changed.email_verified) == (address, None, True)
    assert people.log_in(address.lower()).user.id == owner.id
    with pytest.raises(auth.BadCredentials):
        people.log_in(owner.email)
    assert post_office() == ["Your e-mail address was changed"]
    assert desk.tray.sent[-1].to == owner.email
    assert people.register(str(owner.email))  # it is free
    (entry,) = desk.ask(auth.ListAuditLog(action=["user.email_changed"]), owner).entries
    assert entry.before == {"email": owner.email, "emailVerified": False, "pendingEmail": address}
    assert entry.after == {"email": address, "emailVerified": True, "pendingEmail": None}


def test_it_takes_a_fresh_proof(desk: Desk, owner: auth.User, post_office: PostOffice, rows: Rows) -> None:
    (session,) = desk.ask(auth.ListSessions(), owner).sessions
    rows("update sessions set created_at = created_at - interval '11 minutes' where user_id = :id", id=owner.id)
    for proof in ({}, {"session_id": session.id}, {"password": "Wrong-horse-7"}, {"code": "000000"}):
        request = auth.ChangeEmail(email=new_email(), **proof)
        assert desk.refusal(request, owner) == "auth.proof_needed", proof
    assert post_office() == []


def test_a_taken_address_is_refused_even_when_it_is_taken_meanwhile(
    desk: Desk, people: People, owner: auth.User, want: Callable[[str], str]
) -> None:
    other = people.register(new_email()).user
    request = auth.ChangeEmail(email=str(other.email).upper(), password=PASSWORD)
    assert desk.refusal(request, owner) == "auth.email_taken"
    address = new_email()
    token = want(address)
    people.register(address)
    assert desk.refusal(auth.VerifyEmail(token=token)) == "auth.email_taken"
    assert desk.ask(auth.GetMe(), owner).user.email == owner.email


def test_only_the_last_wish_counts_and_it_can_be_taken_back(
    desk: Desk, owner: auth.User, want: Callable[[str], str], post_office: PostOffice
) -> None:
    first = want(new_email())
    second = want(new_email())
    assert desk.refusal(auth.VerifyEmail(token=first)) == "auth.bad_one_time_token"
    desk.ask(auth.ChangeEmail(email=str(owner.email), password=PASSWORD), owner)
    assert post_office() == []
    assert desk.refusal(auth.VerifyEmail(token=second)) == "auth.bad_one_time_token"
    assert desk.ask(auth.GetMe(), owner).user.pending_email is None


@pytest.mark.parametrize("written", [True, False], ids=["its mail has left", "its mail waits"])
@pytest.mark.parametrize("how", ["changed", "reset"])
def test_a_new_password_ends_a_wish_that_a_thief_may_have_had(
    desk: Desk, owner: auth.User, post_office: PostOffice, how: str, written: bool
) -> None:
    address = new_email()
    desk.ask(auth.ForgotPassword(email=str(owner.email)))
    post_office()
    reset = auth.ResetPassword(token=desk.tray.token_for(owner.email), new_password=NEW_PASSWORD)
    desk.ask(auth.ChangeEmail(email=address, password=PASSWORD), owner)
    if written:
        post_office()
    if how == "changed":
        desk.ask(auth.ChangePassword(current_password=PASSWORD, new_password=NEW_PASSWORD), owner)
    else:
        desk.ask(reset)
    left = post_office()
    if written:
        token = desk.tray.token_for(address)
        assert desk.refusal(auth.VerifyEmail(token=token)) == "auth.bad_one_time_token"
    else:
        assert ASKED not in left


def test_the_old_mailbox_can_do_nothing_any_more(
    desk: Desk, owner: auth.User, want: Callable[[str], str], post_office: PostOffice
) -> None:
    desk.ask(auth.ForgotPassword(email=str(owner.email)))
    desk.ask(auth.SendVerification(), owner)
    post_office()
    reset, verify = (
        next(draft.text for draft in reversed(desk.tray.sent) if subject in draft.subject).partition("#token=")[2]
        for subject in ("new password", "confirm your e-mail")
    )
    desk.ask(auth.VerifyEmail(token=want(new_email())))
    assert desk.refusal(auth.ResetPassword(token=reset.split()[0], new_password=NEW_PASSWORD)) != "ok"
    assert desk.refusal(auth.VerifyEmail(token=verify.split()[0])) == "auth.bad_one_time_token"


def test_nobody_writes_to_all_the_world_through_us(desk: Desk, owner: auth.User, post_office: PostOffice) -> None:
    wishes = [desk.refusal(auth.ChangeEmail(email=new_email(), password=PASSWORD), owner) for _ in range(7)]
    assert wishes == ["ok"] * 5 + ["auth.too_many_letters"] * 2
    assert post_office() == [ASKED]  # the last wish


def test_who_came_by_telegram_gets_an_address_and_with_it_a_password(
    desk: Desk, people: People, owner: auth.User, post_office: PostOffice
) -> None:
    slug, address = desk.tenants.made[str(owner.tenant_id)].slug, new_email()
    customer = desk.ask(auth.LoginWithTelegram(salon_slug=slug, init_data="id=5&hash=abc")).user
    assert isinstance(customer, auth.User)
    (session,) = desk.ask(auth.ListSessions(), customer).sessions
    desk.ask(auth.ChangeEmail(email=address, session_id=session.id), customer)
    post_office()
    desk.ask(auth.VerifyEmail(token=desk.tray.token_for(address)))
    desk.ask(auth.ForgotPassword(email=address))
    post_office()
    desk.ask(auth.ResetPassword(token=desk.tray.token_for(address), new_password=NEW_PASSWORD))
    assert people.log_in(address, NEW_PASSWORD).user.id == customer.id
