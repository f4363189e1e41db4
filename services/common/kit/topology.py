"""The exchanges and queues of one service, derived from its entrypoints and declared before anything is consumed.

    <source>.events                    topic exchange of each publishing service (Nameko's name)
    evt-<source>-<type>--<svc>.<method>  one quorum queue for each handler (Nameko's name)
    <svc>.retry.<seconds>              fanout exchange and quorum queue: after that time back to where the key says
    <svc>.dlq                          what was given up, for people to look at

The retry queues are shared by all handlers of a service: a message is published to a tier with its own queue's name as
routing key, and the tier dead-letters it through the default exchange, which routes by that key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.common.kit.outbox import exchange_of

DEFAULT_TIERS = (1, 5, 30, 120, 600)

_CRASHES_BEFORE_GIVING_UP = 50
_LOOKS_AT_A_DEAD_LETTER = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Subscription:
    """One handler's interest in one type of event."""

    source: str
    type: str
    service: str
    method: str

    @property
    def queue(self) -> str:
        """The name is a contract: renaming a handler leaves a queue behind that fills up."""
        return f"evt-{self.source}-{self.type}--{self.service}.{self.method}"


@dataclass(frozen=True, slots=True)
class Topology:
    """What one service needs on the broker."""

    service: str
    subscriptions: tuple[Subscription, ...]
    tiers: tuple[int, ...] = DEFAULT_TIERS

    @property
    def dead_letters(self) -> str:
        """The queue of what was given up."""
        return dead_letter_queue(self.service)

    def retry(self, seconds: int) -> str:
        """The exchange and queue of one tier."""
        return f"{self.service}.retry.{seconds}s"

    def tier_of(self, seconds: float) -> int:
        """The longest tier that does not overshoot; the shortest one for anything less."""
        return max((tier for tier in self.tiers if tier <= seconds), default=self.tiers[0])

    def declare(self, channel: Any) -> None:
        """Create what is missing. Raises when something exists with other properties."""
        channel.exchange_declare(exchange_of(self.service), "topic", durable=True, auto_delete=False)
        # RabbitMQ 4 would drop a letter that has been looked at 20 times.
        _queue(channel, self.dead_letters, {"x-delivery-limit": _LOOKS_AT_A_DEAD_LETTER})
        for seconds in self.tiers:
            self._declare_tier(channel, seconds)
        for subscription in self.subscriptions:
            self._declare_subscription(channel, subscription)

    def _declare_tier(self, channel: Any, seconds: int) -> None:
        name = self.retry(seconds)
        channel.exchange_declare(name, "fanout", durable=True, auto_delete=False)
        _queue(channel, name, {"x-message-ttl": seconds * 1000, **_dead_letter_safely()})
        channel.queue_bind(name, name)

    def _declare_subscription(self, channel: Any, subscription: Subscription) -> None:
        exchange = exchange_of(subscription.source)
        channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
        # The limit is for messages that take the whole process down; failures have their own count (see consumers).
        limits = {"x-delivery-limit": _CRASHES_BEFORE_GIVING_UP, "x-dead-letter-routing-key": self.dead_letters}
        _queue(channel, subscription.queue, {**limits, **_dead_letter_safely()})
        channel.queue_bind(subscription.queue, exchange, subscription.type)


def dead_letter_queue(service: str) -> str:
    """The queue of what a service gave up."""
    return f"{service}.dlq"


def _dead_letter_safely() -> dict[str, Any]:
    """Through the default exchange, and the source keeps its copy until the target queue has confirmed."""
    return {"x-dead-letter-exchange": "", "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}


def _queue(channel: Any, name: str, arguments: dict[str, Any]) -> None:
    channel.queue_declare(
        name, durable=True, exclusive=False, auto_delete=False, arguments={"x-queue-type": "quorum", **arguments}
    )
