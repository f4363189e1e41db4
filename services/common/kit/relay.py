"""The relay: hands the outbox to the broker. One greenthread in each process of a service.

Rows are locked, published, and marked once the broker has confirmed them. If the process dies in between they are
published again; consumers know the ids that they have seen.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import prometheus_client

from services.common.kit import clock, housekeeping, metrics, outbox
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.logging import get_logger
from services.common.kit.publisher import BusUnavailable, Outcome, Outgoing
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)

_PARKED = prometheus_client.Counter(
    "outbox_events_parked_total", "Times an event found no queue to take it", ["service", "type"]
)
_LONGEST_TRANSACTION = timedelta(hours=1)
_FAST_CLOCK = timedelta(hours=1)


class BatchPublisher(Protocol):
    """The part of `ConfirmedPublisher` that the relay needs."""

    def publish_many(self, messages: Sequence[Outgoing], timeout: float = 5.0) -> list[Outcome]:
        """One outcome for each message, in order, within the timeout."""
        ...


@dataclass(frozen=True, slots=True)
class RelayOptions:
    """How much at once, and how often. Times in seconds."""

    batch: int = 500
    poll: float = 0.5
    """The net under the wake-up: another process's events, or a wake-up that was lost."""
    confirm_limit: float = 5.0
    """Also bounds the transaction that holds the rows."""
    first_delay: float = 0.2
    longest_delay: float = 2.0
    sweep: float = 30.0
    """How often to try what no queue took, and to look for the oldest event that waits."""
    housekeeping: float = 600.0


class Relay:
    """`run` in a greenthread of its own; `wake` and `stop` from anywhere."""

    def __init__(self, database: Database, publisher: BatchPublisher, options: RelayOptions | None = None) -> None:
        self._database = database
        self._publisher = publisher
        self._options = options or RelayOptions()
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._since: datetime | None = None
        self._next_sweep = 0.0
        self._next_housekeeping = 0.0
        database.on_stored_events(self.wake)

    def wake(self) -> None:
        """There is something to publish."""
        self._awake.set()

    def stop(self) -> None:
        """Let `run` end after the batch in hand."""
        self._stopping.set()
        self._awake.set()

    def run(self) -> None:
        """Publish until stopped. Whatever happens to the broker or the database, it goes on."""
        failures = 0
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                self.publish_waiting(self._options.batch, first=self._options.batch if failures == 0 else 1)
                self._look_after_the_rest()
            except Exception as error:  # noqa: BLE001  an outage must not end the relay
                self._back_off(error, failures)
                failures += 1
            else:
                failures = 0
                self._awake.wait(self._options.poll)

    def publish_waiting(self, batch: int, first: int | None = None) -> int:
        """Publish all that waits, a batch at a time; return how many. Raises when broker or database are away.

        `first` makes the first batch smaller: one event shows as well as many whether an outage is over.
        """
        total, size = 0, first or batch
        since = self._since or self._find_oldest()
        while (count := self._publish_next(since, size)) > 0:
            total += count
            if count < size or self._stopping.is_set():
                break
            size = batch
        return total

    def retry_parked(self) -> int:
        """Try once more what no queue took before; return how many were tried."""
        before = clock.now() - timedelta(seconds=self._options.sweep)
        return self._publish_batch(lambda uow: outbox.take_parked(uow.session, before, self._options.batch))

    def lag(self) -> float:
        """For how many seconds the oldest event has waited; 0 when none does. What no queue takes does not count."""
        with self._database.transaction(Context.new(), SYSTEM, read_only=True) as uow:
            oldest = outbox.waiting_since(uow.session)
        return 0.0 if oldest is None else max((clock.now() - oldest).total_seconds(), 0.0)

    def _publish_next(self, since: datetime, size: int) -> int:
        return self._publish_batch(lambda uow: _take(uow, since, size))

    def _publish_batch(self, take: Callable[[UnitOfWork], list[outbox.Pending]]) -> int:
        with self._database.transaction(Context.new(), SYSTEM) as uow:
            events = take(uow)
            outcomes = self._publisher.publish_many([_outgoing(event) for event in events], self._options.confirm_limit)
            became = list(zip(events, outcomes, strict=True))
            unroutable = [event for event, outcome in became if outcome is Outcome.UNROUTABLE]
            outbox.mark_parked(uow.session, unroutable)
            outbox.mark_published(uow.session, [event for event, outcome in became if outcome is Outcome.CONFIRMED])
        self._report_parked(unroutable)
        if Outcome.UNAVAILABLE in outcomes:
            raise BusUnavailable
        return len(events)

    def _report_parked(self, events: Sequence[outbox.Pending]) -> None:
        for kind, count in Counter(event.routing_key for event in events).items():
            _PARKED.labels(self._database.service, kind).inc(count)
            log.error("event_unroutable", service=self._database.service, type=kind, count=count)

    def _look_after_the_rest(self) -> None:
        now = clock.epoch()
        if now >= self._next_sweep:
            self._next_sweep = now + self._options.sweep
            self._since = self._find_oldest()
            metrics.outbox_lag(self._database.service, self.lag())
            self.retry_parked()
        if now >= self._next_housekeeping:
            self._next_housekeeping = now + self._options.housekeeping
            housekeeping.tidy(self._database)

    def _find_oldest(self) -> datetime:
        """From when on to look for waiting events: the oldest, or what a long transaction may still bring."""
        with self._database.transaction(Context.new(), SYSTEM, read_only=True) as uow:
            return min(outbox.waiting_since(uow.session) or uow.now, uow.now - _LONGEST_TRANSACTION)

    def _back_off(self, error: Exception, failures: int) -> None:
        # A wake-up must not cut this short: each commit would try the broker that is away.
        delay = min(self._options.first_delay * 2 ** min(failures, 8), self._options.longest_delay)
        if isinstance(error, BusUnavailable):
            log.warning("relay_waits_for_broker", service=self._database.service, seconds=delay)
        else:
            log.warning("relay_failed", service=self._database.service, seconds=delay, exc_info=error)
        self._stopping.wait(delay)


def _take(uow: UnitOfWork, since: datetime, batch: int) -> list[outbox.Pending]:
    return outbox.take(uow.session, since, uow.now + _FAST_CLOCK, batch)


def _outgoing(event: outbox.Pending) -> Outgoing:
    return Outgoing(
        exchange=event.exchange,
        routing_key=event.routing_key,
        body=event.body,
        headers=dict(event.headers),
        message_id=event.event_id,
        mandatory=event.mandatory,
    )
