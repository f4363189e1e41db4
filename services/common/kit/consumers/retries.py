"""What becomes of a message that could not be handled: later, again, or the dead-letter queue.

A copy goes to its next place with a confirm, then the original is acknowledged: for a moment there may be both, never
none. The count of attempts is ours: RabbitMQ 4 ignores an `x-death` header that a client publishes.
"""

from __future__ import annotations

from typing import Any

import eventlet

from services.common.kit import clock, metrics
from services.common.kit.consumers.intake import Delivery
from services.common.kit.consumers.marks import (
    ATTEMPTS,
    DEAD_AT,
    FIRST_FAILED_AT,
    LAST_ERROR,
    NOT_BEFORE,
    ORIGIN,
    REASON,
    WAITS,
)
from services.common.kit.logging import get_logger
from services.common.kit.publisher import BusUnavailable, ConfirmedPublisher, Outgoing, Unroutable
from services.common.kit.topology import Topology

log = get_logger(__name__)

_LONGEST_ERROR = 300
_LONGEST_WAIT_TIER = 2
_PATIENCE = 5.0
_PAUSE = 1.0
_EARLY_BY = 0.5


class Retries:
    """One per container. Each method settles the delivery that it is given."""

    def __init__(self, topology: Topology, publisher: ConfirmedPublisher) -> None:
        self._topology = topology
        self._publisher = publisher

    def after_failure(self, delivery: Delivery, error: BaseException) -> None:
        """The message's own fault, as far as one can tell: to the next tier, after the last to the dead letters."""
        attempts = int(delivery.headers.get(ATTEMPTS, 0)) + 1
        headers = {**delivery.headers, **_failure(delivery, error), ATTEMPTS: str(attempts)}
        if attempts > len(self._topology.tiers):
            self._bury(delivery, headers, "failed too often")
            return
        seconds = self._topology.tiers[attempts - 1]
        self._note(delivery, "failed")
        log.warning("message_failed", queue=delivery.queue, attempt=attempts, again_in=seconds, exc_info=error)
        self._put_off(delivery, headers, seconds)

    def after_outage(self, delivery: Delivery, error: BaseException) -> None:
        """Nobody's fault but that of the infrastructure: wait in a tier without using up an attempt."""
        waits = int(delivery.headers.get(WAITS, 0)) + 1
        seconds = self._topology.tiers[min(waits - 1, _LONGEST_WAIT_TIER, len(self._topology.tiers) - 1)]
        self._note(delivery, "infrastructure")
        log.warning("message_waits_for_infrastructure", queue=delivery.queue, again_in=seconds, error=_short(error))
        self._put_off(delivery, {**delivery.headers, WAITS: str(waits)}, seconds)

    def later(self, delivery: Delivery, seconds: float, reason: str) -> None:
        """The handler asked for it: not before then, no attempt used up."""
        self._note(delivery, "later")
        log.info("message_put_off", queue=delivery.queue, seconds=seconds, reason=reason)
        self._until(delivery, clock.epoch() + seconds)

    def too_early(self, delivery: Delivery) -> bool:
        """Send a message on to its next tier if its time has not come: tiers are few, so a delay is made of several."""
        not_before = float(delivery.headers.get(NOT_BEFORE, 0))
        if not_before - clock.epoch() <= _EARLY_BY:
            return False
        self._until(delivery, not_before)
        return True

    def bury(self, delivery: Delivery, error: BaseException, reason: str) -> None:
        """It can never be handled: to the dead-letter queue at once."""
        self._bury(delivery, {**delivery.headers, **_failure(delivery, error)}, reason)

    def _until(self, delivery: Delivery, instant: float) -> None:
        seconds = self._topology.tier_of(instant - clock.epoch())
        self._put_off(delivery, {**delivery.headers, NOT_BEFORE: str(instant)}, seconds)

    def _put_off(self, delivery: Delivery, headers: dict[str, Any], seconds: int) -> None:
        self._move(delivery, headers, self._topology.retry(seconds), delivery.queue)

    def _bury(self, delivery: Delivery, headers: dict[str, Any], reason: str) -> None:
        metrics.dead_letters(self._topology.service, delivery.queue)
        log.error("message_dead_lettered", queue=delivery.queue, reason=reason, error=headers.get(LAST_ERROR))
        marks = {ORIGIN: delivery.queue, REASON: reason, DEAD_AT: clock.now().isoformat()}
        self._move(delivery, {**headers, **marks}, "", self._topology.dead_letters)

    def _move(self, delivery: Delivery, headers: dict[str, Any], exchange: str, routing_key: str) -> None:
        if not delivery.is_ours:
            return  # it comes again by itself; a copy would double it
        message_id = str(delivery.properties.get("message_id") or "")
        try:
            self._publisher.publish(Outgoing(exchange, routing_key, delivery.body, headers, message_id), _PATIENCE)
        except (BusUnavailable, Unroutable) as error:
            log.warning("message_not_moved", queue=delivery.queue, to=routing_key, error=_short(error))
            eventlet.sleep(_PAUSE)  # given back at once it would come back at once
            delivery.give_back()
        else:
            delivery.ack()

    def _note(self, delivery: Delivery, reason: str) -> None:
        metrics.retries(self._topology.service, delivery.queue, reason)


def _failure(delivery: Delivery, error: BaseException) -> dict[str, str]:
    return {
        FIRST_FAILED_AT: str(delivery.headers.get(FIRST_FAILED_AT) or clock.now().isoformat()),
        LAST_ERROR: _short(error),
    }


def _short(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
