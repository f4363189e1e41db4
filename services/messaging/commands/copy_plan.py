"""Take over from `tenants` what a plan allows, and whether the tenant may send at all."""

from __future__ import annotations

from services.common.contracts.tenants import TenantCreatedV1, TenantStatus, TenantUpdatedV1
from services.common.kit.uow import UnitOfWork
from services.messaging.repository.quota import QuotaRepository


def run(event: TenantCreatedV1 | TenantUpdatedV1, uow: UnitOfWork) -> None:
    """An event from before plans were told says nothing about them."""
    if event.limits is not None:
        tenant = event.tenant
        QuotaRepository(uow).store(
            event.limits.messages_per_month,
            tenant.timezone,
            tenant.updated_at,
            suspended=tenant.status is TenantStatus.SUSPENDED,
        )
