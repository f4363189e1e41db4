"""Link the caller's account to a person in Telegram."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.adapters.tenants import Caller, check_telegram
from services.auth.domain.letters import LetterKind
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.proofs import ProofRepository, compare_password
from services.auth.repository.telegram import TelegramRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import LinkTelegram, Me
from services.common.contracts.errors import ServiceError
from services.common.contracts.tenants import SalonUnknown, TelegramLoginRefused, TelegramPerson
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(request: LinkTelegram, begin: Begin, security: Security, rpc: Caller) -> Me:
    """Raises `ProofNeeded`, `LockedOut`, `TelegramTaken`, `TelegramLoginRefused`, or `SalonUnknown`."""
    person = check_telegram(rpc, request, begin.context)
    matches = compare_password(request.password, begin, security.passwords.matches)
    with begin(scope=SYSTEM) as uow:
        outcome = _link(request, person, uow, security, password_matches=matches)
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def _link(
    request: LinkTelegram, person: TelegramPerson, uow: UnitOfWork, security: Security, *, password_matches: bool
) -> Me | ServiceError:
    users = UserRepository(uow)
    user = users.caller(locked=True)
    if person.tenant.id != user.tenant_id:
        raise SalonUnknown
    refused = ProofRepository(uow, security).refuse(user, request, password_matches=password_matches)
    if refused is not None:
        return refused
    if request.widget is not None and not TelegramRepository(uow).use(person):
        raise TelegramLoginRefused
    before = facts_of(user)
    user.telegram_id = person.telegram_id
    user.updated_at = uow.now
    users.store()
    LetterRepository(uow).order(LetterKind.TELEGRAM_LINKED, user)
    AuditRepository(uow).add("user.telegram_linked", user, before=before, after=facts_of(user))
    return views.me(user, TenantRepository(uow).find(user.tenant_id))
