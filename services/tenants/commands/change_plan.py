"""Take another plan."""

from __future__ import annotations

from services.common.contracts.tenants import ChangePlan, PlanChangedV1, PlanCode, Subscription
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import audit, plans
from services.tenants.repository.plan_use import use_of, warn_of
from services.tenants.repository.tenants import SettingsRepository, TenantRepository


def run(request: ChangePlan, uow: UnitOfWork) -> Subscription:
    """At once. The tenant is locked, so that nobody takes another channel while they are counted."""
    tenants = TenantRepository(uow)
    row = tenants.lock_tenant()
    previous = PlanCode(row.plan)
    if request.plan is not previous:
        use = use_of(uow, row)
        plans.check_fits(request.plan, use.channels, use.messages)
        before = views.tenant(row)
        tenants.change(row, {"plan": request.plan.value})
        uow.publish(PlanChangedV1(plan=request.plan, previous=previous, limits=plans.LIMITS[request.plan]))
        uow.publish(views.tenant_updated(row, SettingsRepository(uow).find()))
        warn_of(uow, row)
        target = ("tenant", row.tenant_id)
        uow.publish(audit.entry(uow.context, "plan.changed", target, before, views.tenant(row)))
    return views.subscription(row)
