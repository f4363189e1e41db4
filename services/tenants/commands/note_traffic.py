"""Note when something last came in on a channel."""

from __future__ import annotations

from datetime import datetime

from services.common.contracts.base import Envelope
from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import MessageReceivedV1
from services.common.kit.uow import UnitOfWork
from services.tenants.repository.usage import ChannelKey, UsageRepository


def run(envelopes: list[Envelope], uow: UnitOfWork) -> None:
    """Many events at once, in `SYSTEM` scope."""
    latest: dict[ChannelKey, datetime] = {}
    for envelope in envelopes:
        event = MessageReceivedV1.from_wire(envelope.data)
        if envelope.tenant_id is None:
            raise Invalid("A message of no tenant.")
        place = (envelope.tenant_id, event.channel_id)
        latest[place] = max(event.sent_at, latest.get(place, event.sent_at))
    UsageRepository(uow).note_traffic("last_inbound_at", latest)
