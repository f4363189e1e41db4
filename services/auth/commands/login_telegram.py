"""Sign in by Telegram: as the user linked to that person, else as a customer of the salon's tenant.

What Telegram signed is checked where the bot's token is kept; here it becomes an account and a session.
"""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.adapters.tenants import Caller, check_telegram
from services.auth.domain.sessions import Origin
from services.auth.models import User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.sign_ins import Challenge, SignInRepository
from services.auth.repository.telegram import TelegramRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import (
    BadCredentials,
    LoginAnswer,
    LoginWithTelegram,
    MfaNeeded,
    Platform,
    Role,
    UserRegisteredV1,
)
from services.common.contracts.tenants import TelegramLoginRefused, TelegramPerson
from services.common.kit import ids
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: LoginWithTelegram, begin: Begin, security: Security, rpc: Caller) -> LoginAnswer:
    """Raises `TelegramLoginRefused`, `SalonUnknown`, `BadCredentials`, `MfaNeeded` or `TenantSuspended`."""
    person = check_telegram(rpc, request, begin.context)
    with begin(scope=SYSTEM) as uow:
        # The widget's fields come by a URL, which others may see; a Mini App sends its own again at each start.
        if request.widget is not None and not TelegramRepository(uow).use(person):
            raise TelegramLoginRefused
        TenantRepository(uow).store(person.tenant)
        user = _user_of(person, uow)
        platform = Platform.MINI_APP if request.init_data is not None else Platform.WEB
        answer = _sign_in(user, Origin(platform, request.device, uow.context.address), uow, security)
    log.info("telegram_login_succeeded", user_id=user.id, address=begin.context.address)
    return answer


def _user_of(person: TelegramPerson, uow: UnitOfWork) -> User:
    """One account for a person in a tenant, however many logins come at once."""
    TelegramRepository(uow).hold(person)
    user = UserRepository(uow).find_by_telegram(person.tenant.id, person.telegram_id)
    if user is None:
        user = _customer(person, uow)
        UserRepository(uow).add(user)
        uow.publish(UserRegisteredV1(user_id=user.id, role=Role.CUSTOMER), tenant_id=user.tenant_id)
        AuditRepository(uow).add("user.registered", user, by=user, after=facts_of(user))
    if not user.is_active:
        raise BadCredentials
    if user.role == Role.OWNER.value and not user.mfa_enabled:
        # Who keeps the bot's token, as a manager may, can sign for anybody in Telegram.
        raise MfaNeeded
    return user


def _customer(person: TelegramPerson, uow: UnitOfWork) -> User:
    name = " ".join(part for part in (person.first_name, person.last_name) if part)
    return User(
        tenant_id=person.tenant.id,
        id=ids.new_id(),
        email=None,
        email_key=None,
        name=name.strip() or person.username or "Telegram",
        role=Role.CUSTOMER.value,
        is_active=True,
        email_verified=False,
        password_hash="",
        token_version=1,
        salon_ids=[],
        mfa_enabled=False,
        telegram_id=person.telegram_id,
        locale=person.language_code,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _sign_in(user: User, origin: Origin, uow: UnitOfWork, security: Security) -> LoginAnswer:
    outcome = SignInRepository(uow, security.limits).begin(user, origin)
    if isinstance(outcome, Challenge):
        return views.challenge(outcome.token, outcome.purpose)
    return views.login_answer(user, views.tenant(outcome.tenant), security.tokens.pair(outcome.session, uow.now))
