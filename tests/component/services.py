"""Containers of the product's own services on the broker of `AMQP_URL`, with nothing left over from earlier tests."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import amqp
import eventlet
import pytest

from services.common.contracts.base import Envelope
from services.common.kit.amqp_connection import connection_arguments
from services.common.kit.subscriptions import topology_of
from tests.component.kit.running import FAST_TIERS, Running


def broker_url() -> str:
    """Skips where there is no broker."""
    url = os.environ.get("AMQP_URL", "")
    if not url:
        pytest.skip("AMQP_URL names no broker")
    return url


@contextlib.contextmanager
def running(service: type, settings: Any, role: str = "all") -> Iterator[Running]:
    """A container of the service that consumes from empty queues."""
    empty_queues(service, settings.amqp_url)
    started = Running.started(settings, role, service)
    try:
        yield started
    finally:
        started.stop()
        empty_queues(service, settings.amqp_url)


def empty_queues(service: type, url: str) -> None:
    """Delete the service's queues; its container declares them anew."""
    topology = topology_of(service, {"retry_tiers": FAST_TIERS})
    names = [f"rpc-{topology.service}", topology.dead_letters, *(part.queue for part in topology.subscriptions)]
    names += [topology.retry(tier) for tier in topology.tiers]
    with amqp.Connection(**connection_arguments(url), connect_timeout=5) as connection:
        for name in names:
            with contextlib.suppress(amqp.NotFound), connection.channel() as channel:
                channel.queue_delete(name)


class Ear:
    """A queue of the test's own: hears what is published from now on."""

    def __init__(self, url: str, exchange: str, *routing_keys: str) -> None:
        self._connection = amqp.Connection(**connection_arguments(url), connect_timeout=5)
        self._connection.connect()
        self._channel = self._connection.channel()
        self._channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
        self._queue = self._channel.queue_declare(exclusive=True, auto_delete=True).queue
        for key in routing_keys:
            self._channel.queue_bind(self._queue, exchange, key)

    def hear(self, tenant_id: str, count: int, limit: float = 5.0) -> list[bytes]:
        """The bodies of events of a tenant: as soon as there are so many, or what there is at the limit."""
        bodies: list[bytes] = []
        give_up_at = time.monotonic() + limit
        while len(bodies) < count and time.monotonic() < give_up_at:
            message = self._channel.basic_get(self._queue, no_ack=True)
            if message is None:
                eventlet.sleep(0.02)
                continue
            body = message.body.encode() if isinstance(message.body, str) else bytes(message.body)
            if Envelope.from_bytes(body).tenant_id == tenant_id:
                bodies.append(body)
        return bodies

    def close(self) -> None:
        """The queue goes with the connection."""
        self._connection.close()


def eventually(check: Callable[[], Any], limit: float = 10.0) -> None:
    """Wait until the check holds."""
    with eventlet.Timeout(limit, AssertionError(f"not within {limit} s")):
        while not check():
            eventlet.sleep(0.05)
