"""Keep a copy of a tenant's facts."""

from __future__ import annotations

from services.auth.repository.tenants import TenantRepository
from services.common.contracts.tenants import TenantCreatedV1, TenantUpdatedV1
from services.common.kit.uow import UnitOfWork


def run(event: TenantCreatedV1 | TenantUpdatedV1, uow: UnitOfWork) -> None:
    """The answer at registration may have brought the same facts already. A suspension counts from here on."""
    required = event.mfa_required if isinstance(event, TenantUpdatedV1) else None
    TenantRepository(uow).store(event.tenant, mfa_required=required)
