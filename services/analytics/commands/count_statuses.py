"""Count messages of the business by how far they came."""

from __future__ import annotations

from collections.abc import Sequence

from services.analytics import domain
from services.analytics.domain import Stage
from services.analytics.repository import CountingRepository
from services.common.contracts.base import Envelope
from services.common.contracts.messaging import MessageStatusChangedV1
from services.common.kit.uow import UnitOfWork


def run(envelopes: Sequence[Envelope], uow: UnitOfWork) -> None:
    """Follow the messages of a batch, each to the furthest stage that the batch tells of it."""
    events = [(domain.tenant_of(envelope), MessageStatusChangedV1.from_wire(envelope.data)) for envelope in envelopes]
    furthest = domain.greatest(
        ((tenant_id, event.message_id), domain.stage_of(event.status)) for tenant_id, event in events
    )
    CountingRepository(uow).follow_messages(
        {key: (None, stage) for key, stage in furthest.items() if stage is not Stage.NONE}
    )
