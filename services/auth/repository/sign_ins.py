"""The last step of every way in: a session, or first the question for a second factor."""

from __future__ import annotations

from dataclasses import dataclass

from services.auth.domain.second_factor import demand_of
from services.auth.domain.sessions import OpenSession, Origin, SessionLimits
from services.auth.domain.tokens import Purpose
from services.auth.models import Tenant, User
from services.auth.repository.audit import AuditRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.tenants import TenantRepository
from services.common.contracts.auth import Role, TenantSuspended
from services.common.contracts.tenants import TenantStatus
from services.common.kit.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Challenge:
    """A second factor is wanted: one that there is, or one to be made."""

    token: str
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody is in."""

    session: OpenSession
    tenant: Tenant | None


class SignInRepository:
    """Needs a transaction of the system. Who comes here has proved the first factor."""

    def __init__(self, uow: UnitOfWork, limits: SessionLimits) -> None:
        self._uow = uow
        self._limits = limits

    def begin(self, user: User, origin: Origin) -> Entry | Challenge:
        """Raises `TenantSuspended`."""
        tenant = self._tenant_of(user)
        required = tenant is not None and tenant.mfa_required
        purpose = demand_of(Role(user.role), is_enrolled=user.mfa_enabled, is_required=required)
        if purpose is None:
            return self._enter(user, origin, tenant)
        return Challenge(OneTimeTokenRepository(self._uow).issue(user, purpose, platform=origin.platform), purpose)

    def finish(self, user: User, origin: Origin) -> Entry:
        """After the second factor. Raises `TenantSuspended`."""
        return self._enter(user, origin, self._tenant_of(user))

    def _tenant_of(self, user: User) -> Tenant | None:
        tenant = TenantRepository(self._uow).find(user.tenant_id)
        if tenant is not None and tenant.status == TenantStatus.SUSPENDED.value:
            raise TenantSuspended
        return tenant

    def _enter(self, user: User, origin: Origin, tenant: Tenant | None) -> Entry:
        user.last_login_at = self._uow.now
        session = SessionRepository(self._uow, self._limits).open(user, origin)
        came = {"platform": origin.platform, "sessionId": session.bearer.session_id}
        AuditRepository(self._uow).add("user.logged_in", user, by=user, after=came)
        return Entry(session, tenant)
