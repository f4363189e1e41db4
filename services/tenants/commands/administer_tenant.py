"""What a super admin changes of a tenant."""

from __future__ import annotations

from typing import Any

from services.common.contracts.base import UNSET, Event
from services.common.contracts.tenants import (
    AdminUpdateTenant,
    PlanChangedV1,
    PlanCode,
    Tenant,
    TenantResumedV1,
    TenantStatus,
    TenantSuspendedV1,
)
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import audit, plans, platform
from services.tenants.models import TenantRow
from services.tenants.repository.plan_use import use_of, warn_of
from services.tenants.repository.tenants import SettingsRepository, TenantRepository


def run(request: AdminUpdateTenant, uow: UnitOfWork) -> Tenant:
    """In `SYSTEM` scope, speaking for the tenant while it is changed."""
    platform.check_admin(uow.context.role)
    with uow.as_tenant(request.id):
        row = TenantRepository(uow).lock_tenant()
        before = views.tenant(row)
        changed = _changed(request, row)
        if changed:
            _check_plan(request, uow, row)
            TenantRepository(uow).change(row, changed)
            _tell(uow, row, before)
        return views.tenant(row)


def _changed(request: AdminUpdateTenant, row: TenantRow) -> dict[str, Any]:
    wanted = {"status": request.status, "plan": request.plan}
    return {
        name: value.value for name, value in wanted.items() if value is not UNSET and value.value != getattr(row, name)
    }


def _check_plan(request: AdminUpdateTenant, uow: UnitOfWork, row: TenantRow) -> None:
    if request.plan is not UNSET and request.plan.value != row.plan:
        use = use_of(uow, row)
        plans.check_fits(request.plan, use.channels, use.messages)


def _tell(uow: UnitOfWork, row: TenantRow, before: Tenant) -> None:
    after = views.tenant(row)
    facts: list[Event] = []
    if after.plan is not before.plan:
        facts.append(PlanChangedV1(plan=after.plan, previous=before.plan, limits=plans.LIMITS[PlanCode(row.plan)]))
    if after.status is not before.status:
        is_suspended = after.status is TenantStatus.SUSPENDED
        facts.append(TenantSuspendedV1(tenant=after) if is_suspended else TenantResumedV1(tenant=after))
    facts.append(views.tenant_updated(row, SettingsRepository(uow).find()))
    facts.append(audit.entry(uow.context, "tenant.administered", ("tenant", row.tenant_id), before, after))
    for fact in facts:
        uow.publish(fact)
    warn_of(uow, row)
