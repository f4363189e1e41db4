"""Change the tenant itself."""

from __future__ import annotations

from services.common.contracts.base import UNSET
from services.common.contracts.tenants import Tenant, UpdateTenant
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import audit, places, slugs
from services.tenants.repository import changes
from services.tenants.repository.tenants import SettingsRepository, TenantRepository


def run(request: UpdateTenant, uow: UnitOfWork) -> Tenant:
    """What is the same already is no change, and told to nobody."""
    places.check_known(request.timezone, request.locale, request.currency)
    if request.slug is not UNSET:
        slugs.check_slug(request.slug)
    tenants = TenantRepository(uow)
    row = tenants.lock_tenant()
    before = views.tenant(row)
    wanted = {name: getattr(request, name) for name in ("name", "slug", "timezone", "locale", "currency")}
    changed = changes.differing(row, {name: value for name, value in wanted.items() if value is not UNSET})
    if not changed:
        return before
    tenants.change(row, changed)
    after = views.tenant(row)
    uow.publish(views.tenant_updated(row, SettingsRepository(uow).find()))
    uow.publish(audit.entry(uow.context, "tenant.updated", ("tenant", row.tenant_id), before, after))
    return after
