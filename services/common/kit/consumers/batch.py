"""An event handler that takes many events at once: one transaction and one acknowledgement for up to 200 of them.

It has a connection of its own, because an acknowledgement "up to here" would also cover what others have in hand on a
shared one. When a batch fails it is replayed by halves, in the same order, until only the culprits are put off. A batch
that is simply too much at once (a time limit, the server's lock table) ends in smaller ones in the same way.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from functools import cached_property
from typing import Any

import eventlet
from nameko.exceptions import ContainerBeingKilled

from services.common.contracts.base import Envelope, Event
from services.common.contracts.errors import Invalid, Unavailable
from services.common.kit import inbox, runs
from services.common.kit.consumers.intake import Delivery, Intake
from services.common.kit.consumers.subscriber import Later, Subscriber
from services.common.kit.context import Context
from services.common.kit.database import is_infrastructure_error
from services.common.kit.logging import get_logger
from services.common.kit.runtime import runtime_of
from services.common.kit.uow import SYSTEM

log = get_logger(__name__)

_SIZE = 200
_BYTES = 8 * 1024 * 1024
"""A batch of large messages ends sooner: each is in memory several times over while it is worked on."""
_LINGER = 0.02
_PREFETCH = 2 * _SIZE
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_PATIENT_TRIES = 4
_DRAIN_LIMIT = 20.0
_PAUSE = 1.0

Item = tuple[Delivery, Envelope]


class _GivenBack(Exception):
    """The batch is not ours any more, or the process stops: the broker hands it out again."""


class BatchHandler(Subscriber):
    """`@on(Event, batch=True)`."""

    def __init__(self, event_class: type[Event]) -> None:
        super().__init__(event_class, SYSTEM)
        self._waiting: deque[Delivery] = deque()
        self._some = threading.Event()
        self._full = threading.Event()
        self._loop: Any = None

    @cached_property
    def intake(self) -> Intake:
        """Its own connection."""
        return self.bus.new_intake(f"batch-{self.method_name}", _PREFETCH)

    def setup(self) -> None:
        """Consume the handler's queue, with the next batch on its way while one is worked on."""
        self.check()
        self.intake.take_from(self.queue, self._arrived)

    def start(self) -> None:
        """Collect and work until stopped."""
        self._loop = self.container.spawn_managed_thread(self._work, identifier=f"batches {self.label}")
        self.intake.start()

    def stop(self) -> None:
        """Finish the batch in hand, give back the rest."""
        self.intake.stop_taking()
        self._some.set()
        self._full.set()
        self._loop.wait()
        self.intake.wait_until_settled(_DRAIN_LIMIT)
        self.intake.stop()

    def kill(self) -> None:
        """Disconnect at once."""
        self.intake.stop()

    def run(self, service: Any, batch: list[Delivery], done: threading.Event) -> None:
        """Settle every message of the batch."""
        try:
            with runs.observed(self.container.service_name, self.method_name, Context.new()) as run:
                run.outcome = self._settle(service, batch)
        finally:
            done.set()

    def crashed(self, _error: BaseException, batch: list[Delivery], done: threading.Event) -> None:
        """Nothing is known of any of them: the broker hands them out again, after a pause lest they come at once."""
        eventlet.sleep(_PAUSE)
        self._give_back(batch)
        done.set()

    def _arrived(self, delivery: Delivery) -> None:
        self._waiting.append(delivery)
        self._some.set()
        if len(self._waiting) >= _SIZE:
            self._full.set()

    def _work(self) -> None:
        while not self.intake.draining:
            batch = self._collect()
            if not batch:
                continue
            done = threading.Event()
            try:
                self.container.spawn_worker(self, (batch, done), {})
            except ContainerBeingKilled:
                return
            done.wait()
        self._give_back(list(self._waiting))

    def _collect(self) -> list[Delivery]:
        self._some.wait()
        if len(self._waiting) < _SIZE:
            self._full.wait(_LINGER)
        batch = self._next_batch()
        self._full.clear()
        if not self._waiting:
            self._some.clear()
        # What came over a connection that has broken since comes again over the new one.
        return [delivery for delivery in batch if delivery.is_ours]

    def _next_batch(self) -> list[Delivery]:
        batch: list[Delivery] = []
        size = 0
        while self._waiting and len(batch) < _SIZE and size < _BYTES:
            batch.append(self._waiting.popleft())
            size += len(batch[-1].body)
        return batch

    def _settle(self, service: Any, batch: list[Delivery]) -> str:
        try:
            items = [item for delivery in batch if (item := self._read(delivery)) is not None]
            return self._store_or_replay(service, items) if items else "ok"
        except _GivenBack:
            self._give_back(batch)
            return "given_back"

    def _read(self, delivery: Delivery) -> Item | None:
        if self.retries.too_early(delivery):
            return None
        try:
            return delivery, Envelope.from_bytes(delivery.body)
        except Invalid as error:
            self.retries.bury(delivery, error, "undecodable")
            return None

    def _store_or_replay(self, service: Any, items: list[Item]) -> str:
        try:
            self._patiently(items, lambda: self._store(service, items))
        except _GivenBack:
            raise
        except (Exception, eventlet.Timeout) as error:  # noqa: BLE001  one of them is to blame; find out which
            if len(items) == 1:
                self._put_off(items[0][0], error)
            else:
                log.warning("batch_failed_and_is_halved", queue=self.queue, size=len(items), error=repr(error)[:300])
                middle = len(items) // 2
                self._store_or_replay(service, items[:middle])
                self._store_or_replay(service, items[middle:])
            return "failed"
        self._ack([delivery for delivery, _ in items])
        return "ok"

    def _store(self, service: Any, items: list[Item]) -> None:
        envelopes = {envelope.id: envelope for _, envelope in items}
        database = runtime_of(self.container).resources.database
        with database.transaction(Context.new(), SYSTEM) as uow:
            fresh = inbox.claim(uow, envelopes, self.label)
            if fresh:
                known = [envelope for event_id, envelope in envelopes.items() if event_id in fresh]
                getattr(service, self.method_name)(known, uow)

    def _patiently(self, items: list[Item], store: Callable[[], None]) -> None:
        """Wait out the infrastructure with the messages in hand: given back at once they would come back at once.

        When the database answers and only this batch keeps failing, the batch is to blame.
        """
        pause, tries = _FIRST_WAIT, 0
        while True:
            tries += 1
            try:
                return store()
            except Exception as error:
                outage = isinstance(error, Unavailable) or is_infrastructure_error(error)
                if not outage or (tries >= _PATIENT_TRIES and self._database_answers()):
                    raise
                log.warning("batch_waits_for_infrastructure", queue=self.queue, seconds=pause, error=repr(error)[:300])
            eventlet.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT)
            if self.intake.draining or not items[0][0].is_ours:
                raise _GivenBack

    def _database_answers(self) -> bool:
        try:
            runtime_of(self.container).resources.database.ping()
        except Exception as error:  # noqa: BLE001  whatever it is, this is an outage
            log.info("database_does_not_answer", error=type(error).__name__)
            return False
        return True

    def _put_off(self, delivery: Delivery, error: BaseException) -> None:
        if isinstance(error, Later):
            self.retries.later(delivery, error.seconds, error.reason)
        else:
            self.retries.after_failure(delivery, error)

    def _ack(self, deliveries: list[Delivery]) -> None:
        """All before the last one are settled already or among these: batches are taken and settled in order."""
        last = deliveries[-1]
        if len(deliveries) == 1:
            last.ack()
        else:
            self.intake.settle_all(deliveries, last.channel, lambda channel: channel.basic_ack(last.tag, multiple=True))

    def _give_back(self, deliveries: list[Delivery]) -> None:
        for delivery in deliveries:
            if self.intake.holds(delivery):
                delivery.give_back()
