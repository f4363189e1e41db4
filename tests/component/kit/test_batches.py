"""Batches: many events in one transaction, and one bad one among them."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy.exc
from psycopg2 import OperationalError

from services.common.kit.consumers.marks import ORIGIN
from services.common.kit.ids import new_id
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from tests.component.kit.broker import TOPOLOGY, Broker
from tests.component.kit.events import outgoing
from tests.component.kit.running import Running
from tests.component.kit.sample import Memory, SampleCountedV1
from tests.component.services import eventually

Start = Callable[..., Running]
TENANT = new_id()
QUEUE = "evt-sample-sample.counted.v1--sample.on_sample_counted_v1"


def _names(memory: Memory) -> list[str]:
    return [name for batch in memory.batches for name in batch]


def _publish(broker: Broker, publisher: ConfirmedPublisher, names: list[str]) -> None:
    broker.declare()
    publisher.publish_many([outgoing(SampleCountedV1(name=name), TENANT) for name in names])


def test_events_are_taken_together_in_order(
    start: Start, broker: Broker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    names = [f"n{number}" for number in range(300)]
    _publish(broker, publisher, names)
    start("events")
    eventually(lambda: len(_names(memory)) == 300)
    assert _names(memory) == names
    assert max(len(batch) for batch in memory.batches) == 200
    eventually(lambda: broker.count(QUEUE) == 0)


def test_a_duplicate_is_not_handed_over(
    start: Start, broker: Broker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    broker.declare()
    event = outgoing(SampleCountedV1(name="twice"), TENANT)
    publisher.publish_many([event, event])
    running = start("events")
    publisher.publish(event)
    _publish(broker, publisher, ["last"])
    eventually(lambda: "last" in _names(memory))
    eventually(lambda: all(intake.in_hand == 0 for intake in running.intakes))
    assert _names(memory).count("twice") == 1


def test_one_poisonous_event_takes_no_other_with_it(
    start: Start, broker: Broker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    memory.always["poison"] = ValueError("bad")
    names = [f"n{number}" for number in range(50)]
    _publish(broker, publisher, [*names[:20], "poison", *names[20:]])
    publisher.publish(Outgoing("sample.events", "sample.counted.v1", b"no json"))
    start("events")
    eventually(lambda: len(_names(memory)) == 50)
    assert _names(memory) == names
    eventually(lambda: broker.count(TOPOLOGY.dead_letters) == 2)
    assert broker.take(TOPOLOGY.dead_letters).headers[ORIGIN] == QUEUE


def test_an_outage_is_waited_out_with_the_batch_in_hand(
    start: Start, broker: Broker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    memory.troubles["n3"] = [sqlalchemy.exc.OperationalError("select", {}, OperationalError("gone")) for _ in range(3)]
    names = [f"n{number}" for number in range(10)]
    _publish(broker, publisher, names)
    start("events")
    eventually(lambda: len(_names(memory)) == 10)
    assert memory.batches == [names]


def test_an_event_that_always_runs_out_of_time_holds_nobody_back(
    start: Start, broker: Broker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    memory.always["endless"] = sqlalchemy.exc.OperationalError("select", {}, OperationalError("statement timeout"))
    names = [f"n{number}" for number in range(8)]
    _publish(broker, publisher, [*names[:3], "endless", *names[3:]])
    start("events")
    eventually(lambda: len(_names(memory)) == 8, limit=60)
    assert _names(memory) == names
