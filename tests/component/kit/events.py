"""Publishing the sample's events from outside, as a relay would."""

from __future__ import annotations

from services.common.contracts.base import Envelope, Event
from services.common.contracts.codec import instant_to_wire
from services.common.kit import clock
from services.common.kit.ids import new_id
from services.common.kit.outbox import exchange_of
from services.common.kit.publisher import Outgoing


def outgoing(event: Event, tenant_id: str, event_id: str | None = None) -> Outgoing:
    """The message of an event; with an id given, a duplicate."""
    envelope = Envelope(
        id=event_id or new_id(),
        type=event.TYPE,
        occurred_at=instant_to_wire(clock.now()),
        tenant_id=tenant_id,
        source=event.SOURCE,
        correlation_id=None,
        causation_id=None,
        data=event.to_wire(),
    )
    return Outgoing(exchange_of(event.SOURCE), event.TYPE, envelope.to_bytes(), {}, envelope.id)
