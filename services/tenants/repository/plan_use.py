"""What one tenant uses of its plan in the present month, and the warnings that it comes near the limits."""

from __future__ import annotations

from typing import NamedTuple

from services.common.contracts.tenants import PlanCode, UsageMetric, UsageThresholdReachedV1
from services.common.kit.uow import UnitOfWork
from services.tenants.domain import plans
from services.tenants.models import TenantRow
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.usage import UsageRepository


class Use(NamedTuple):
    """How much is used, and since when."""

    month: plans.Month
    channels: int
    messages: int


def use_of(uow: UnitOfWork, tenant: TenantRow) -> Use:
    """The present use. Of channels it is right until the commit only while the tenant is locked."""
    month = plans.month_of(uow.now, tenant.timezone)
    messages = UsageRepository(uow).get_messages(tenant.tenant_id, month.name)
    return Use(month, ChannelRepository(uow).count_active(), messages)


def warn_of(uow: UnitOfWork, tenant: TenantRow) -> None:
    """Tell of every threshold of the present plan that is reached and was not told yet."""
    use = use_of(uow, tenant)
    warn(uow, tenant, use.month.name, UsageMetric.CHANNELS, use.channels)
    warn(uow, tenant, use.month.name, UsageMetric.MESSAGES, use.messages)


def warn(uow: UnitOfWork, tenant: TenantRow, month: str, metric: UsageMetric, used: int) -> None:
    """Once for each month, threshold and limit: who takes another plan comes near to another limit."""
    limit = plans.limit_of(PlanCode(tenant.plan), metric)
    for threshold in plans.reached(used, limit):
        if UsageRepository(uow).note_warning(tenant.tenant_id, month, metric, threshold, limit):
            reached = UsageThresholdReachedV1(metric=metric, month=month, threshold=threshold, used=used, limit=limit)
            uow.publish(reached, tenant_id=tenant.tenant_id)
