"""Which services nobody serves at the moment, asked of the broker while somebody waits for them.

A request to a service that is down sits in its durable queue until it expires. Callers should not wait that long, and a
gateway whose threads all wait for one dead service is down itself.
"""

from __future__ import annotations

from typing import Any

import amqp

from services.common.kit.amqp_connection import queue_counts


class ServiceWatch:
    """Belongs to one connection and is used by its reading thread; only `is_away` is called by others."""

    PATIENCE = 1.0
    """Seconds that a call waits before its service is looked at: a quick restart costs no error."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._channel: Any = None
        self._away: frozenset[str] = frozenset()

    def is_away(self, service: str) -> bool:
        """Whether the service had no consumer when last looked at, which is twice a second while it has none."""
        return service in self._away

    def look(self, services: set[str]) -> set[str]:
        """Ask for these services and for those known to be away; return those of whom requests lie there untaken.

        A service that stops has no consumer any more but still answers what it took. A broker that does not answer
        breaks the connection.
        """
        seen = {service: self._messages_and_consumers(service) for service in services | self._away}
        self._away = frozenset(service for service, (_, consumers) in seen.items() if not consumers)
        return {service for service in self._away if seen[service][0]}

    def _messages_and_consumers(self, service: str) -> tuple[int, int]:
        if self._channel is None:
            self._channel = self._connection.channel()
        try:
            return queue_counts(self._channel, f"rpc-{service}")
        except amqp.NotFound:  # the broker closes a channel that asks for an absent queue
            self._channel = None
            return 1, 0
