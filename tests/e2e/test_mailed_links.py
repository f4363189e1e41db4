"""What comes by mail: a proof of the address, a new password. Each link is good once, and for nothing else."""

from __future__ import annotations

from tests.e2e.api import Api
from tests.e2e.business import new_email
from tests.e2e.mailbox import Mailbox
from tests.e2e.people import Account

_CONFIRM, _NEW_PASSWORD, _CHANGED = "confirm your e-mail address", "Set a new password", "password was changed"
_BETTER = "Better-battery-88"


def is_verified(account: Account) -> bool:
    return bool(account.first.me().data["user"]["emailVerified"])


def test_an_address_is_proved_by_the_link_that_came_with_the_registration(
    api: Api, owner: Account, mailbox: Mailbox
) -> None:
    assert not is_verified(owner)
    token = mailbox.await_letter(owner.email, _CONFIRM).token
    assert api.post("/auth/verify-email", {"token": token}).status == 200
    assert is_verified(owner)
    again = api.post("/auth/verify-email", {"token": token})
    assert (again.status, again.code) == (410, "auth.bad_one_time_token")


def test_a_link_that_was_lost_is_sent_anew_and_takes_the_old_one_s_place(
    api: Api, owner: Account, mailbox: Mailbox
) -> None:
    first = mailbox.await_letter(owner.email, _CONFIRM).token
    assert owner.first.api.post("/auth/send-verification", {}).status == 202
    second = mailbox.await_letter(owner.email, _CONFIRM, number=2).token
    assert api.post("/auth/verify-email", {"token": first}).status == 410
    assert api.post("/auth/verify-email", {"token": second}).status == 200
    assert owner.first.api.post("/auth/send-verification", {}).status == 202
    assert len(mailbox.letters_to(owner.email)) == 2


def test_a_forgotten_password_is_replaced_and_everybody_is_signed_out(
    api: Api, owner: Account, mailbox: Mailbox
) -> None:
    elsewhere = owner.sign_in()
    known, unknown = (api.post("/auth/forgot-password", {"email": name}) for name in (owner.email, new_email("nobody")))
    assert (known.status, known.json) == (unknown.status, unknown.json) == (202, {"success": True, "data": None})
    token = mailbox.await_letter(owner.email, _NEW_PASSWORD).token

    reset = api.post("/auth/reset-password", {"token": token, "newPassword": _BETTER})
    assert (reset.status, reset.data) == (200, None)
    for session in (owner.first, elsewhere):
        session.await_end()
    assert (owner.log_in().status, owner.log_in().code) == (401, "auth.bad_credentials")
    assert "Better" not in mailbox.await_letter(owner.email, _CHANGED).text
    owner.password = _BETTER
    assert owner.sign_in().goes_on()
    assert owner.sign_in().me().data["user"]["emailVerified"]


def test_the_link_for_a_new_password_is_good_once_and_survives_a_weak_password(
    api: Api, owner: Account, mailbox: Mailbox
) -> None:
    api.post("/auth/forgot-password", {"email": owner.email})
    token = mailbox.await_letter(owner.email, _NEW_PASSWORD).token
    weak = api.post("/auth/reset-password", {"token": token, "newPassword": "password"})
    assert (weak.status, set(weak.json["errors"])) == (422, {"newPassword"})
    assert api.post("/auth/verify-email", {"token": token}).status == 410
    assert api.post("/auth/reset-password", {"token": token, "newPassword": _BETTER}).status == 200
    for password in (_BETTER, f"{_BETTER}-again"):
        again = api.post("/auth/reset-password", {"token": token, "newPassword": password})
        assert (again.status, again.code) == (410, "auth.bad_one_time_token")
    owner.password = _BETTER
    assert owner.log_in().status == 200


def test_another_address_counts_once_its_owner_has_read_the_mail(api: Api, owner: Account, mailbox: Mailbox) -> None:
    old, new = owner.email, new_email("moved")
    unproved = owner.first.api.post("/auth/change-email", {"email": new, "password": "Not-the-1-password"})
    assert (unproved.status, unproved.code) == (403, "auth.proof_needed")
    assert owner.first.api.post("/auth/change-email", {"email": new, "password": owner.password}).status == 202
    token = mailbox.await_letter(new, "confirm your new e-mail address").token
    assert owner.log_in().data["user"]["email"] == old

    assert api.post("/auth/verify-email", {"token": token}).status == 200
    assert owner.log_in().code == "auth.bad_credentials"
    owner.email = new
    moved = owner.sign_in().me().data["user"]
    assert (moved["email"], moved["emailVerified"]) == (new, True)
    mailbox.await_letter(old, "e-mail address was changed")
    assert api.post("/auth/verify-email", {"token": token}).status == 410


def test_a_changed_password_ends_all_sessions_but_the_one_that_changed_it(owner: Account, mailbox: Mailbox) -> None:
    here, elsewhere = owner.first, owner.sign_in()
    change = {"currentPassword": owner.password, "newPassword": _BETTER}
    wrong = here.api.post("/auth/change-password", change | {"currentPassword": "Not-the-1-password"})
    assert (wrong.status, wrong.code) == (401, "auth.bad_credentials")
    assert elsewhere.me().status == 200

    assert here.api.post("/auth/change-password", change).status == 200
    elsewhere.await_end()
    assert here.goes_on()
    assert owner.log_in().status == 401
    owner.password = _BETTER
    assert owner.sign_in().goes_on()
    mailbox.await_letter(owner.email, _CHANGED)
