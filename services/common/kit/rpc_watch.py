"""Which services nobody serves at the moment, asked of the broker while somebody waits for them.

A request to a service that is down sits in its durable queue until it expires. Callers should not wait that long, and a
gateway whose threads all wait for one dead service is down itself.
"""

from __future__ import annotations

import time
from typing import Any

import amqp
from amqp import spec


class ServiceWatch:
    """Belongs to one connection and is used by its reading thread; only `is_away` is called by others."""

    PATIENCE = 1.0
    """Seconds that a call waits before its service is looked at: a quick restart costs no error."""
    _ANSWER_LIMIT = 1.0

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._channel: Any = None
        self._away: frozenset[str] = frozenset()

    def is_away(self, service: str) -> bool:
        """Whether the service had no consumer when last looked at. It is looked at again twice a second until it has."""
        return service in self._away

    def look(self, services: set[str]) -> None:
        """Ask for these services and for those known to be away. A broker that does not answer breaks the connection."""
        self._away = frozenset(service for service in services | self._away if self._consumers(service) == 0)

    def _consumers(self, service: str) -> int:
        if self._channel is None:
            self._channel = self._connection.channel()
        channel = self._channel
        try:
            # A passive declare changes nothing and tells the number of consumers.
            channel.send_method(
                spec.Queue.Declare, "BsbbbbbF", (0, f"rpc-{service}", True, False, False, False, False, {})
            )
            _name, _messages, consumers = self._answer(channel)
        except amqp.NotFound:  # the broker closes a channel that asks for an absent queue
            self._channel = None
            return 0
        return int(consumers)

    def _answer(self, channel: Any) -> Any:
        give_up_at = time.monotonic() + self._ANSWER_LIMIT
        while True:
            try:
                return channel.wait(spec.Queue.DeclareOk, returns_tuple=True)
            except TimeoutError:
                if time.monotonic() > give_up_at:
                    raise
