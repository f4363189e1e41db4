"""What tenants use of their plans, counted from events; in `SYSTEM` scope for many tenants at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts.tenants import UsageMetric
from services.common.kit.uow import UnitOfWork
from services.tenants.models import ChannelTrafficRow, UsageRow, UsageWarningRow

TenantMonth = tuple[str, str]
"""A tenant's id and the name of a month."""

ChannelKey = tuple[str, str]
"""A tenant's id and a channel's."""


class UsageRepository:
    """Rows are written in the order of their keys, so that two at once don't wait for each other in a ring."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._now = uow.session, uow.now

    def get_messages(self, tenant_id: str, month: str) -> int:
        """Messages of a month so far."""
        row = sa.select(UsageRow.messages).where(UsageRow.tenant_id == tenant_id, UsageRow.month == month)
        return self._session.scalar(row) or 0

    def add_messages(self, counted: Mapping[TenantMonth, int]) -> dict[TenantMonth, int]:
        """Count further messages; returns the new totals."""
        rows = [
            {"tenant_id": tenant_id, "month": month, "messages": counted[tenant_id, month]}
            for tenant_id, month in sorted(counted)
        ]
        added = insert(UsageRow).values(rows)
        totals = added.on_conflict_do_update(
            index_elements=["tenant_id", "month"], set_={"messages": UsageRow.messages + added.excluded.messages}
        ).returning(UsageRow.tenant_id, UsageRow.month, UsageRow.messages)
        return {(row[0], row[1]): row[2] for row in self._session.execute(totals)}

    def note_warning(self, tenant_id: str, month: str, metric: UsageMetric, threshold: int, limit: int) -> bool:
        """Whether this is the first time in the month that so much of this limit is used."""
        values = {
            "tenant_id": tenant_id,
            "month": month,
            "metric": metric.value,
            "threshold": threshold,
            "most": limit,
            "reached_at": self._now,
        }
        added = insert(UsageWarningRow).values(values).on_conflict_do_nothing().returning(UsageWarningRow.threshold)
        return self._session.scalar(added) is not None

    def note_traffic(self, column: str, latest: Mapping[ChannelKey, datetime]) -> None:
        """Something went through these channels, `last_inbound_at` or `last_outbound_at`."""
        rows: Sequence[dict[str, Any]] = [
            {"tenant_id": tenant_id, "channel_id": channel_id, column: latest[tenant_id, channel_id]}
            for tenant_id, channel_id in sorted(latest)
        ]
        noted = insert(ChannelTrafficRow).values(rows)
        newer = sa.func.greatest(ChannelTrafficRow.__table__.c[column], noted.excluded[column])
        self._session.execute(
            noted.on_conflict_do_update(index_elements=["tenant_id", "channel_id"], set_={column: newer})
        )
