"""Take a user out of the caller's tenant, sessions and all."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain.roles import may_change
from services.auth.domain.sessions import EndReason
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.revocations import RevocationRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import LastOwner, OwnAccount, RemoveUser, Role, RoleTooHigh
from services.common.kit.uow import UnitOfWork


def run(request: RemoveUser, uow: UnitOfWork, security: Security) -> None:
    """Raises `UserUnknown`, `RoleTooHigh`, `OwnAccount` or `LastOwner`."""
    users = UserRepository(uow)
    users.hold_owners()
    caller = users.caller(Role.MANAGER)
    user = users.get(request.user_id, locked=True)
    if not may_change(caller.role, caller.salon_ids, user.role, user.salon_ids):
        raise RoleTooHigh
    if user.role == Role.OWNER.value and user.is_active and not users.has_owner_beside(user):
        raise LastOwner
    if caller.id == user.id:
        raise OwnAccount
    SessionRepository(uow, security.limits).end_all(user.tenant_id, user.id, EndReason.DISABLED)
    RevocationRepository(uow, security.limits.access).renew_access(user)
    AuditRepository(uow).add("user.removed", user, before=facts_of(user))
    uow.session.flush()
    users.remove(user)
