"""Forgotten passwords, changed passwords, proved addresses; the mails that carry the tokens. S-14, S-15: who is out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.auth.adapters.mail import MailRefused, MailUnavailable
from services.auth.commands.send_letter import LetterHeld
from services.common.contracts import auth
from services.common.contracts.errors import Invalid
from services.common.kit import ids
from tests.integration.auth.desk import OUT_OF_ORDER, Desk, context_of
from tests.integration.auth.people import PASSWORD, People, new_email

Rows = Callable[..., list[Any]]
PostOffice = Callable[[], list[str]]
NEW = "Better-battery-8"


@pytest.fixture
def owner(people: People, desk: Desk, post_office: PostOffice) -> auth.SignedIn:
    """Has had the mail that greets new people."""
    owner = people.register(new_email())
    assert post_office() == ["Please confirm your e-mail address"]
    desk.tray.sent.clear()
    return owner


def forget(desk: Desk, owner: auth.SignedIn, post_office: PostOffice) -> str:
    desk.ask(auth.ForgotPassword(email=str(owner.user.email).upper()))
    post_office()
    return desk.tray.token_for(owner.user.email)


def test_a_forgotten_password_is_replaced_and_everybody_is_out(
    desk: Desk, people: People, owner: auth.SignedIn, post_office: PostOffice, rows: Rows
) -> None:
    token = forget(desk, owner, post_office)
    desk.ask(auth.ResetPassword(token=token, new_password=NEW))
    assert desk.refusal(auth.Refresh(refresh_token=owner.refresh_token)) == "auth.bad_refresh_token"
    assert people.log_in(owner.user.email, NEW).user.email_verified
    with pytest.raises(auth.BadCredentials):
        people.log_in(owner.user.email, PASSWORD)
    refused = {revocation.id: revocation for revocation in desk.ask(auth.ListRevocations()).revocations}
    assert refused[owner.user.id].version == 2
    events = rows("select routing_key from outbox where tenant_id = :id order by id", id=owner.user.tenant_id)
    assert {"session.revoked.v1", "access.changed.v1"} <= {row.routing_key for row in events}
    assert post_office() == ["Your password was changed"]


def test_a_token_is_good_once_but_an_answer_may_get_lost(
    desk: Desk, owner: auth.SignedIn, post_office: PostOffice, rows: Rows
) -> None:
    token = forget(desk, owner, post_office)
    request, call = auth.ResetPassword(token=token, password=NEW), context_of(None, idempotency_key=ids.new_id())
    desk.ask(request, context=call)
    assert desk.refusal(request, context=call) == "ok"  # the same call, brought again
    wrong = auth.ResetPassword(token=token, password="Other-battery-9")
    for other, how in ((request, context_of(None)), (wrong, context_of(None)), (wrong, call)):
        assert desk.refusal(other, context=how) == "auth.bad_one_time_token"
    assert len(rows("select from letters where user_id = :id and kind = 'PASSWORD_CHANGED'", id=owner.user.id)) == 1


def test_the_business_s_name_is_no_password(desk: Desk, owner: auth.SignedIn, post_office: PostOffice) -> None:
    assert owner.tenant is not None
    guess = f"{owner.tenant.name.title()}-7"
    change = auth.ChangePassword(current_password=PASSWORD, new_password=guess)
    reset = auth.ResetPassword(token=forget(desk, owner, post_office), new_password=guess)
    invited = new_email()
    desk.ask(auth.InviteUser(email=invited, name="Ann"), owner.user)
    post_office()
    accept = auth.AcceptInvitation(token=desk.tray.token_for(invited), password=guess)
    register = auth.Register(email=new_email(), password=guess, name="Ann", salon_slug=owner.tenant.slug)
    for request, who in ((change, owner.user), (reset, None), (accept, None), (register, None)):
        assert desk.refusal(request, who) == "invalid", request.METHOD


def test_a_bad_password_leaves_the_token_good(desk: Desk, owner: auth.SignedIn, post_office: PostOffice) -> None:
    token = forget(desk, owner, post_office)
    with pytest.raises(Invalid) as caught:
        desk.ask(auth.ResetPassword(token=token, new_password="Password1!"))
    assert set(caught.value.details) == {"newPassword"}
    desk.ask(auth.ResetPassword(token=token, new_password=NEW))


def test_only_the_newest_token_is_good_and_only_for_an_hour(
    desk: Desk, owner: auth.SignedIn, post_office: PostOffice, rows: Rows
) -> None:
    first = forget(desk, owner, post_office)
    second = forget(desk, owner, post_office)
    assert desk.refusal(auth.ResetPassword(token=first, new_password=NEW)) == "auth.bad_one_time_token"
    rows("update one_time_tokens set expires_at = now() - interval '1 second' where user_id = :id", id=owner.user.id)
    assert desk.refusal(auth.ResetPassword(token=second, new_password=NEW)) == "auth.bad_one_time_token"


def test_nobody_learns_whether_there_is_an_account(desk: Desk, post_office: PostOffice, rows: Rows) -> None:
    address = new_email()
    assert desk.ask(auth.ForgotPassword(email=address)) is None
    assert post_office() == []
    (letter,) = rows("select * from letters where kind = 'RESET_PASSWORD' order by created_at desc limit 1")
    assert (letter.outcome, letter.email) == ("NOBODY", None)


def test_no_mailbox_is_flooded(desk: Desk, owner: auth.SignedIn, post_office: PostOffice) -> None:
    for _ in range(8):
        desk.ask(auth.ForgotPassword(email=str(owner.user.email)))
    assert len(post_office()) == 5


def test_tokens_are_stored_as_hashes_and_leave_with_their_letter(
    desk: Desk, owner: auth.SignedIn, post_office: PostOffice, rows: Rows
) -> None:
    token = forget(desk, owner, post_office)
    tables = ("one_time_tokens", "letters", "outbox", "audit_log", "idempotency")
    assert token not in str([rows(f"select * from {table}") for table in tables])
    assert rows("select from letters where sealed_token is not null or email = :email", email=owner.user.email) == []


def test_a_letter_is_tried_again_with_the_same_token_and_key(
    desk: Desk, owner: auth.SignedIn, post_office: PostOffice, rows: Rows
) -> None:
    desk.ask(auth.ForgotPassword(email=str(owner.user.email)))
    desk.tray.failures = [OUT_OF_ORDER]
    with pytest.raises(MailUnavailable):
        post_office()
    (waiting,) = rows("select id, sealed_token from letters where done_at is null")
    assert waiting.sealed_token.startswith("v1.")
    assert len(post_office()) == 1
    assert desk.tray.sent[-1].key == str(waiting.id)
    desk.ask(auth.ResetPassword(token=desk.tray.token_for(owner.user.email), new_password=NEW))


def test_a_letter_is_sent_by_one_at_a_time_and_once(desk: Desk, owner: auth.SignedIn, rows: Rows) -> None:
    desk.ask(auth.SendVerification(), owner.user)
    (letter,) = rows("select id from letters where done_at is null and user_id = :id", id=owner.user.id)
    rows("update letters set claimed_at = now() where id = :id", id=letter.id)
    with pytest.raises(LetterHeld):
        desk.deliver(str(letter.id), owner.user.tenant_id)
    rows("update letters set claimed_at = now() - interval '61 seconds' where id = :id", id=letter.id)
    for _ in range(3):
        desk.deliver(str(letter.id), owner.user.tenant_id)
    assert len(desk.tray.sent) == 1


def test_a_letter_that_is_refused_for_good_is_over(
    desk: Desk, owner: auth.SignedIn, post_office: PostOffice, rows: Rows
) -> None:
    desk.ask(auth.SendVerification(), owner.user)
    desk.tray.failures = [MailRefused("the mail server answered 550")]
    post_office()
    outcomes = rows("select outcome from letters where user_id = :id order by created_at", id=owner.user.id)
    assert [row.outcome for row in outcomes] == ["SENT", "REFUSED"]


def test_an_address_is_proved_once(desk: Desk, owner: auth.SignedIn, post_office: PostOffice) -> None:
    assert not owner.user.email_verified
    desk.ask(auth.SendVerification(), owner.user)
    post_office()
    token = desk.tray.token_for(owner.user.email)
    assert desk.refusal(auth.ResetPassword(token=token, new_password=NEW)) == "auth.bad_one_time_token"
    desk.ask(auth.VerifyEmail(token=token))
    assert desk.ask(auth.GetMe(), owner.user).user.email_verified
    assert desk.refusal(auth.VerifyEmail(token=token)) == "auth.bad_one_time_token"
    desk.ask(auth.SendVerification(), owner.user)
    assert post_office() == []


def test_a_name_begins_no_header_and_no_tag(desk: Desk, people: People, post_office: PostOffice) -> None:
    owner = people.register(new_email(), name="Rosa\r\nBcc: all@world.example <b>&\u202e")
    desk.ask(auth.SendVerification(), owner.user)
    post_office()
    letter = desk.tray.sent[-1]
    assert "Hello Rosa Bcc: all@world.example <b>&," in letter.text
    assert "<b>" not in letter.html.partition("<body")[2].partition(">")[2]


def test_changing_the_password_ends_other_sessions_and_spares_this_one(
    desk: Desk, people: People, owner: auth.SignedIn
) -> None:
    elsewhere = people.log_in(owner.user.email)
    (present, other) = sorted(
        desk.ask(auth.ListSessions(), owner.user).sessions, key=lambda session: session.created_at
    )
    request = auth.ChangePassword(current_password=PASSWORD, new_password=NEW, session_id=present.id)
    desk.ask(request, owner.user)
    assert desk.refusal(auth.Refresh(refresh_token=elsewhere.refresh_token)) == "auth.bad_refresh_token"
    assert desk.refusal(auth.Refresh(refresh_token=owner.refresh_token)) == "ok"
    revoked = {revocation.id for revocation in desk.ask(auth.ListRevocations()).revocations}
    assert other.id in revoked
    assert present.id not in revoked


def test_wrong_present_passwords_are_slowed_down_like_failed_logins(desk: Desk, owner: auth.SignedIn) -> None:
    request = auth.ChangePassword(current_password="Wrong-horse-7", new_password=NEW)
    assert [desk.refusal(request, owner.user) for _ in range(6)] == ["auth.bad_credentials"] * 5 + ["auth.locked_out"]
    assert desk.refusal(auth.Login(email=str(owner.user.email), password=PASSWORD)) == "ok"


def test_strangers_guesses_keep_nobody_from_a_new_password(desk: Desk, owner: auth.SignedIn) -> None:
    login = auth.Login(email=str(owner.user.email), password="Wrong-horse-7")
    assert [desk.refusal(login) for _ in range(6)][-1] == "auth.locked_out"
    desk.ask(auth.ChangePassword(current_password=PASSWORD, new_password=NEW), owner.user)


def test_sessions_are_listed_and_ended_one_by_one(desk: Desk, people: People, owner: auth.SignedIn) -> None:
    elsewhere = people.log_in(owner.user.email)
    stranger = people.register(new_email())
    page = desk.ask(auth.ListSessions(limit=1), owner.user)
    assert (page.pagination.total, page.pagination.next_cursor is None) == (2, False)
    newest = page.sessions[0]
    assert desk.refusal(auth.EndSession(session_id=newest.id), stranger.user) == "auth.session_not_found"
    desk.ask(auth.EndSession(session_id=newest.id), owner.user)
    assert desk.refusal(auth.EndSession(session_id=newest.id), owner.user) == "auth.session_not_found"
    assert desk.refusal(auth.Refresh(refresh_token=elsewhere.refresh_token)) == "auth.bad_refresh_token"
    (left,) = desk.ask(auth.ListSessions(), owner.user).sessions
    marked = desk.ask(auth.ListSessions(session_id=left.id), owner.user).sessions
    assert [session.is_current for session in marked] == [True]


def test_a_name_is_changed_by_its_bearer(desk: Desk, owner: auth.SignedIn) -> None:
    me = desk.ask(auth.UpdateMe(name="Rosa Neu", locale="de"), owner.user)
    assert (me.user.name, me.user.locale) == ("Rosa Neu", "de")
    entry = desk.ask(auth.ListAuditLog(action=["user.updated"]), owner.user).entries[0]
    assert (entry.before, entry.after) == ({"name": "Rosa Meyer", "locale": None}, {"name": "Rosa Neu", "locale": "de"})
