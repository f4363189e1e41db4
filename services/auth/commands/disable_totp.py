"""Turn the second factor off."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain.letters import LetterKind
from services.auth.domain.second_factor import demand_of
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.proofs import ProofRepository, compare_password
from services.auth.repository.second_factors import SecondFactorRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import DisableTotp, MfaDemanded, MfaNotEnrolled, Role
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(request: DisableTotp, begin: Begin, security: Security) -> None:
    """Raises `MfaNotEnrolled`, `MfaDemanded`, `ProofNeeded` or `LockedOut`."""
    matches = compare_password(request.password, begin, security.passwords.matches)
    with begin(scope=SYSTEM) as uow:
        refused = _disable(request, uow, security, password_matches=matches)
    if refused is not None:
        raise refused


def _disable(
    request: DisableTotp, uow: UnitOfWork, security: Security, *, password_matches: bool
) -> ServiceError | None:
    user = UserRepository(uow).caller(locked=True)
    if not user.mfa_enabled:
        return MfaNotEnrolled()
    tenant = TenantRepository(uow).find(user.tenant_id)
    if tenant is not None and demand_of(Role(user.role), is_enrolled=False, is_required=tenant.mfa_required):
        return MfaDemanded()
    refused = ProofRepository(uow, security).refuse(user, request, password_matches=password_matches)
    if refused is not None:
        return refused
    before = facts_of(user)
    SecondFactorRepository(uow, security.key_ring).drop(user)
    LetterRepository(uow).order(LetterKind.MFA_DISABLED, user)
    AuditRepository(uow).add("user.mfa_disabled", user, before=before, after=facts_of(user))
    return None
