"""New recovery codes in place of the old ones."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.repository.audit import AuditRepository
from services.auth.repository.proofs import ProofRepository, compare_password
from services.auth.repository.second_factors import SecondFactorRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import MfaNotEnrolled, RecoveryCodes, RegenerateRecoveryCodes
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(request: RegenerateRecoveryCodes, begin: Begin, security: Security) -> RecoveryCodes:
    """Raises `MfaNotEnrolled`, `ProofNeeded` or `LockedOut`. A call that is repeated makes new codes once more."""
    matches = compare_password(request.password, begin, security.passwords.matches)
    with begin(scope=SYSTEM) as uow:
        outcome = _renew(request, uow, security, password_matches=matches)
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def _renew(
    request: RegenerateRecoveryCodes, uow: UnitOfWork, security: Security, *, password_matches: bool
) -> RecoveryCodes | ServiceError:
    user = UserRepository(uow).caller(locked=True)
    if not user.mfa_enabled:
        return MfaNotEnrolled()
    refused = ProofRepository(uow, security).refuse(user, request, password_matches=password_matches)
    if refused is not None:
        return refused
    codes = SecondFactorRepository(uow, security.key_ring).renew_recovery_codes(user)
    AuditRepository(uow).add("user.recovery_codes_renewed", user)
    return RecoveryCodes(recovery_codes=codes)
