"""Change a user of the caller's tenant: name, role, salons, or whether they may sign in."""

from __future__ import annotations

from typing import Any

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.domain.roles import is_within, may_change, may_grant
from services.auth.domain.sessions import EndReason
from services.auth.models import User
from services.auth.repository.audit import AuditRepository
from services.auth.repository.revocations import RevocationRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.users import UserRepository
from services.common.contracts import auth
from services.common.contracts.auth import LastOwner, OwnAccount, Role, RoleTooHigh, UpdateUser
from services.common.contracts.base import Unset
from services.common.contracts.errors import Invalid
from services.common.kit.uow import UnitOfWork

_RIGHTS = frozenset({"role", "salonIds", "isActive"})


def run(request: UpdateUser, uow: UnitOfWork, security: Security) -> auth.User:
    """Raises `UserUnknown`, `RoleTooHigh`, `OwnAccount`, `LastOwner` or `Invalid`."""
    users = UserRepository(uow)
    users.hold_owners()
    caller = users.caller(Role.MANAGER)
    user = users.get(request.user_id, locked=True)
    if not may_change(caller.role, caller.salon_ids, user.role, user.salon_ids):
        raise RoleTooHigh
    before, after = _facts_of(user), _wanted(user, request)
    changed = {field for field, value in after.items() if before[field] != value}
    _check(changed, after, caller, user, users)
    if changed:
        _change(user, after, uow)
        _tell(user, changed, before, after, uow)
    if changed & _RIGHTS:
        RevocationRepository(uow, security.limits.access).renew_access(user)
    if "isActive" in changed and not user.is_active:
        SessionRepository(uow, security.limits).end_all(user.tenant_id, user.id, EndReason.DISABLED)
    uow.session.flush()
    return views.user(user)


def _facts_of(user: User) -> dict[str, Any]:
    return {"name": user.name, "role": user.role, "salonIds": list(user.salon_ids), "isActive": user.is_active}


def _wanted(user: User, request: UpdateUser) -> dict[str, Any]:
    return {
        "name": user.name if isinstance(request.name, Unset) else request.name,
        "role": user.role if isinstance(request.role, Unset) else request.role.value,
        "salonIds": list(user.salon_ids) if isinstance(request.salon_ids, Unset) else sorted(set(request.salon_ids)),
        "isActive": user.is_active if isinstance(request.is_active, Unset) else request.is_active,
    }


def _check(changed: set[str], after: dict[str, Any], caller: User, user: User, users: UserRepository) -> None:
    stays_owner = after["role"] == Role.OWNER.value and after["isActive"]
    if user.role == Role.OWNER.value and user.is_active and not stays_owner and not users.has_owner_beside(user):
        raise LastOwner
    if caller.id == user.id and changed & _RIGHTS:
        raise OwnAccount
    if "role" in changed and not may_grant(caller.role, Role(after["role"])):
        raise RoleTooHigh
    if "salonIds" in changed and not is_within(caller.salon_ids, after["salonIds"]):
        raise RoleTooHigh
    if after["role"] == Role.OWNER.value and after["salonIds"]:
        raise Invalid("Some values are refused: salonIds.", {"salonIds": "An owner is not limited to salons."})
    if "isActive" in changed and user.invited_at is not None:
        raise Invalid("Some values are refused: isActive.", {"isActive": "The invitation is not accepted yet."})


def _change(user: User, after: dict[str, Any], uow: UnitOfWork) -> None:
    user.name, user.role = after["name"], after["role"]
    user.salon_ids, user.is_active = after["salonIds"], after["isActive"]
    user.updated_at = uow.now


def _tell(user: User, changed: set[str], before: dict[str, Any], after: dict[str, Any], uow: UnitOfWork) -> None:
    action = "user.role_changed" if "role" in changed else "user.updated"
    if "isActive" in changed:
        action = "user.enabled" if user.is_active else "user.disabled"
    AuditRepository(uow).add(action, user, before=before, after=after)
