"""Log in with e-mail and password.

Unknown address, wrong password, disabled user: one answer, after the same work, which is one comparison and the same
statements. Failures count for the address that was typed, whether or not somebody has it, and for the network; while a
delay runs even the right password is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.auth import views
from services.auth.adapters.passwords import Busy
from services.auth.adapters.security import Security
from services.auth.domain import emails
from services.auth.domain.sessions import Origin
from services.auth.models import User
from services.auth.repository.audit import AuditRepository
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.sign_ins import Challenge, SignInRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import BadCredentials, Login, LoginAnswer, TenantSuspended
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Proof:
    """What the comparison showed, and of which stored hash."""

    matches: bool
    compared: str | None


def run(request: Login, begin: Begin, security: Security) -> LoginAnswer:
    """Raises `BadCredentials`, `LockedOut` or `TenantSuspended`.

    Only behind the transaction: the failure must stay counted.
    """
    with begin(scope=SYSTEM) as uow:
        user = UserRepository(uow).find_by_email(request.email)
    stored = (user.password_hash or None) if user is not None else None
    proof = _Proof(security.passwords.matches(request.password, stored, begin.context.deadline), stored)
    with begin(scope=SYSTEM) as uow:
        outcome = _decide(request, proof, uow, security)
    where = {"account": emails.account_key(request.email)[:12], "address": begin.context.address}
    if isinstance(outcome, LoginAnswer):
        _renew_hash(request, stored, begin, security)
        log.info("login_succeeded", user_id=user and user.id, second_factor=bool(outcome.mfa_required), **where)
        return outcome
    log.warning("login_failed", reason=outcome.code, **where)
    raise outcome


def _renew_hash(request: Login, stored: str | None, begin: Begin, security: Security) -> None:
    """Hash the password anew, where the stored hash was made with other parameters.

    Only for somebody who is let in: before, the time it takes would tell who is locked out that the password is right.
    """
    if stored is None or not security.passwords.is_weak(stored):
        return
    try:
        fresher = security.passwords.hash(request.password)
    except Busy:
        log.info("hash_not_renewed", account=emails.account_key(request.email)[:12])
        return
    with begin(scope=SYSTEM) as uow:
        UserRepository(uow).renew_hash(request.email, stored, fresher)


def _decide(request: Login, proof: _Proof, uow: UnitOfWork, security: Security) -> LoginAnswer | ServiceError:
    failures = LoginFailureRepository(uow, security.lockouts)
    account = _account_of(request, uow, security)
    locked_out = failures.hold(account)
    if locked_out is not None:
        return locked_out
    user = UserRepository(uow).find_by_email(request.email, locked=True)  # a change under way counts already
    if user is None or not user.is_active or not proof.matches or user.password_hash != proof.compared:
        failures.count(account)
        AuditRepository(uow).add_failed_login(request.email)
        return BadCredentials()
    failures.clear(account)
    return _sign_in(user, request, uow, security)


def _account_of(request: Login, uow: UnitOfWork, security: Security) -> str:
    """What failures count for: the address that was typed, but apart where its owner is signed in already.

    Else whoever knows somebody's address could keep them out for ever, by one wrong password a minute.
    """
    account = emails.account_key(request.email)
    known = SessionRepository(uow, security.limits).has_open_from(uow.context.address, request.email)
    return f"{account} from {uow.context.address}" if known else account


def _sign_in(user: User, request: Login, uow: UnitOfWork, security: Security) -> LoginAnswer | TenantSuspended:
    origin = Origin(request.platform, request.device, uow.context.address)
    try:
        outcome = SignInRepository(uow, security.limits).begin(user, origin)
    except TenantSuspended as refused:
        return refused
    if isinstance(outcome, Challenge):
        return views.challenge(outcome.token, outcome.purpose)
    return views.login_answer(user, views.tenant(outcome.tenant), security.tokens.pair(outcome.session, uow.now))
