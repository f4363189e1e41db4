"""What the entrypoints of one container share: the intake connection, and the way from a message to a worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

import eventlet
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import SharedExtension

from services.common.kit import metrics
from services.common.kit.amqp_connection import queue_counts
from services.common.kit.consumers.intake import Delivery, Intake
from services.common.kit.container import KitEntrypoint, QuietlyBound
from services.common.kit.logging import get_logger
from services.common.kit.subscriptions import topology_of
from services.common.kit.topology import Topology

log = get_logger(__name__)

_DRAIN_LIMIT = 20.0
_COUNT_EVERY = 15.0


class Bus(QuietlyBound, SharedExtension):
    """The connection over which RPC requests and single events come in."""

    def __init__(self) -> None:
        super().__init__()
        self.intakes: list[Intake] = []
        self._next_count = 0.0

    @cached_property
    def topology(self) -> Topology:
        """Declared whole by every process of the service, whatever it consumes itself."""
        return topology_of(self.container.service_cls, self.container.config)

    @cached_property
    def intake(self) -> Intake:
        """Made on first use: Nameko sets all extensions up at once, in no order."""
        intake = self.new_intake("intake", self.container.max_workers)
        intake.look_also(self._count_dead_letters)
        return intake

    def new_intake(self, name: str, prefetch: int) -> Intake:
        """A further connection, for who needs a channel alone."""
        intake = Intake(self.container.config["AMQP_URI"], name, prefetch, self.topology.declare)
        self.intakes.append(intake)
        return intake

    def deliver(self, queue: str, entrypoint_of: Callable[[Delivery], KitEntrypoint | None]) -> None:
        """Hand each message of a queue to a worker that runs the entrypoint; None means that it was dealt with."""
        self.intake.take_from(queue, partial(self._hand_over, entrypoint_of))

    def start(self) -> None:
        """Connect and consume; without a queue to consume, the connection serves to declare the topology."""
        self.intake.start()

    def stop_taking(self) -> None:
        """For the entrypoints, which all stop at once; the first one acts."""
        self.intake.stop_taking()

    def stop(self) -> None:
        """All workers have finished: let the last acknowledgements out and disconnect."""
        if not self.intake.wait_until_settled(_DRAIN_LIMIT):
            log.warning("stopped_with_messages_in_hand", messages=self.intake.in_hand)
        self.intake.stop()

    def kill(self) -> None:
        """Disconnect at once; the broker takes back what is in hand."""
        self.intake.stop()

    def _count_dead_letters(self, channel: Any) -> None:
        if time.monotonic() >= self._next_count:
            self._next_count = time.monotonic() + _COUNT_EVERY
            waiting, _ = queue_counts(channel, self.topology.dead_letters)
            metrics.waiting_dead_letters(self.container.service_name, waiting)

    def _hand_over(self, entrypoint_of: Callable[[Delivery], KitEntrypoint | None], delivery: Delivery) -> None:
        """On the reading greenthread, which must never wait for a worker: heartbeats and other queues hang on it."""
        entrypoint = entrypoint_of(delivery)
        if entrypoint is None:
            return
        if self.container.has_free_worker:
            self._spawn(entrypoint, delivery)
        else:
            self.container.spawn_managed_thread(partial(self._spawn, entrypoint, delivery))

    def _spawn(self, entrypoint: KitEntrypoint, delivery: Delivery) -> None:
        try:
            self.container.spawn_worker(entrypoint, (delivery,), {})
        except ContainerBeingKilled:
            delivery.give_back()
        except (Exception, eventlet.Timeout) as error:
            log.exception("worker_not_started", entrypoint=entrypoint.label)
            entrypoint.crashed(error, delivery)


class MessageEntrypoint(KitEntrypoint):
    """An entrypoint fired by a message from the shared intake."""

    bus = Bus()

    def stop(self) -> None:
        """The container stops all entrypoints first, then waits for the workers."""
        self.bus.stop_taking()

    def run(self, service: Any, delivery: Delivery) -> None:
        """Give back what waited for a worker until the process was told to stop: another replica has time for it."""
        if self.bus.intake.draining:
            delivery.give_back()
        else:
            self.handle(service, delivery)

    def handle(self, service: Any, delivery: Delivery) -> None:
        """Do the work and settle the message."""
        raise NotImplementedError
