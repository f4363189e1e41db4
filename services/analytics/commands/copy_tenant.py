"""Keep a copy of a tenant's time zone."""

from __future__ import annotations

from services.analytics.repository import FiguresRepository
from services.common.contracts.tenants import TenantCreatedV1
from services.common.kit.uow import UnitOfWork


def run(event: TenantCreatedV1, uow: UnitOfWork) -> None:
    """The zone decides what a day is."""
    FiguresRepository(uow).keep_zone(event.tenant.timezone, event.tenant.updated_at)
