"""Stopping: what runs is finished, what waits is given back, nothing is lost or done twice."""

from __future__ import annotations

from collections.abc import Callable

import eventlet

from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.publisher import ConfirmedPublisher
from services.common.kit.rpc import RpcClient
from tests.component.kit.broker import Broker
from tests.component.kit.events import outgoing
from tests.component.kit.running import Running
from tests.component.kit.sample import Dawdle, Memory, SampleAddedV1
from tests.component.services import eventually

Start = Callable[..., Running]
TENANT = new_id()
QUEUE = "evt-sample-sample.added.v1--sample.on_sample_added_v1"


def test_running_events_are_finished_and_waiting_ones_given_back(
    start: Start, broker: Broker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    running = start("events", max_workers=2)
    memory.seconds = {f"s{number}": 1.0 for number in range(6)}
    publisher.publish_many([outgoing(SampleAddedV1(name=f"s{number}"), TENANT) for number in range(6)])
    eventually(lambda: sum(memory.calls.values()) == 2)
    running.stop()
    assert sorted(memory.handled) == sorted(memory.calls)
    eventually(lambda: broker.count(QUEUE) == 6 - len(memory.handled))
    assert len(memory.handled) == 2
    start("events")
    eventually(lambda: len(memory.handled) == 6)
    assert set(memory.calls.values()) == {1}


def test_a_running_request_is_answered(start: Start, client: RpcClient, memory: Memory, context: Context) -> None:
    running = start("rpc")
    answer = eventlet.spawn(client.call, Dawdle(seconds=1), context)
    eventually(lambda: memory.calls["dawdle"] == 1)
    running.stop()
    assert answer.wait().name == "awake"
