"""Count the messages that tenants have sent, and warn those who come near their plan's limit."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from services.common.contracts.base import Envelope
from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import MessageQueuedV1
from services.common.contracts.tenants import UsageMetric
from services.common.kit.uow import UnitOfWork
from services.tenants.domain import plans
from services.tenants.repository.plan_use import warn
from services.tenants.repository.platform import PlatformRepository
from services.tenants.repository.usage import ChannelKey, TenantMonth, UsageRepository


def run(envelopes: list[Envelope], uow: UnitOfWork) -> None:
    """Many events at once, in `SYSTEM` scope."""
    tenant_ids = sorted({envelope.tenant_id for envelope in envelopes if envelope.tenant_id is not None})
    owners = {row.tenant_id: row for row in PlatformRepository(uow).find_tenants(tenant_ids)}
    counted: Counter[TenantMonth] = Counter()
    latest: dict[ChannelKey, datetime] = {}
    for envelope in envelopes:
        event, owner = MessageQueuedV1.from_wire(envelope.data), owners.get(envelope.tenant_id or "")
        if owner is None:
            raise Invalid("A message of no tenant.")
        counted[owner.tenant_id, plans.month_of(event.queued_at, owner.timezone).name] += 1
        place = (owner.tenant_id, event.channel_id)
        latest[place] = max(event.queued_at, latest.get(place, event.queued_at))
    usage = UsageRepository(uow)
    usage.note_traffic("last_outbound_at", latest)
    for (tenant_id, month), used in sorted(usage.add_messages(counted).items()):
        warn(uow, owners[tenant_id], month, UsageMetric.MESSAGES, used)
