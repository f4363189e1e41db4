"""Count messages of customers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from services.analytics import domain
from services.analytics.repository import CountingRepository
from services.common.contracts.base import Envelope
from services.common.contracts.messaging import MessageReceivedV1
from services.common.kit.uow import UnitOfWork


def run(envelopes: Sequence[Envelope], uow: UnitOfWork) -> None:
    """Count a batch, by the time at which the customers wrote."""
    events = [(domain.tenant_of(envelope), MessageReceivedV1.from_wire(envelope.data)) for envelope in envelopes]
    counting = CountingRepository(uow)
    counting.touch_conversations(
        domain.greatest(((tenant_id, event.conversation_id), event.sent_at) for tenant_id, event in events)
    )
    counting.add_received(Counter((tenant_id, domain.bucket_of(event.sent_at)) for tenant_id, event in events))
