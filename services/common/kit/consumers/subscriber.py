"""What both kinds of event handler have in common: a queue, a way to put messages off, the context of an event."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from services.common.contracts.base import Envelope, Event
from services.common.kit.bus import Bus
from services.common.kit.consumers.intake import Delivery
from services.common.kit.consumers.retries import Retries
from services.common.kit.container import EVENTS, KitEntrypoint
from services.common.kit.context import Context
from services.common.kit.runtime import runtime_of
from services.common.kit.topology import Subscription
from services.common.kit.uow import Scope


class Later(Exception):
    """Raised by a handler: not now, but in so many seconds. It does not count as an attempt."""

    def __init__(self, seconds: float, reason: str) -> None:
        super().__init__(seconds, reason)
        self.seconds = seconds
        self.reason = reason


class Subscriber(KitEntrypoint):
    """Base of both kinds of event handler: which queue, and what surrounds a message."""

    ROLE = EVENTS
    bus = Bus()

    def __init__(self, event_class: type[Event], scope: Scope, **options: Any) -> None:
        super().__init__(**options)
        self.event_class = event_class
        self.scope = scope

    @property
    def queue(self) -> str:
        """This handler's own queue."""
        service = self.container.service_name
        return Subscription(self.event_class.SOURCE, self.event_class.TYPE, service, self.method_name).queue

    @cached_property
    def retries(self) -> Retries:
        """Made on first use, since it needs the bound runtime."""
        return Retries(self.bus.topology, runtime_of(self.container).resources.publisher)

    def check(self) -> None:
        """The publisher marks an event as mandatory by who is meant to consume it, so that must be true."""
        if self.container.service_name not in self.event_class.CONSUMED_BY:
            msg = f"{self.event_class.__name__} does not name {self.container.service_name} in consumed_by"
            raise TypeError(msg)


def context_of(envelope: Envelope, delivery: Delivery) -> Context:
    """The request's trace goes on; tenant and cause are those of the event; no deadline and no key of a caller."""
    return Context.from_headers(delivery.headers).child(
        correlation_id=envelope.correlation_id,
        causation_id=envelope.id,
        tenant_id=envelope.tenant_id,
        deadline=None,
        idempotency_key=None,
    )
