"""The copy of tenants' facts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth.models import Tenant
from services.common.contracts import tenants
from services.common.kit.uow import UnitOfWork


class TenantRepository:
    """Written from events and from the answer at registration; whichever is newer stays."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def find(self, tenant_id: str) -> Tenant | None:
        """The copy, if one has arrived."""
        return self._session.get(Tenant, tenant_id)

    def name_of(self, tenant_id: str) -> str | None:
        """What the business is called, if it is known yet."""
        tenant = self.find(tenant_id)
        return None if tenant is None else tenant.name

    def store(self, tenant: tenants.Tenant, *, mfa_required: bool | None = None) -> None:
        """Keep these facts unless newer ones are known."""
        told = {} if mfa_required is None else {"mfa_required": mfa_required}
        facts = {
            **told,
            "name": tenant.name,
            "slug": tenant.slug,
            "plan": str(tenant.plan),
            "status": str(tenant.status),
            "timezone": tenant.timezone,
            "locale": tenant.locale,
            "currency": tenant.currency,
            "created_at": tenant.created_at,
            "updated_at": tenant.updated_at,
        }
        self._session.execute(
            insert(Tenant)
            .values(tenant_id=tenant.id, **facts)
            .on_conflict_do_update(
                constraint="tenants_pkey", set_=facts, where=Tenant.updated_at <= sa.literal(tenant.updated_at)
            )
        )
