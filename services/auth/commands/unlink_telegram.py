"""Undo the link between the caller's account and a person in Telegram."""

from __future__ import annotations

from services.auth import views
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import Me, TelegramNeeded
from services.common.kit.uow import UnitOfWork


def run(uow: UnitOfWork) -> Me:
    """Raises `TelegramNeeded` for somebody who has no other way in."""
    user = UserRepository(uow).caller(locked=True)
    if user.telegram_id is not None:
        if user.email_key is None:
            raise TelegramNeeded
        before = facts_of(user)
        user.telegram_id = None
        user.updated_at = uow.now
        AuditRepository(uow).add("user.telegram_unlinked", user, before=before, after=facts_of(user))
    return views.me(user, TenantRepository(uow).find(user.tenant_id))
