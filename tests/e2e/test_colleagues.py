"""S-09, S-15: who works in a business: invited, raised, lowered, disabled, removed, each with effect within 30 s."""

from __future__ import annotations

from typing import Any

from tests.e2e.api import Answer, Api
from tests.e2e.business import PASSWORD, new_email
from tests.e2e.mailbox import Letter, Mailbox
from tests.e2e.people import Account, SignIn, await_refusal, hire, open_account


def change(by: Account, whom: Account, **fields: Any) -> Answer:
    return by.first.api.call("PATCH", f"/users/{whom.first.user_id}", fields)


def remove(by: Account, whom: Account) -> Answer:
    return by.first.api.call("DELETE", f"/users/{whom.first.user_id}")


def invitation(mailbox: Mailbox, address: str, number: int = 1) -> Letter:
    return mailbox.await_letter(address, "You are invited to Salon Heron", number)


def accept(api: Api, letter: Letter, **more: Any) -> Answer:
    return api.post("/auth/accept-invitation", {"token": letter.token, "password": PASSWORD, **more})


def test_somebody_who_is_invited_gets_a_mail_accepts_and_works_in_the_role(
    api: Api, owner: Account, mailbox: Mailbox
) -> None:
    address = new_email("ann")
    invited = owner.first.api.post("/users", {"email": address, "role": "AGENT", "name": "Ann"}).data
    assert (invited["status"], invited["role"], invited["isActive"]) == ("INVITED", "STAFF", False)
    letter = invitation(mailbox, address)
    assert api.post("/auth/login", {"email": address, "password": PASSWORD}).code == "auth.bad_credentials"

    joined = SignIn.of(api, accept(api, letter, name="Ann Weber").data)
    me = joined.me().data
    assert (me["user"]["id"], me["user"]["name"], me["user"]["status"]) == (invited["id"], "Ann Weber", "ACTIVE")
    assert (me["user"]["emailVerified"], me["tenant"]["id"]) == (True, owner.first.told["tenant"]["id"])
    assert joined.api.get("/conversations").status == 200
    assert joined.api.get("/users").code == "gateway.role_forbids"
    assert (accept(api, letter).status, accept(api, letter).code) == (410, "auth.bad_one_time_token")
    assert api.post("/auth/login", {"email": address, "password": PASSWORD}).data["user"]["role"] == "STAFF"


def test_an_invitation_that_is_sent_anew_replaces_the_first(api: Api, owner: Account, mailbox: Mailbox) -> None:
    address = new_email("bea")
    invited = owner.first.api.post("/users", {"email": address, "role": "STAFF"}).data
    first = invitation(mailbox, address)
    assert owner.first.api.post(f"/users/{invited['id']}/resend-invitation", {}).status == 202
    second = invitation(mailbox, address, number=2)
    assert accept(api, first).status == 410
    assert accept(api, second).status == 200
    resent = owner.first.api.post(f"/users/{invited['id']}/resend-invitation", {})
    assert (resent.status, resent.code) == (409, "auth.not_invited")


def test_an_invitation_that_is_taken_back_opens_nothing(api: Api, owner: Account, mailbox: Mailbox) -> None:
    address = new_email("cleo")
    invited = owner.first.api.post("/users", {"email": address, "role": "STAFF"}).data
    letter = invitation(mailbox, address)
    assert owner.first.api.call("DELETE", f"/users/{invited['id']}").status == 200
    assert (accept(api, letter).status, accept(api, letter).code) == (410, "auth.bad_one_time_token")


def test_an_address_that_has_an_account_is_not_invited(api: Api, owner: Account) -> None:
    refused = owner.first.api.post("/users", {"email": open_account(api).email, "role": "STAFF"})
    assert (refused.status, refused.code) == (409, "auth.email_taken")


def test_a_changed_role_counts_at_once_and_an_older_token_is_refused(owner: Account, mailbox: Mailbox) -> None:
    """S-09: nobody acts for longer than 30 s by what a token says of former rights."""
    colleague = hire(owner, mailbox, "MANAGER")
    assert colleague.first.api.get("/settings").status == 200
    assert change(owner, colleague, role="STAFF").data["role"] == "STAFF"
    await_refusal(colleague.first.api, "/settings")
    assert colleague.first.refresh().status == 200
    assert colleague.first.api.get("/settings").code == "gateway.role_forbids"
    assert change(owner, colleague, role="SALON_MANAGER").data["role"] == "MANAGER"
    assert colleague.first.refresh().status == 200
    assert colleague.first.api.get("/settings").status == 200


def test_somebody_who_is_disabled_is_out_until_they_are_enabled(owner: Account, mailbox: Mailbox) -> None:
    colleague = hire(owner, mailbox, "STAFF")
    assert change(owner, colleague, isActive=False).data["status"] == "DISABLED"
    colleague.first.await_end()
    assert (colleague.log_in().status, colleague.log_in().code) == (401, "auth.bad_credentials")
    assert change(owner, colleague, isActive=True).data["status"] == "ACTIVE"
    assert colleague.first.me().status == 401
    assert colleague.sign_in().goes_on()


def test_somebody_who_is_removed_is_out_and_their_address_is_free(api: Api, owner: Account, mailbox: Mailbox) -> None:
    colleague = hire(owner, mailbox, "STAFF")
    assert remove(owner, colleague).status == 200
    colleague.first.await_end()
    assert colleague.log_in().code == "auth.bad_credentials"
    assert owner.first.api.get(f"/users/{colleague.first.user_id}").code == "auth.user_not_found"
    form = {"email": colleague.email, "password": PASSWORD, "name": "Cleo", "tenantName": "Cleo's own"}
    assert api.post("/auth/register", form).data["user"]["role"] == "OWNER"


def test_a_business_keeps_its_last_owner(owner: Account, mailbox: Mailbox) -> None:
    hire(owner, mailbox, "MANAGER")
    for refused in (change(owner, owner, role="MANAGER"), change(owner, owner, isActive=False), remove(owner, owner)):
        assert (refused.status, refused.code) == (409, "auth.last_owner")
    assert owner.first.goes_on()


def test_of_two_owners_either_can_take_the_other_s_place_away_but_not_give_up_their_own(
    owner: Account, mailbox: Mailbox
) -> None:
    second = hire(owner, mailbox, "OWNER")
    own = change(owner, owner, role="MANAGER")
    assert (own.status, own.code) == (403, "auth.own_account")
    assert change(second, owner, role="STAFF").status == 200
    await_refusal(owner.first.api)
    assert change(second, second, isActive=False).code == "auth.last_owner"


def test_a_manager_neither_makes_nor_touches_an_owner(owner: Account, mailbox: Mailbox) -> None:
    manager = hire(owner, mailbox, "MANAGER")
    invited = manager.first.api.post("/users", {"email": new_email(), "role": "OWNER"})
    assert (invited.status, invited.code) == (403, "auth.role_too_high")
    assert change(manager, owner, name="Mine").code == "auth.role_too_high"
    assert manager.first.api.get("/auth/sessions", userId=owner.first.user_id).status == 404


def test_a_manager_sees_and_ends_the_sessions_of_their_staff(owner: Account, mailbox: Mailbox) -> None:
    manager, staff = (hire(owner, mailbox, role) for role in ("MANAGER", "STAFF"))
    (session,) = manager.first.api.get("/auth/sessions", userId=staff.first.user_id).data["sessions"]
    assert manager.first.api.call("DELETE", f"/auth/sessions/{session['id']}").status == 200
    staff.first.await_end()


def test_users_are_found_by_role_status_and_name(owner: Account, mailbox: Mailbox) -> None:
    manager = hire(owner, mailbox, "MANAGER")
    owner.first.api.post("/users", {"email": new_email("dora"), "role": "STAFF", "name": "Dora"})

    def names(**query: str) -> list[str]:
        return [user["name"] for user in owner.first.api.get("/users", **query).data["users"]]

    assert names() == ["Hannah Heron", "Cleo Coot", "Dora"]
    assert names(role="manager") == ["Cleo Coot"]
    assert names(status="INVITED") == ["Dora"]
    assert names(search=manager.email) == ["Cleo Coot"]
