"""Keeps the revocations of this process up to date: a queue of its own, and the lists whenever it connects.

The queue lives as long as the connection. So it is bound first, then the lists are asked for; what happens in between
is heard afterwards, and hearing something twice changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gateway.bus import Rpc
from gateway.revocations import HEARD, Revocations
from services.common.contracts.auth import ListRevocations
from services.common.contracts.base import Envelope
from services.common.contracts.errors import Invalid, ServiceError
from services.common.contracts.tenants import ListSuspendedTenants
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.link import Link
from services.common.kit.logging import get_logger

log = get_logger(__name__)

_REFRESH_SECONDS = 300.0
"""Also what is no longer worth refusing is forgotten then."""
_RETRY_SECONDS = 2.0
_ANSWER_SECONDS = 3.0

_BY_NAME = {(event.SOURCE, event.TYPE): event for event in HEARD}


class Listener:
    """One connection and its reading thread. `open` is for after a fork."""

    def __init__(self, amqp_url: str, rpc: Rpc, revocations: Revocations) -> None:
        self._rpc = rpc
        self._revocations = revocations
        self._lists: dict[str, Callable[[], None]] = {"auth": self._ask_auth, "tenants": self._ask_tenants}
        self._due = dict.fromkeys(self._lists, 0.0)
        self._failing: set[str] = set()
        self._link = Link(amqp_url, "revocations", self._subscribe, self._note_loss, self.refresh)

    def open(self) -> None:
        """Begin, without waiting."""
        self._link.open()

    def close(self) -> None:
        """End for good."""
        self._link.close()

    def refresh(self) -> None:
        """Ask for the lists that are due."""
        for owner, ask in self._lists.items():
            if time.monotonic() >= self._due[owner]:
                self._due[owner] = time.monotonic() + (_REFRESH_SECONDS if self._asked(owner, ask) else _RETRY_SECONDS)

    def take(self, body: bytes) -> None:
        """One event from the queue. One that cannot be read is of a newer release, and not worth the connection."""
        try:
            envelope = Envelope.from_bytes(body)
            event = _BY_NAME[envelope.source, envelope.type].from_wire(envelope.data)
        except (Invalid, KeyError) as error:
            log.error("event_not_understood", error=str(error))  # noqa: TRY400  its text says all
        else:
            self._revocations.hear(event)
            log.info("access_changed", type=envelope.type, tenant_id=envelope.tenant_id)

    def _subscribe(self, channel: Any) -> None:
        queue = f"gateway.revocations-{ids.new_id()}"
        channel.auto_decode = False
        channel.queue_declare(queue, exclusive=True, auto_delete=True, durable=False)
        for source, kind in _BY_NAME:
            exchange = f"{source}.events"
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            channel.queue_bind(queue, exchange, kind)
        channel.basic_consume(queue, no_ack=True, callback=lambda message: self.take(message.body))
        self._due = dict.fromkeys(self._lists, 0.0)

    def _note_loss(self, _error: Exception) -> None:
        """What is known stays known; the lists tell the rest once we are connected again."""

    def _asked(self, owner: str, ask: Callable[[], None]) -> bool:
        try:
            ask()
        except ServiceError as error:
            if owner not in self._failing:
                log.warning("revocations_not_loaded", owner=owner, code=error.code)
            self._failing.add(owner)
            return False
        self._failing.discard(owner)
        return True

    def _ask_auth(self) -> None:
        self._revocations.load(self._rpc.call(ListRevocations(), Context.new(), _ANSWER_SECONDS).revocations)

    def _ask_tenants(self) -> None:
        told = self._rpc.call(ListSuspendedTenants(), Context.new(), _ANSWER_SECONDS)
        self._revocations.load_suspended(told.tenant_ids)
