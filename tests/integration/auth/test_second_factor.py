"""The second factor from enrolment to the last recovery code; S-26 for the seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pyotp
import pytest

from services.common.contracts import auth
from services.common.contracts.auth import Role
from services.common.kit import clock
from services.common.kit.envelope import SealError
from tests.integration.auth.desk import Desk
from tests.integration.auth.people import PASSWORD, People, new_email

Rows = Callable[..., list[Any]]


@pytest.fixture
def owner(people: People) -> auth.User:
    return people.register(new_email()).user


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(clock.epoch()) + 30 * steps)


def enrol(desk: Desk, who: auth.User) -> tuple[str, list[str]]:
    """The seed and the recovery codes. The code of the step before is used up by it."""
    secret = desk.ask(auth.EnrolTotp(password=PASSWORD), who).secret
    return secret, desk.ask(auth.ConfirmTotp(code=code_of(secret, -1)), who).recovery_codes


def log_in(desk: Desk, who: auth.User) -> auth.LoginAnswer:
    return desk.ask(auth.Login(email=str(who.email), password=PASSWORD))


def challenge(desk: Desk, who: auth.User) -> str:
    answer = log_in(desk, who)
    assert answer.to_wire().keys() == {"mfaRequired", "mfaToken"}
    return str(answer.mfa_token)


def test_with_a_second_factor_the_password_is_half_the_way(desk: Desk, owner: auth.User) -> None:
    secret, _ = enrol(desk, owner)
    token = challenge(desk, owner)
    signed_in = desk.ask(auth.VerifyMfa(mfa_token=token, code=code_of(secret)))
    assert signed_in.user.mfa_enabled
    assert desk.refusal(auth.Refresh(refresh_token=signed_in.refresh_token)) == "ok"
    assert desk.refusal(auth.VerifyMfa(mfa_token=token, code=code_of(secret, 1))) == "auth.bad_mfa_token"


def test_the_challenge_opens_nothing_else(desk: Desk, owner: auth.User) -> None:
    secret, _ = enrol(desk, owner)
    token = challenge(desk, owner)
    for request in (
        auth.Refresh(refresh_token=token),
        auth.EnrolTotp(mfa_token=token),
        auth.ConfirmTotp(mfa_token=token, code=code_of(secret)),
        auth.ResetPassword(token=token, new_password="Better-battery-8"),
    ):
        assert desk.refusal(request) != "ok"


def test_a_step_is_not_taken_twice_nor_one_before_it(desk: Desk, owner: auth.User) -> None:
    secret, _ = enrol(desk, owner)
    code = code_of(secret)
    assert desk.refusal(auth.VerifyMfa(mfa_token=challenge(desk, owner), code=code)) == "ok"
    for again in (code, code_of(secret, -1)):
        request = auth.VerifyMfa(mfa_token=challenge(desk, owner), code=again)
        assert desk.refusal(request) == "auth.bad_mfa_code"


def test_of_one_code_at_many_doors_one_is_let_in(desk: Desk, owner: auth.User) -> None:
    secret, _ = enrol(desk, owner)
    tokens = [challenge(desk, owner) for _ in range(4)]
    code = code_of(secret)
    pool = eventlet.GreenPool()
    codes = list(pool.imap(lambda token: desk.refusal(auth.VerifyMfa(mfa_token=token, code=code)), tokens))
    assert codes.count("ok") == 1


def test_guesses_are_counted_whatever_token_they_come_with(desk: Desk, owner: auth.User) -> None:
    enrol(desk, owner)
    token = challenge(desk, owner)
    guess = auth.VerifyMfa(mfa_token=token, code="000000")
    assert [desk.refusal(guess) for _ in range(6)] == ["auth.bad_mfa_code"] * 5 + ["auth.bad_mfa_token"]
    fresh = auth.VerifyMfa(mfa_token=challenge(desk, owner), code="000000")
    assert desk.refusal(fresh) == "auth.locked_out"


def test_a_recovery_code_stands_in_once_however_it_is_typed(desk: Desk, owner: auth.User, rows: Rows) -> None:
    _, codes = enrol(desk, owner)
    assert len(set(codes)) == 10
    typed = codes[0].upper().replace("-", " ")
    outcomes = [desk.refusal(auth.VerifyMfa(mfa_token=challenge(desk, owner), recovery_code=typed)) for _ in range(2)]
    assert outcomes == ["ok", "auth.bad_mfa_code"]
    assert codes[0] not in str(rows("select * from recovery_codes"))


def test_exactly_one_proof_is_wanted(desk: Desk, owner: auth.User) -> None:
    secret, codes = enrol(desk, owner)
    token = challenge(desk, owner)
    assert desk.refusal(auth.VerifyMfa(mfa_token=token)) == "invalid"
    both = auth.VerifyMfa(mfa_token=token, code=code_of(secret), recovery_code=codes[0])
    assert desk.refusal(both) == "invalid"


def test_an_enrolment_counts_only_after_its_first_code(desk: Desk, people: People, owner: auth.User) -> None:
    assert desk.refusal(auth.ConfirmTotp(code="000000"), owner) == "auth.mfa_not_enrolled"
    first = desk.ask(auth.EnrolTotp(password=PASSWORD), owner).secret
    second = desk.ask(auth.EnrolTotp(password=PASSWORD), owner)
    assert people.log_in(owner.email)
    assert desk.refusal(auth.ConfirmTotp(code=code_of(first)), owner) == "auth.wrong_code"
    assert second.otpauth_uri.startswith("otpauth://totp/Frontdesk:")
    desk.ask(auth.ConfirmTotp(code=code_of(second.secret)), owner)
    assert desk.refusal(auth.EnrolTotp(password=PASSWORD), owner) == "auth.mfa_enrolled"


def test_beginning_takes_a_fresh_proof_lest_a_thief_lock_the_owner_out(
    desk: Desk, owner: auth.User, rows: Rows
) -> None:
    (session,) = desk.ask(auth.ListSessions(), owner).sessions
    assert desk.refusal(auth.EnrolTotp(session_id=session.id), owner) == "ok"
    rows("update sessions set created_at = created_at - interval '11 minutes' where user_id = :id", id=owner.id)
    stale = (auth.EnrolTotp(session_id=session.id), auth.EnrolTotp(), auth.EnrolTotp(password="Wrong-horse-7"))
    assert {desk.refusal(request, owner) for request in stale} == {"auth.proof_needed"}
    guesses = [desk.refusal(auth.EnrolTotp(password="Wrong-horse-7"), owner) for _ in range(5)]
    assert guesses == ["auth.proof_needed"] * 4 + ["auth.locked_out"]
    refused = desk.ask(auth.ListAuditLog(action=["user.proof_refused"]), owner).entries
    assert [entry.actor.id for entry in refused] == [owner.id] * 5


def test_turning_it_off_takes_a_fresh_proof(desk: Desk, owner: auth.User, rows: Rows) -> None:
    secret, _ = enrol(desk, owner)
    assert desk.refusal(auth.DisableTotp(), owner) == "auth.proof_needed"
    assert desk.refusal(auth.DisableTotp(code="000000"), owner) == "auth.proof_needed"
    (session,) = desk.ask(auth.ListSessions(), owner).sessions
    rows("update sessions set created_at = created_at - interval '11 minutes' where user_id = :id", id=owner.id)
    assert desk.refusal(auth.DisableTotp(session_id=session.id), owner) == "auth.proof_needed"
    desk.ask(auth.DisableTotp(code=code_of(secret)), owner)
    assert log_in(desk, owner).token
    assert desk.refusal(auth.DisableTotp(password=PASSWORD), owner) == "auth.mfa_not_enrolled"


@pytest.mark.parametrize("proof", ["password", "session"])
def test_other_good_proofs(desk: Desk, owner: auth.User, proof: str) -> None:
    enrol(desk, owner)
    (session,) = desk.ask(auth.ListSessions(), owner).sessions
    known: dict[str, Any] = {"password": PASSWORD} if proof == "password" else {"session_id": session.id}
    old = desk.ask(auth.RegenerateRecoveryCodes(**known), owner).recovery_codes
    new = desk.ask(auth.RegenerateRecoveryCodes(**known), owner).recovery_codes
    codes = [
        desk.refusal(auth.VerifyMfa(mfa_token=challenge(desk, owner), recovery_code=code)) for code in (old[0], new[0])
    ]
    assert codes == ["auth.bad_mfa_code", "ok"]
    assert desk.refusal(auth.DisableTotp(**known), owner) == "ok"


def test_a_business_that_demands_it_gets_it_from_everybody_but_customers(
    desk: Desk, owner: auth.User, rows: Rows
) -> None:
    rows("update tenants set mfa_required = true where tenant_id = :id", id=owner.tenant_id)
    answer = log_in(desk, owner)
    assert answer.to_wire().keys() == {"mfaRequired", "mfaToken", "enrolmentRequired"}
    token = str(answer.mfa_token)
    assert desk.refusal(auth.VerifyMfa(mfa_token=token, code="000000")) == "auth.bad_mfa_token"
    secret = desk.ask(auth.EnrolTotp(mfa_token=token)).secret
    confirmed = desk.ask(auth.ConfirmTotp(code=code_of(secret, -1), mfa_token=token))
    assert isinstance(confirmed.signed_in, auth.SignedIn)
    assert desk.refusal(auth.Refresh(refresh_token=confirmed.signed_in.refresh_token)) == "ok"
    assert desk.refusal(auth.EnrolTotp(mfa_token=token)) == "auth.bad_mfa_token"
    assert desk.refusal(auth.DisableTotp(code=code_of(secret)), owner) == "auth.mfa_demanded"
    rows("update users set role = :role where id = :id", role=Role.CUSTOMER.value, id=owner.id)
    rows("update users set mfa_enabled = false where id = :id", id=owner.id)
    assert log_in(desk, owner).token


def test_the_seed_is_sealed_and_bound_to_its_place(desk: Desk, owner: auth.User, people: People, rows: Rows) -> None:
    secret, _ = enrol(desk, owner)
    other = people.register(new_email()).user
    enrol(desk, other)
    tables = ("totp_seeds", "outbox", "audit_log", "idempotency", "letters")
    assert secret not in str([rows(f"select * from {table}") for table in tables])
    rows(
        "update totp_seeds set sealed = (select sealed from totp_seeds where user_id = :from) where user_id = :to",
        **{"from": owner.id, "to": other.id},
    )
    with pytest.raises(SealError):
        desk.ask(auth.VerifyMfa(mfa_token=challenge(desk, other), code=code_of(secret)))
