"""Complete registrations whose process died or whose tenant could not be made in time; the owner can then log in."""

from __future__ import annotations

from datetime import timedelta

from services.auth.adapters.tenants import Caller, create_tenant
from services.auth.domain.letters import LetterKind
from services.auth.models import Registration
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.registrations import RegistrationRepository
from services.auth.repository.tenants import TenantRepository
from services.common.contracts.auth import EmailTaken, Role, UserRegisteredV1
from services.common.contracts.errors import Invalid, ServiceError, Unavailable
from services.common.contracts.tenants import Tenant
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM

log = get_logger(__name__)

_PATIENCE = timedelta(seconds=60)
_AT_ONCE = 20


def run(begin: Begin, rpc: Caller) -> None:
    """Stops when `tenants` is away: the next run goes on."""
    with begin(scope=SYSTEM) as uow:
        abandoned = RegistrationRepository(uow).claim_abandoned(uow.now - _PATIENCE, _AT_ONCE)
    try:
        for registration in abandoned:
            _finish(registration, begin, rpc)
    except Unavailable as error:
        log.warning("registrations_wait_for_tenants", registrations=len(abandoned), code=error.code)


def _finish(registration: Registration, begin: Begin, rpc: Caller) -> None:
    try:
        _activate(registration, create_tenant(rpc, registration, begin.context), begin)
    except (Invalid, EmailTaken) as error:
        log.warning("registration_dropped", registration_id=registration.id, code=error.code)
        with begin(scope=SYSTEM) as uow:
            RegistrationRepository(uow).drop(registration)
    except Unavailable:
        raise
    except ServiceError:
        # One that can't be finished must not keep the others waiting.
        log.exception("registration_stuck", registration_id=registration.id)


def _activate(registration: Registration, tenant: Tenant, begin: Begin) -> None:
    with begin(scope=SYSTEM) as uow:
        user = RegistrationRepository(uow).activate(registration)
        TenantRepository(uow).store(tenant)
        LetterRepository(uow).order(LetterKind.VERIFY_EMAIL, user)
        AuditRepository(uow).add("user.registered", user, by=user, after=facts_of(user))
        uow.publish(UserRegisteredV1(user_id=user.id, role=Role(user.role)), tenant_id=user.tenant_id)
        log.info("registration_finished", user_id=user.id, tenant_id=user.tenant_id)
