"""An event handler that takes one event at a time: inbox mark and effect in one transaction, acknowledged after it."""

from __future__ import annotations

from typing import Any

import eventlet

from services.common.contracts.base import Envelope, Event
from services.common.contracts.errors import Invalid, Unavailable
from services.common.kit import inbox, runs
from services.common.kit.begin import Begin
from services.common.kit.bus import MessageEntrypoint
from services.common.kit.consumers.intake import Delivery
from services.common.kit.consumers.subscriber import Later, Subscriber, context_of
from services.common.kit.database import is_infrastructure_error
from services.common.kit.runtime import runtime_of
from services.common.kit.uow import Scope

_WAITS_IN_PLACE = (0.2, 0.5, 1.0)
"""A database that restarts is back soon; until then this worker's messages need no tour of the retry queues."""


class EventHandler(Subscriber, MessageEntrypoint):
    """`@on(Event)`."""

    def __init__(self, event_class: type[Event], scope: Scope, *, steps: bool) -> None:
        super().__init__(event_class, scope)
        self.steps = steps

    def setup(self) -> None:
        """Consume the handler's queue."""
        self.check()
        self.bus.deliver(self.queue, lambda _delivery: self)

    def crashed(self, error: BaseException, delivery: Delivery) -> None:
        """Something around the handler broke: as if the handler had failed."""
        self.retries.after_failure(delivery, error)

    def handle(self, service: Any, delivery: Delivery) -> None:
        """Every path through here settles the delivery."""
        if self.retries.too_early(delivery):
            return
        try:
            envelope = Envelope.from_bytes(delivery.body)
            event = self.event_class.from_wire(envelope.data)
        except Invalid as error:
            self.retries.bury(delivery, error, "undecodable")
            return
        context = context_of(envelope, delivery)
        with runs.observed(self.container.service_name, self.method_name, context) as run:
            run.outcome = self._settle(service, delivery, envelope, event)
            run.prominent = run.outcome != "ok"

    def _settle(self, service: Any, delivery: Delivery, envelope: Envelope, event: Event) -> str:
        try:
            self._attempt(service, delivery, envelope, event)
        except Later as later:
            self.retries.later(delivery, later.seconds, later.reason)
            return "later"
        except (Exception, eventlet.Timeout) as error:  # noqa: BLE001  all that a handler raises ends in a retry queue
            if isinstance(error, Unavailable) or is_infrastructure_error(error):
                self.retries.after_outage(delivery, error)
                return "infrastructure"
            self.retries.after_failure(delivery, error)
            return "failed"
        delivery.ack()
        return "ok"

    def _attempt(self, service: Any, delivery: Delivery, envelope: Envelope, event: Event) -> None:
        for pause in _WAITS_IN_PLACE:
            try:
                self._call(service, delivery, envelope, event)
            except Exception as error:
                if not is_infrastructure_error(error) or self.bus.intake.draining:
                    raise
                eventlet.sleep(pause)
            else:
                return
        self._call(service, delivery, envelope, event)

    def _call(self, service: Any, delivery: Delivery, envelope: Envelope, event: Event) -> None:
        method = getattr(service, self.method_name)
        database = runtime_of(self.container).resources.database
        context = context_of(envelope, delivery)
        if self.steps:
            method(event, Begin(database, context, self.scope, envelope, lambda: bool(self.container.stopping)))
            return
        with database.transaction(context, self.scope, envelope=envelope) as uow:
            if inbox.claim(uow, [envelope.id], self.label):
                method(event, uow)
