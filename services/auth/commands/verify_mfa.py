"""Finish a login with the second factor."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.domain.sessions import Origin
from services.auth.domain.tokens import Purpose
from services.auth.models import OneTimeToken, User
from services.auth.repository.audit import AuditRepository
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.second_factors import SecondFactorRepository
from services.auth.repository.sign_ins import SignInRepository
from services.common.contracts.auth import BadMfaCode, BadMfaToken, Platform, SignedIn, TenantSuspended, VerifyMfa
from services.common.contracts.errors import Invalid, ServiceError
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: VerifyMfa, begin: Begin, security: Security) -> SignedIn:
    """Raises `BadMfaToken`, `BadMfaCode`, `LockedOut` or `TenantSuspended`.

    Only behind the transaction: the failure must stay counted.
    """
    if (request.code is None) == (request.recovery_code is None):
        raise Invalid("Some values are refused: code.", {"code": "Exactly one of code and recoveryCode is needed."})
    with begin(scope=SYSTEM) as uow:
        outcome = _decide(request, uow, security)
    if isinstance(outcome, ServiceError):
        log.warning("second_factor_failed", reason=outcome.code, address=begin.context.address)
        raise outcome
    log.info("second_factor_succeeded", user_id=outcome.user.id, address=begin.context.address)
    return outcome


def _decide(request: VerifyMfa, uow: UnitOfWork, security: Security) -> SignedIn | ServiceError:
    found = OneTimeTokenRepository(uow).find(request.mfa_token, Purpose.MFA_VERIFY)
    if found is None or not found[1].is_active:
        return BadMfaToken()
    token, user = found
    failures = LoginFailureRepository(uow, security.lockouts)
    # Not the account that passwords count for: the right password, which an attacker may have, clears that.
    locked_out = failures.hold(f"mfa:{user.id}")
    if locked_out is not None:
        return locked_out
    if not _is_good(request, user, uow, security):
        token.failures += 1
        failures.count(f"mfa:{user.id}")
        AuditRepository(uow).add("user.mfa_failed", user)
        return BadMfaCode()
    failures.clear(f"mfa:{user.id}")
    return _sign_in(user, token, request.device, uow, security)


def _is_good(request: VerifyMfa, user: User, uow: UnitOfWork, security: Security) -> bool:
    factors = SecondFactorRepository(uow, security.key_ring)
    if request.code is not None:
        return factors.use_code(user, request.code)
    good = factors.use_recovery_code(user, request.recovery_code or "")
    if good:
        AuditRepository(uow).add("user.recovery_code_used", user, by=user)
    return good


def _sign_in(
    user: User, token: OneTimeToken, device: str | None, uow: UnitOfWork, security: Security
) -> SignedIn | TenantSuspended:
    token.used_at = uow.now
    origin = Origin(token.platform or Platform.WEB.value, device, uow.context.address)
    try:
        entry = SignInRepository(uow, security.limits).finish(user, origin)
    except TenantSuspended as refused:
        return refused
    return views.signed_in(user, views.tenant(entry.tenant), security.tokens.pair(entry.session, uow.now))
