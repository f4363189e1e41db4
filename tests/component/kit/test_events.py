"""Events: each effect once, failures put off, hopeless ones kept for people to look at."""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy.exc
from psycopg2 import OperationalError

from services.common.contracts.errors import Unavailable
from services.common.kit.consumers.marks import ATTEMPTS, LAST_ERROR, ORIGIN, REASON
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from services.common.kit.rpc import RpcClient
from tests.component.kit.broker import TOPOLOGY, Broker
from tests.component.kit.events import outgoing
from tests.component.kit.running import Running
from tests.component.kit.sample import AddSample, Memory, SampleAddedV1, later
from tests.component.services import eventually

Start = Callable[..., Running]
TENANT = new_id()
QUEUE = "evt-sample-sample.added.v1--sample.on_sample_added_v1"


def test_the_queue_names_are_a_contract() -> None:
    assert [part.queue for part in TOPOLOGY.subscriptions] == [
        QUEUE,
        "evt-sample-sample.counted.v1--sample.on_sample_counted_v1",
    ]


def test_a_commands_event_reaches_its_handler(
    start: Start, client: RpcClient, memory: Memory, context: Context
) -> None:
    start("events")
    start("rpc")
    client.call(AddSample(name="told"), context)
    eventually(lambda: memory.handled == ["told"])


def test_a_duplicate_has_no_second_effect(start: Start, publisher: ConfirmedPublisher, memory: Memory) -> None:
    start("events")
    event_id = new_id()
    publisher.publish_many([outgoing(SampleAddedV1(name="twice"), TENANT, event_id) for _ in range(3)])
    publisher.publish(outgoing(SampleAddedV1(name="last"), TENANT))
    eventually(lambda: "last" in memory.handled)
    eventually(lambda: memory.handled.count("twice") == 1)


def test_a_failed_event_comes_again(start: Start, publisher: ConfirmedPublisher, memory: Memory) -> None:
    start("events")
    memory.troubles["shaky"] = [ValueError("once"), ValueError("twice")]
    publisher.publish(outgoing(SampleAddedV1(name="shaky"), TENANT))
    eventually(lambda: memory.handled == ["shaky"])
    assert memory.calls["shaky"] == 3


def test_a_hopeless_event_ends_among_the_dead_letters(
    start: Start, broker: Broker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    start("events")
    memory.always["bad"] = ValueError("never")
    publisher.publish(outgoing(SampleAddedV1(name="bad"), TENANT))
    eventually(lambda: broker.count(TOPOLOGY.dead_letters) == 1)
    headers = broker.take(TOPOLOGY.dead_letters).headers
    assert (headers[ATTEMPTS], headers[ORIGIN]) == ("3", QUEUE)
    assert (headers[REASON], headers[LAST_ERROR]) == ("failed too often", "ValueError: never")
    assert memory.calls["bad"] == 3


def test_an_unreadable_body_is_kept_at_once(start: Start, broker: Broker, publisher: ConfirmedPublisher) -> None:
    start("events")
    for body in (b"no json", b"{}", b"[]", b"\xff\xfe", b""):
        publisher.publish(Outgoing("sample.events", "sample.added.v1", body))
    publisher.publish(outgoing(SampleAddedV1(name=None), TENANT))  # type: ignore[arg-type]  # readable after all: null
    eventually(lambda: broker.count(TOPOLOGY.dead_letters) == 5)
    assert broker.take(TOPOLOGY.dead_letters).headers[REASON] == "undecodable"


def test_later_does_not_count_as_an_attempt(start: Start, publisher: ConfirmedPublisher, memory: Memory) -> None:
    start("events")
    memory.troubles["patient"] = [later(1), later(1), later(1), later(1)]
    started = time.monotonic()
    publisher.publish(outgoing(SampleAddedV1(name="patient"), TENANT))
    eventually(lambda: memory.handled == ["patient"], limit=15)
    assert memory.calls["patient"] == 5
    assert time.monotonic() - started > 3


def test_an_outage_does_not_count_as_an_attempt(start: Start, publisher: ConfirmedPublisher, memory: Memory) -> None:
    start("events")
    memory.troubles["unlucky"] = [Unavailable() for _ in range(4)]
    memory.troubles["unlucky too"] = [
        sqlalchemy.exc.OperationalError("select", {}, OperationalError("gone")) for _ in range(3)
    ]
    publisher.publish(outgoing(SampleAddedV1(name="unlucky"), TENANT))
    publisher.publish(outgoing(SampleAddedV1(name="unlucky too"), TENANT))
    eventually(lambda: set(memory.handled) == {"unlucky", "unlucky too"}, limit=15)


def test_the_timer_ticks_on_one_replica_at_a_time(start: Start, memory: Memory) -> None:
    for _ in range(3):
        start("events")
    eventually(lambda: memory.ticks >= 5)
    assert memory.most_ticking == 1
