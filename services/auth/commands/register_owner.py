"""Register: a new tenant with its owner, signed in.

Three steps, because two databases can't change in one transaction: store the registration with the tenant's id, have
the tenant made under that id, make the user. A process that dies in between leaves a registration that the same person
may take over by trying again, and that `finish_registrations` completes otherwise.
"""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.adapters.tenants import Caller, create_tenant
from services.auth.domain import emails
from services.auth.domain.letters import LetterKind
from services.auth.domain.passwords import personal_terms
from services.auth.domain.sessions import Origin
from services.auth.models import Registration
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.registrations import Applicant, RegistrationRepository, remember
from services.auth.repository.sign_ins import SignInRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import EmailTaken, Platform, Register, Role, SignedIn, UserRegisteredV1
from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import Tenant
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: Register, begin: Begin, security: Security, rpc: Caller) -> SignedIn:
    """Raises `EmailTaken`, `Invalid`, or `Unavailable` after which trying again succeeds."""
    security.password_policy.check(request.password, personal_terms(request.email, request.name, request.tenant_name))
    with begin(scope=SYSTEM) as uow:
        if UserRepository(uow).find_by_email(request.email) is not None:  # before the work of hashing
            raise EmailTaken
    applicant = _applicant(request, security)
    with begin(scope=SYSTEM) as uow:
        registration = RegistrationRepository(uow).store(applicant)
    tenant = _tenant_of(registration, begin, rpc)
    with begin(scope=SYSTEM) as uow:
        signed_in = _activate(registration, tenant, uow, security, request)
    log.info("user_registered", user_id=signed_in.user.id, new_tenant_id=tenant.id, address=begin.context.address)
    return signed_in


def _applicant(request: Register, security: Security) -> Applicant:
    return Applicant(
        email=emails.normalise(request.email),
        name=request.name,
        password_hash=security.passwords.hash(request.password),
        tenant_name=request.tenant_name or request.name,
        plan=str(request.plan),
        timezone=request.timezone,
        locale=request.locale,
    )


def _tenant_of(registration: Registration, begin: Begin, rpc: Caller) -> Tenant:
    """A registration that `tenants` refuses is given up, so that the person may correct it."""
    try:
        return create_tenant(rpc, registration, begin.context)
    except Invalid:
        with begin(scope=SYSTEM) as uow:
            RegistrationRepository(uow).drop(registration)
        raise


def _activate(
    registration: Registration, tenant: Tenant, uow: UnitOfWork, security: Security, request: Register
) -> SignedIn:
    user = RegistrationRepository(uow).activate(registration)
    remember(request, user, uow)
    TenantRepository(uow).store(tenant)
    uow.publish(UserRegisteredV1(user_id=user.id, role=Role(user.role)), tenant_id=user.tenant_id)
    LetterRepository(uow).order(LetterKind.VERIFY_EMAIL, user)
    AuditRepository(uow).add("user.registered", user, by=user, after=facts_of(user))
    entry = SignInRepository(uow, security.limits).finish(
        user, Origin(Platform.WEB, request.device, uow.context.address)
    )
    return views.signed_in(user, tenant, security.tokens.pair(entry.session, uow.now))
