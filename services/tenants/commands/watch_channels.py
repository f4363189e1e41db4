"""Warn a tenant whose channels come near its plan's limit."""

from __future__ import annotations

from services.common.contracts.tenants import PlanCode, UsageMetric, UsageThresholdReachedV1
from services.common.kit.uow import UnitOfWork
from services.tenants.domain import plans
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.tenants import TenantRepository
from services.tenants.repository.usage import UsageRepository


def run(uow: UnitOfWork) -> None:
    """After a channel was connected, so that it is done in one place, however that came about."""
    tenant, usage = TenantRepository(uow).get_tenant(), UsageRepository(uow)
    used, limit = ChannelRepository(uow).count_active(), plans.LIMITS[PlanCode(tenant.plan)].channels
    month = plans.month_of(uow.now, tenant.timezone).name
    for threshold in plans.reached(used, limit):
        if usage.note_warning(tenant.tenant_id, month, UsageMetric.CHANNELS, threshold):
            uow.publish(
                UsageThresholdReachedV1(
                    metric=UsageMetric.CHANNELS, month=month, threshold=threshold, used=used, limit=limit
                )
            )
