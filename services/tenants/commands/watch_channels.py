"""Warn a tenant whose channels come near its plan's limit."""

from __future__ import annotations

from services.common.kit.uow import UnitOfWork
from services.tenants.repository.plan_use import warn_of
from services.tenants.repository.tenants import TenantRepository


def run(uow: UnitOfWork) -> None:
    """After a channel was connected, so that it is done in one place, however that came about."""
    warn_of(uow, TenantRepository(uow).get_tenant())
