"""Turn the second factor on with its first code; for a login that waited for it, sign in."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.domain.letters import LetterKind
from services.auth.domain.sessions import Origin
from services.auth.models import OneTimeToken, User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.second_factors import SecondFactorRepository
from services.auth.repository.sign_ins import SignInRepository
from services.common.contracts.auth import ConfirmTotp, Platform, SignedIn, TotpConfirmed, WrongCode
from services.common.contracts.base import UNSET
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(request: ConfirmTotp, begin: Begin, security: Security) -> TotpConfirmed:
    """Raises `WrongCode`, `LockedOut`, `MfaEnrolled`, `MfaNotEnrolled` or `BadMfaToken`.

    A wrong code is raised behind the transaction only: it must stay counted.
    """
    with begin(scope=SYSTEM) as uow:
        outcome = _confirm(request, uow, security)
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def _confirm(request: ConfirmTotp, uow: UnitOfWork, security: Security) -> TotpConfirmed | ServiceError:
    factors = SecondFactorRepository(uow, security.key_ring)
    user, token = factors.enrollee(request.mfa_token)
    failures = LoginFailureRepository(uow, security.lockouts)
    locked_out = failures.hold(f"mfa:{user.id}")
    if locked_out is not None:
        return locked_out
    before = facts_of(user)
    if not factors.confirm(user, request.code):
        failures.count(f"mfa:{user.id}")
        if token is not None:
            token.failures += 1
        AuditRepository(uow).add("user.mfa_failed", user, by=user)
        return WrongCode(details={"code": "Is wrong, or of another time."})
    failures.clear(f"mfa:{user.id}")
    codes = factors.renew_recovery_codes(user)
    LetterRepository(uow).order(LetterKind.MFA_ENABLED, user)
    AuditRepository(uow).add("user.mfa_enabled", user, by=user, before=before, after=facts_of(user))
    if token is None:
        return TotpConfirmed(recovery_codes=codes, signed_in=UNSET)
    return TotpConfirmed(recovery_codes=codes, signed_in=_sign_in(user, token, request.device, uow, security))


def _sign_in(user: User, token: OneTimeToken, device: str | None, uow: UnitOfWork, security: Security) -> SignedIn:
    token.used_at = uow.now
    origin = Origin(token.platform or Platform.WEB.value, device, uow.context.address)
    entry = SignInRepository(uow, security.limits).finish(user, origin)
    return views.signed_in(user, views.tenant(entry.tenant), security.tokens.pair(entry.session, uow.now))
