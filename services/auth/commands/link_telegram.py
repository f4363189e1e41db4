"""Link the caller's account to a person in Telegram."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.tenants import Caller, check_telegram
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.telegram import TelegramRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import LinkTelegram, Me
from services.common.contracts.tenants import SalonUnknown, TelegramLoginRefused, TelegramPerson
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(request: LinkTelegram, begin: Begin, rpc: Caller) -> Me:
    """Raises `TelegramTaken`, `TelegramLoginRefused`, or `SalonUnknown` for another tenant's salon."""
    person = check_telegram(rpc, request, begin.context)
    with begin(scope=SYSTEM) as uow:
        if request.widget is not None and not TelegramRepository(uow).use(person):
            raise TelegramLoginRefused
        return _link(person, uow)


def _link(person: TelegramPerson, uow: UnitOfWork) -> Me:
    users = UserRepository(uow)
    user = users.caller(locked=True)
    if person.tenant.id != user.tenant_id:
        raise SalonUnknown
    before = facts_of(user)
    user.telegram_id = person.telegram_id
    user.updated_at = uow.now
    users.store()
    AuditRepository(uow).add("user.telegram_linked", user, before=before, after=facts_of(user))
    return views.me(user, TenantRepository(uow).find(user.tenant_id))
