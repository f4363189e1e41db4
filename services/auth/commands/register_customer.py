"""Register as a customer of a salon's tenant, signed in."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.adapters.tenants import Caller, find_salon
from services.auth.domain import emails
from services.auth.domain.letters import LetterKind
from services.auth.domain.passwords import personal_terms
from services.auth.domain.sessions import Origin
from services.auth.models import User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.registrations import remember
from services.auth.repository.sign_ins import SignInRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import EmailTaken, Platform, Register, Role, SignedIn, UserRegisteredV1
from services.common.contracts.tenants import SalonRoute
from services.common.kit import ids
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: Register, slug: str, begin: Begin, security: Security, rpc: Caller) -> SignedIn:
    """Raises `EmailTaken`, `SalonUnknown`, `TenantSuspended`, `Invalid`, or `Unavailable`."""
    with begin(scope=SYSTEM) as uow:
        if UserRepository(uow).find_by_email(request.email) is not None:  # before the work of hashing
            raise EmailTaken
    salon = find_salon(rpc, slug, begin.context)
    terms = personal_terms(request.email, request.name, salon.tenant.name)
    security.password_policy.check(request.password, terms)
    hashed = security.passwords.hash(request.password)
    with begin(scope=SYSTEM) as uow:
        signed_in = _register(_customer(request, salon, hashed, uow), salon, request, uow, security)
    log.info("customer_registered", user_id=signed_in.user.id, address=begin.context.address)
    return signed_in


def _register(user: User, salon: SalonRoute, request: Register, uow: UnitOfWork, security: Security) -> SignedIn:
    TenantRepository(uow).store(salon.tenant)
    UserRepository(uow).add(user)
    remember(request, user, uow)
    uow.publish(UserRegisteredV1(user_id=user.id, role=Role.CUSTOMER), tenant_id=user.tenant_id)
    LetterRepository(uow).order(LetterKind.VERIFY_EMAIL, user)
    AuditRepository(uow).add("user.registered", user, by=user, after=facts_of(user))
    entry = SignInRepository(uow, security.limits).finish(
        user, Origin(Platform.WEB, request.device, uow.context.address)
    )
    return views.signed_in(user, views.tenant(entry.tenant), security.tokens.pair(entry.session, uow.now))


def _customer(request: Register, salon: SalonRoute, hashed: str, uow: UnitOfWork) -> User:
    return User(
        tenant_id=salon.tenant.id,
        id=ids.new_id(),
        email=emails.normalise(request.email),
        email_key=emails.key_of(request.email),
        name=request.name,
        role=Role.CUSTOMER.value,
        is_active=True,
        email_verified=False,
        password_hash=hashed,
        token_version=1,
        salon_ids=[],
        mfa_enabled=False,
        locale=request.locale,
        created_at=uow.now,
        updated_at=uow.now,
    )
