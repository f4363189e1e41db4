"""Queues of the system's broker, seen from outside: made, filled, counted, emptied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

from services.common.kit.amqp_connection import connect, queue_counts, shut
from services.common.kit.publisher import ConfirmedPublisher, Outcome, Outgoing

EXCHANGE = "bench"
KEY = "bench.webhook"

_AT_ONCE = 1000


class Broker:
    """A fresh connection for each call: it is not part of what is measured."""

    def __init__(self, amqp_url: str) -> None:
        self._url = amqp_url

    def make_queue(self, queue: str, exchange: str, key: str) -> None:
        """Declare a durable quorum queue and bind it."""
        with self._channel() as channel:
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            channel.queue_declare(queue, durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
            channel.queue_bind(queue, exchange, key)

    def purge(self, queue: str) -> int:
        """Empty a queue that nobody consumes; return how many messages were in it."""
        with self._channel() as channel:
            return int(channel.queue_purge(queue))

    def waiting(self, queue: str) -> int:
        """Messages that no consumer holds."""
        with self._channel() as channel:
            return queue_counts(channel, queue)[0]

    def fill(self, messages: Iterable[Outgoing]) -> None:
        """Publish with confirms, many at once. Raises when one does not arrive."""
        remaining = iter(messages)
        with closing(ConfirmedPublisher(self._url)) as publisher:
            while chunk := list(islice(remaining, _AT_ONCE)):
                outcomes = set(publisher.publish_many(chunk, timeout=30.0))
                if outcomes != {Outcome.CONFIRMED}:
                    raise RuntimeError(f"The broker has not taken everything: {outcomes}.")

    def version(self) -> str:
        """The broker's own word."""
        with self._channel() as channel:
            return str(channel.connection.server_properties["version"])

    @contextmanager
    def _channel(self) -> Iterator[Any]:
        connection = connect(self._url, lambda _blocked: None)
        try:
            yield connection.channel()
        finally:
            shut(connection)
            connection.collect()
