"""Log in with e-mail and password.

Unknown address, wrong password, disabled user: one answer, after the same work. Failures count for the address that was
typed, whether or not somebody has it, and for the network; while a delay runs even the right password is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.domain import emails, lockout
from services.auth.domain.sessions import Origin
from services.auth.models import User
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import BadCredentials, LockedOut, Login, SignedIn
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Proof:
    """What the comparison showed, and of which stored hash."""

    matches: bool
    compared: str | None
    fresher: str | None
    """The password hashed anew, where the stored hash was made with weaker parameters."""


def run(request: Login, begin: Begin, security: Security) -> SignedIn:
    """Raises `BadCredentials` or `LockedOut`. The failure is counted in a transaction that commits all the same."""
    with begin(scope=SYSTEM) as uow:
        user = UserRepository(uow).find_by_email(request.email)
    proof = _compare(request.password, user, security)
    with begin(scope=SYSTEM) as uow:
        outcome = _decide(request, proof, uow, security)
    where = {"account": emails.account_key(request.email)[:12], "address": begin.context.address}
    if isinstance(outcome, SignedIn):
        log.info("login_succeeded", user_id=outcome.user.id, **where)
        return outcome
    log.warning("login_failed", reason=outcome.code, **where)
    raise outcome


def _compare(password: str, user: User | None, security: Security) -> _Proof:
    stored = user.password_hash if user is not None else None
    matches = security.passwords.matches(password, stored)
    weak = matches and stored is not None and security.passwords.is_weak(stored)
    return _Proof(matches, stored, security.passwords.hash(password) if weak else None)


def _decide(
    request: Login, proof: _Proof, uow: UnitOfWork, security: Security
) -> SignedIn | BadCredentials | LockedOut:
    failures = LoginFailureRepository(uow)
    account = f"account:{emails.account_key(request.email)}"
    failures.hold(account)
    until = _locked_until(account, uow, security)
    if until is not None:
        return LockedOut(details={"retryAfter": str(lockout.seconds_until(until, uow.now))})
    user = UserRepository(uow).find_by_email(request.email)
    if user is None or not user.is_active or not proof.matches or user.password_hash != proof.compared:
        _count_failure(account, uow, security)
        return BadCredentials()
    failures.clear(account)
    return _sign_in(user, request, proof, uow, security)


def _locked_until(account: str, uow: UnitOfWork, security: Security) -> datetime | None:
    failures = LoginFailureRepository(uow)
    ends = [security.account_lockout.locked_until(failures.list_recent(account), uow.now)]
    network = lockout.network_of(uow.context.address)
    if network is not None:
        ends.append(security.address_lockout.locked_until(failures.list_recent(f"address:{network}"), uow.now))
    return max((end for end in ends if end is not None), default=None)


def _count_failure(account: str, uow: UnitOfWork, security: Security) -> None:
    failures = LoginFailureRepository(uow)
    failures.add(account, security.account_lockout)
    network = lockout.network_of(uow.context.address)
    if network is not None:
        failures.add(f"address:{network}", security.address_lockout)


def _sign_in(user: User, request: Login, proof: _Proof, uow: UnitOfWork, security: Security) -> SignedIn:
    user.last_login_at = uow.now
    if proof.fresher is not None:
        user.password_hash = proof.fresher
    origin = Origin(request.platform, request.device, uow.context.address)
    session = SessionRepository(uow, security.limits).open(user, origin)
    tenant = views.tenant(TenantRepository(uow).find(user.tenant_id))
    return views.signed_in(user, tenant, security.tokens.pair(session, uow.now))
