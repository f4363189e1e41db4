"""Keep a copy of a tenant's facts."""

from __future__ import annotations

from services.auth.repository.tenants import TenantRepository
from services.common.contracts.tenants import TenantCreatedV1
from services.common.kit.uow import UnitOfWork


def run(event: TenantCreatedV1, uow: UnitOfWork) -> None:
    """The answer at registration may have brought the same facts already."""
    TenantRepository(uow).store(event.tenant)
