"""A look at the broker from outside, for tests."""

from __future__ import annotations

import contextlib
from typing import Any

import amqp

from services.common.kit.amqp_connection import connection_arguments
from services.common.kit.subscriptions import topology_of
from services.common.kit.topology import Topology
from tests.component.kit.running import FAST_TIERS
from tests.component.kit.sample import SampleService

TOPOLOGY: Topology = topology_of(SampleService, {"retry_tiers": FAST_TIERS})


class Broker:
    """Counts, takes and deletes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._connection: Any = None

    @property
    def channel(self) -> Any:
        """A channel; a new one when the last was closed by an error."""
        if self._connection is None or not self._connection.connected:
            self._connection = amqp.Connection(**connection_arguments(self.url), connect_timeout=5)
            self._connection.connect()
        return self._connection.channel()

    def declare(self) -> None:
        """What the sample service declares, without the service."""
        with self.channel as channel:
            TOPOLOGY.declare(channel)

    def count(self, queue: str) -> int:
        """Messages ready in a queue."""
        with self.channel as channel:
            return int(channel.queue_declare(queue, passive=True).message_count)

    def take(self, queue: str) -> Any:
        """One message out of a queue, or None."""
        with self.channel as channel:
            return channel.basic_get(queue, no_ack=True)

    def forget(self, service: str) -> None:
        """Delete the sample's queues and exchanges."""
        names = [f"rpc-{service}", TOPOLOGY.dead_letters, *(part.queue for part in TOPOLOGY.subscriptions)]
        names += [TOPOLOGY.retry(tier) for tier in TOPOLOGY.tiers]
        for name in names:
            with contextlib.suppress(amqp.AMQPError), self.channel as channel:
                channel.queue_delete(name)
        for name in (f"{service}.events", *(TOPOLOGY.retry(tier) for tier in TOPOLOGY.tiers)):
            with contextlib.suppress(amqp.AMQPError), self.channel as channel:
                channel.exchange_delete(name)

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            with contextlib.suppress(OSError, amqp.AMQPError):  # a test may have ended the broker in between
                self._connection.close()
