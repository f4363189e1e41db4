"""Count messages of the business."""

from __future__ import annotations

from collections.abc import Sequence

from services.analytics import domain
from services.analytics.domain import Stage
from services.analytics.repository import CountingRepository
from services.common.contracts.base import Envelope
from services.common.contracts.messaging import MessageQueuedV1
from services.common.kit.uow import UnitOfWork


def run(envelopes: Sequence[Envelope], uow: UnitOfWork) -> None:
    """Count a batch, by the time at which the messages were taken for sending."""
    events = [(domain.tenant_of(envelope), MessageQueuedV1.from_wire(envelope.data)) for envelope in envelopes]
    counting = CountingRepository(uow)
    counting.touch_conversations(
        domain.greatest(((tenant_id, event.conversation_id), event.queued_at) for tenant_id, event in events)
    )
    counting.follow_messages(
        {(tenant_id, event.message_id): (domain.bucket_of(event.queued_at), Stage.NONE) for tenant_id, event in events}
    )
