"""Make a tenant."""

from __future__ import annotations

from typing import Any

from services.common.contracts.tenants import CreateTenant, SlugTaken, Tenant, TenantCreatedV1, TenantStatus
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import places, plans, slugs
from services.tenants.models import TenantRow
from services.tenants.repository.platform import PlatformRepository
from services.tenants.settings import TenantsSettings


def run(request: CreateTenant, uow: UnitOfWork, settings: TenantsSettings) -> Tenant:
    """Make the tenant with this id. One that is there already is returned as it is: the call may be repeated."""
    values = _values(request, uow, settings)
    places.check_timezone(values["timezone"])
    places.check_locale(values["locale"])
    row, is_new = _add(PlatformRepository(uow), request, values)
    tenant = views.tenant(row)
    if is_new:
        uow.publish(TenantCreatedV1(tenant=tenant, limits=plans.LIMITS[tenant.plan]), tenant_id=tenant.id)
    return tenant


def _add(platform: PlatformRepository, request: CreateTenant, values: dict[str, Any]) -> tuple[TenantRow, bool]:
    for slug in slugs.slug_candidates(request.name, "tenant", request.id):
        row = platform.add_tenant({**values, "slug": slug})
        if row is not None:
            return row, True
        existing = platform.find_tenant(request.id)
        if existing is not None:
            return existing, False
    raise SlugTaken


def _values(request: CreateTenant, uow: UnitOfWork, settings: TenantsSettings) -> dict[str, Any]:
    return {
        "tenant_id": request.id,
        "name": request.name,
        "plan": request.plan.value,
        "status": TenantStatus.ACTIVE.value,
        "timezone": request.timezone or settings.default_timezone,
        "locale": request.locale or settings.default_locale,
        "currency": settings.default_currency,
        "created_at": uow.now,
        "updated_at": uow.now,
        "told": views.EDITION,
    }
