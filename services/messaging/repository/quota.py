"""Whether a tenant may send, how much in a month, and what it has sent."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts.auth import TenantSuspended
from services.common.contracts.messaging import QuotaExceeded
from services.common.kit.uow import UnitOfWork
from services.messaging.models import PlanRow

# The row of the month is locked from here to the commit, so that callers at the same moment cannot pass the limit
# together. Nothing comes back when the limit is reached, when there is no plan, or for who is suspended.
_TAKE = text(
    """
    with plan as (
        select messages_per_month as most, to_char(cast(:now as timestamptz) at time zone timezone, 'YYYY-MM') as month
        from plans where tenant_id = :tenant_id and not suspended
    )
    insert into outbound_months as counted (tenant_id, month, messages)
    select :tenant_id, plan.month, 1 from plan where plan.most > 0
    on conflict (tenant_id, month) do update set messages = counted.messages + 1
    where counted.messages < (select most from plan)
    returning messages
    """
)


class QuotaRepository:
    """The plan of one tenant and its use."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def store(self, messages_per_month: int, timezone: str, changed_at: datetime, *, suspended: bool) -> None:
        """Keep the newest; of two about the same state the later, which may tell more."""
        values = {
            "messages_per_month": messages_per_month,
            "timezone": timezone,
            "changed_at": changed_at,
            "suspended": suspended,
        }
        statement = insert(PlanRow).values(tenant_id=self._tenant_id, **values)
        self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["tenant_id"], set_=values, where=PlanRow.changed_at <= changed_at
            )
        )

    def take_one(self) -> None:
        """Count one message. Last in a transaction: the tenant's others wait for its end.

        Raises `QuotaExceeded`, and `TenantSuspended`.
        """
        if self._session.scalar(_TAKE, {"tenant_id": self._tenant_id, "now": self._now}) is not None:
            return
        plan = self._session.scalar(sa.select(PlanRow).where(PlanRow.tenant_id == self._tenant_id))
        if plan is not None and plan.suspended:
            raise TenantSuspended
        if plan is not None:
            limit = plan.messages_per_month
            raise QuotaExceeded(f"The plan allows {limit} messages a month.", {"limit": str(limit)})
