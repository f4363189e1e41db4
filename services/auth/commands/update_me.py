"""Change one's own account."""

from __future__ import annotations

from services.auth import views
from services.auth.repository.audit import AuditRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import Me, UpdateMe
from services.common.contracts.base import Unset
from services.common.kit.uow import UnitOfWork


def run(request: UpdateMe, uow: UnitOfWork) -> Me:
    """Only what was sent changes."""
    user = UserRepository(uow).caller(locked=True)
    before = {"name": user.name, "locale": user.locale}
    if not isinstance(request.name, Unset):
        user.name = request.name
    if not isinstance(request.locale, Unset):
        user.locale = request.locale
    after = {"name": user.name, "locale": user.locale}
    if after != before:
        user.updated_at = uow.now
        AuditRepository(uow).add("user.updated", user, before=before, after=after)
    return views.me(user, TenantRepository(uow).find(user.tenant_id))
