"""A second factor: turned on by a code, asked for at login, replaced by recovery codes, demanded by a business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.authenticator import Authenticator
from tests.e2e.business import PASSWORD, new_email
from tests.e2e.mailbox import Mailbox
from tests.e2e.patience import eventually
from tests.e2e.people import Account, SignIn, hire


@dataclass
class Enrolled:
    """Somebody with a second factor."""

    account: Account
    telephone: Authenticator
    recovery_codes: list[str]

    def challenge(self) -> str:
        """The password's part of a login; the token that goes on with it."""
        asked = self.account.log_in().data
        assert asked.pop("mfaRequired") is True
        token = asked.pop("mfaToken")
        assert not any(asked.values()), asked
        return str(token)

    def answer(self, **proof: str) -> Answer:
        """A login with the second factor, whatever comes of it."""
        return self.account.nobody.post("/auth/mfa/verify", {"mfaToken": self.challenge(), **proof})


def enrol(account: Account) -> Enrolled:
    begun = account.first.api.post("/auth/mfa/totp", {}).data
    assert begun["secret"] in begun["otpauthUri"]
    telephone = Authenticator(begun["secret"])
    confirmed = account.first.api.post("/auth/mfa/totp/confirm", {"code": telephone.read()}).data
    assert "signedIn" not in confirmed
    return Enrolled(account, telephone, confirmed["recoveryCodes"])


@pytest.fixture
def enrolled(owner: Account) -> Enrolled:
    return enrol(owner)


def test_a_second_factor_counts_only_after_a_right_code(owner: Account, mailbox: Mailbox) -> None:
    telephone = Authenticator(owner.first.api.post("/auth/mfa/totp", {}).data["secret"])
    refused = owner.first.api.post("/auth/mfa/totp/confirm", {"code": telephone.wrong()})
    assert (refused.status, refused.code) == (422, "auth.wrong_code")
    assert owner.sign_in().me().data["user"]["mfaEnabled"] is False
    assert owner.first.api.post("/auth/mfa/totp/confirm", {"code": telephone.read()}).status == 200
    assert owner.first.me().data["user"]["mfaEnabled"] is True
    assert owner.log_in().data["mfaRequired"] is True
    mailbox.await_letter(owner.email, "second factor is on")


def test_a_code_finishes_the_login_and_is_good_once(enrolled: Enrolled) -> None:
    code = enrolled.telephone.read()
    wrong = enrolled.answer(code=enrolled.telephone.wrong())
    assert (wrong.status, wrong.code) == (401, "auth.bad_mfa_code")
    token = enrolled.challenge()
    signed_in = enrolled.account.nobody.post("/auth/mfa/verify", {"mfaToken": token, "code": code})
    assert SignIn.of(enrolled.account.nobody, signed_in.data).goes_on()
    assert enrolled.answer(code=code).code == "auth.bad_mfa_code"
    used = enrolled.account.nobody.post("/auth/mfa/verify", {"mfaToken": token, "code": enrolled.telephone.read()})
    assert (used.status, used.code) == (401, "auth.bad_mfa_token")


def test_the_token_between_the_two_steps_opens_nothing_else(api: Api, enrolled: Enrolled) -> None:
    token = enrolled.challenge()
    assert api.as_caller(token).get("/auth/me").status == 401
    assert api.post("/auth/refresh", {"refreshToken": token}).code == "auth.bad_refresh_token"
    assert api.post("/auth/mfa/totp", {"mfaToken": token}).code == "auth.bad_mfa_token"
    assert api.post("/auth/verify-email", {"token": token}).code == "auth.bad_one_time_token"


def test_a_recovery_code_stands_in_for_the_telephone_once(enrolled: Enrolled) -> None:
    first, second = enrolled.recovery_codes[:2]
    assert enrolled.answer(recoveryCode=first.upper()).status == 200
    assert enrolled.answer(recoveryCode=first).code == "auth.bad_mfa_code"
    assert enrolled.answer(recoveryCode=second).status == 200


def test_new_recovery_codes_take_the_place_of_the_old_ones(enrolled: Enrolled) -> None:
    caller = enrolled.account.first.api
    unproved = caller.post("/auth/mfa/recovery-codes", {"password": "Not-the-1-password"})
    assert (unproved.status, unproved.code) == (403, "auth.proof_needed")
    fresh = caller.post("/auth/mfa/recovery-codes", {"code": enrolled.telephone.read()}).data["recoveryCodes"]
    assert len(set(fresh) - set(enrolled.recovery_codes)) == 10
    assert enrolled.answer(recoveryCode=enrolled.recovery_codes[0]).code == "auth.bad_mfa_code"
    assert enrolled.answer(recoveryCode=fresh[0]).status == 200


def test_it_is_turned_off_with_a_proof_and_the_password_is_enough_again(enrolled: Enrolled, mailbox: Mailbox) -> None:
    caller = enrolled.account.first.api
    refused = caller.call("DELETE", "/auth/mfa/totp", {"code": enrolled.telephone.wrong()})
    assert (refused.status, refused.code) == (403, "auth.proof_needed")
    assert caller.call("DELETE", "/auth/mfa/totp", {"code": enrolled.telephone.read()}).status == 200
    assert enrolled.account.sign_in().me().data["user"]["mfaEnabled"] is False
    mailbox.await_letter(enrolled.account.email, "second factor is off")


class TestADemand:
    """A business that asks all its people for a second factor."""

    @pytest.fixture
    def strict(self, owner: Account) -> Account:
        """Whoever has none is asked for one from the next login on."""
        assert owner.first.api.call("PATCH", "/settings", {"requireMfa": True}).data["requireMfa"] is True
        eventually("the demand", lambda: "mfaRequired" in owner.log_in().data)
        return owner

    def test_a_login_without_a_factor_can_do_nothing_but_enrol(self, api: Api, strict: Account) -> None:
        asked = strict.log_in().data
        assert (asked["mfaRequired"], asked["enrolmentRequired"], "token" in asked) == (True, True, False)
        proof = {"mfaToken": asked["mfaToken"]}
        assert api.as_caller(asked["mfaToken"]).get("/auth/me").status == 401
        assert api.post("/auth/mfa/verify", {**proof, "code": "000000"}).code == "auth.bad_mfa_token"

        telephone = Authenticator(api.post("/auth/mfa/totp", proof).data["secret"])
        assert api.post("/auth/mfa/totp/confirm", {**proof, "code": telephone.wrong()}).code == "auth.wrong_code"
        confirmed = api.post("/auth/mfa/totp/confirm", {**proof, "code": telephone.read()}).data
        assert SignIn.of(api, confirmed["signedIn"]).goes_on()
        assert len(confirmed["recoveryCodes"]) == 10
        assert api.post("/auth/mfa/totp", proof).code == "auth.bad_mfa_token"
        assert "enrolmentRequired" not in strict.log_in().data

    def test_nobody_turns_it_off_while_it_is_demanded(self, strict: Account) -> None:
        there = enrol(strict)
        refused = strict.first.api.call("DELETE", "/auth/mfa/totp", {"code": there.telephone.read()})
        assert (refused.status, refused.code) == (403, "auth.mfa_demanded")

    def test_who_accepts_an_invitation_enrols_first(self, api: Api, strict: Account, mailbox: Mailbox) -> None:
        address = new_email("dora")
        assert strict.first.api.post("/users", {"email": address, "role": "STAFF"}).status == 201
        token = mailbox.await_letter(address, "You are invited").token
        told: dict[str, Any] = api.post("/auth/accept-invitation", {"token": token, "password": PASSWORD}).data
        assert (told["enrolmentRequired"], "token" in told) == (True, False)


def test_each_of_a_business_decides_for_themselves_where_nothing_is_demanded(
    enrolled: Enrolled, mailbox: Mailbox
) -> None:
    colleague = hire(enrolled.account, mailbox, "STAFF")
    assert colleague.sign_in().goes_on()
