"""Names and delays of the queues."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.kit.topology import Subscription, Topology

TOPOLOGY = Topology("bookings", (Subscription("tenants", "salon.created.v1", "bookings", "on_salon_created_v1"),))


class Recorder:
    """A channel that notes what it is asked to declare."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[str, Any]] = {}
        self.exchanges: dict[str, str] = {}
        self.bindings: list[tuple[str, str, str]] = []

    def queue_declare(self, name: str, arguments: dict[str, Any], **_flags: bool) -> None:
        self.queues[name] = arguments

    def exchange_declare(self, name: str, kind: str, **_flags: bool) -> None:
        self.exchanges[name] = kind

    def queue_bind(self, queue: str, exchange: str, routing_key: str = "") -> None:
        self.bindings.append((queue, exchange, routing_key))


@pytest.mark.parametrize(
    ("seconds", "tier"), [(-3, 1), (0, 1), (0.4, 1), (1, 1), (4.9, 1), (5, 5), (45, 30), (599, 120), (3600, 600)]
)
def test_a_delay_takes_the_longest_tier_that_does_not_overshoot(seconds: float, tier: int) -> None:
    assert TOPOLOGY.tier_of(seconds) == tier


def test_a_service_declares_all_that_it_needs() -> None:
    channel = Recorder()
    TOPOLOGY.declare(channel)
    queue = "evt-tenants-salon.created.v1--bookings.on_salon_created_v1"
    tiers = [f"bookings.retry.{seconds}s" for seconds in (1, 5, 30, 120, 600)]
    assert set(channel.queues) == {queue, "bookings.dlq", *tiers}
    assert {"bookings.events", "tenants.events"} <= set(channel.exchanges)
    assert (queue, "tenants.events", "salon.created.v1") in channel.bindings
    assert all(arguments["x-queue-type"] == "quorum" for arguments in channel.queues.values())
    assert channel.queues[queue]["x-dead-letter-routing-key"] == "bookings.dlq"


def test_a_retry_queue_returns_a_message_to_where_its_key_says() -> None:
    channel = Recorder()
    TOPOLOGY.declare(channel)
    arguments = channel.queues["bookings.retry.30s"]
    assert (arguments["x-message-ttl"], arguments["x-dead-letter-exchange"]) == (30_000, "")
    assert "x-dead-letter-routing-key" not in arguments
    assert channel.exchanges["bookings.retry.30s"] == "fanout"
