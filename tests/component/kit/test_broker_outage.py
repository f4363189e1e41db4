"""The broker stops, dies, freezes and runs out of memory: calls fail soon, nothing dies, and all is well afterwards."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import eventlet
import pytest

from deploy.local.console import LocalError
from deploy.local.infrastructure import Infrastructure
from deploy.local.rabbitmq import RabbitBroker
from services.common.contracts.errors import Unavailable
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.publisher import BusUnavailable, ConfirmedPublisher
from services.common.kit.rpc import RpcClient, RpcUnavailable
from tests.component.kit.broker import Broker
from tests.component.kit.events import outgoing
from tests.component.kit.running import Running
from tests.component.kit.sample import AddSample, Dawdle, Memory, SampleAddedV1
from tests.component.services import eventually

Start = Callable[..., Running]
TENANT = new_id()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitBroker]:
    """A broker that may be broken."""
    try:
        servers = Infrastructure(tmp_path_factory.mktemp("broker"))
    except LocalError as error:
        pytest.skip(str(error))
    servers.start_broker()
    yield servers.broker
    servers.destroy()


@pytest.fixture
def broker(node: RabbitBroker) -> Iterator[Broker]:
    node.start()
    broker = Broker(node.url)
    broker.declare()
    # RabbitMQ 3.10 notes a new quorum queue's place on disk after half a second of rest; killed before that, it forgets
    # where the queue is. For the same reason queues are not deleted and made again here.
    eventlet.sleep(1)
    yield broker
    broker.close()


def _works(client: RpcClient, context: Context) -> bool:
    try:
        client.call(AddSample(name="again"), context, timeout=1)
    except Unavailable:
        return False
    return True


def _is_taken(publisher: ConfirmedPublisher) -> bool:
    try:
        publisher.publish(outgoing(SampleAddedV1(name="after"), TENANT))
    except BusUnavailable:
        return False
    return True


def _seconds_until_refused(action: Callable[[], object]) -> float:
    started = time.monotonic()
    with pytest.raises(Unavailable):
        action()
    return time.monotonic() - started


@pytest.fixture(params=["stop", "kill"])
def outage(request: pytest.FixtureRequest, node: RabbitBroker) -> Callable[[], None]:
    """End the broker in order, or as a power cut does."""
    return getattr(node, request.param)  # type: ignore[no-any-return]


def test_all_is_well_after_an_outage(
    start: Start, node: RabbitBroker, memory: Memory, context: Context, outage: Callable[[], None]
) -> None:
    client = RpcClient(node.url, "tests")
    rpc, events = start("rpc"), start("events")
    client.call(AddSample(name="before"), context)
    eventually(lambda: "before" in memory.handled)
    waiting = eventlet.spawn(client.call, Dawdle(seconds=2), context)
    eventually(lambda: memory.calls["dawdle"] == 1)
    outage()
    with eventlet.Timeout(3), pytest.raises(RpcUnavailable):
        waiting.wait()
    assert _seconds_until_refused(lambda: client.call(AddSample(name="during"), context)) < 0.5
    eventually(lambda: memory.calls["dawdled"] == 1)  # its answer has nowhere to go
    node.start()
    eventually(lambda: _works(client, context))
    eventually(lambda: "again" in memory.handled)
    eventually(lambda: rpc.ready and events.ready)
    assert not rpc.container._being_killed
    client.close()


def test_a_frozen_broker_is_noticed(
    start: Start, node: RabbitBroker, client: RpcClient, publisher: ConfirmedPublisher, context: Context
) -> None:
    start("rpc")
    client.call(AddSample(name="before"), context)
    publisher.publish(outgoing(SampleAddedV1(name="before"), TENANT))
    node.freeze()
    try:
        event = outgoing(SampleAddedV1(name="during"), TENANT)
        assert _seconds_until_refused(lambda: publisher.publish(event)) < 2.5
        assert _seconds_until_refused(lambda: client.call(AddSample(name="during"), context)) < 3.5
        eventlet.sleep(2.5)
        assert _seconds_until_refused(lambda: publisher.publish(event)) < 0.5
        assert _seconds_until_refused(lambda: client.call(AddSample(name="during"), context)) < 0.5
    finally:
        node.thaw()
    eventually(lambda: _works(client, context))
    eventually(lambda: _is_taken(publisher))


def test_a_broker_short_of_memory_takes_nothing_and_blocks_nobody(
    start: Start, node: RabbitBroker, publisher: ConfirmedPublisher, memory: Memory
) -> None:
    start("events")
    publisher.publish(outgoing(SampleAddedV1(name="before"), TENANT))
    node.control("set_vm_memory_high_watermark", "0.000001")
    channel = publisher._link.channel
    try:
        event = outgoing(SampleAddedV1(name="during"), TENANT)
        assert _seconds_until_refused(lambda: publisher.publish(event)) < 2.5
        assert _seconds_until_refused(lambda: publisher.publish(event)) < 0.5
        assert publisher._link.carries(channel), "a new connection would have to find out anew"
    finally:
        node.control("set_vm_memory_high_watermark", "0.4")
    eventually(lambda: _is_taken(publisher))
    eventually(lambda: {"before", "after"} <= set(memory.handled))


def test_a_process_stops_while_the_broker_is_away(start: Start, node: RabbitBroker) -> None:
    running = [start("rpc"), start("events")]
    node.stop()
    eventlet.sleep(0.5)
    with eventlet.Timeout(10):
        for each in running:
            each.stop()
    node.start()
