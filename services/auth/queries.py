"""Reads of `auth`."""

from __future__ import annotations

from services.auth import views
from services.auth.domain.permissions import permissions_of
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import Me, Role
from services.common.contracts.errors import Unauthenticated
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork


def get_me(uow: UnitOfWork) -> Me:
    """The caller's account, read as its tenant: a token with another's tenant finds nobody."""
    context = uow.context
    if context.user_id is None:
        raise Unauthenticated
    with uow.as_tenant(context.tenant_id or NO_TENANT):
        user = UserRepository(uow).find(context.user_id)
        tenant = TenantRepository(uow).find(context.tenant_id) if context.tenant_id else None
    if user is None or not user.is_active:
        raise Unauthenticated
    return Me(user=views.user(user), tenant=views.tenant(tenant), permissions=permissions_of(Role(user.role)))
