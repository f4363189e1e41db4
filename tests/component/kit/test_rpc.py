"""Requests and replies, and every way of not getting one."""

from __future__ import annotations

import time
from collections.abc import Callable

import amqp
import eventlet
import pytest

from services.common.contracts.errors import Invalid, ServiceError, Unavailable
from services.common.kit import clock
from services.common.kit.context import Context
from services.common.kit.rpc import RpcClient, RpcTimeout, RpcUnavailable
from tests.component.kit.broker import Broker
from tests.component.kit.running import Running
from tests.component.kit.sample import (
    AddSample,
    Dawdle,
    FindSamples,
    Memory,
    Misbehave,
    NobodysRequest,
    SampleTaken,
    SampleView,
)
from tests.component.services import eventually

Start = Callable[..., Running]


def test_a_command_is_committed_before_its_answer(start: Start, client: RpcClient, context: Context) -> None:
    start("rpc")
    assert client.call(AddSample(name="first"), context).name == "first"
    found = client.call(FindSamples(prefix="fi"), context).samples
    assert found == [SampleView(name="first", times=1)]


def test_an_error_of_the_contract_arrives_as_itself(start: Start, client: RpcClient, context: Context) -> None:
    start("rpc")
    with pytest.raises(SampleTaken) as caught:
        client.call(Misbehave(how="taken"), context)
    assert (caught.value.message, caught.value.details) == ("Taken.", {"name": "x"})


@pytest.mark.parametrize("how", ["value", "timeout"])
def test_an_unforeseen_error_tells_nothing(start: Start, client: RpcClient, context: Context, how: str) -> None:
    start("rpc")
    with pytest.raises(ServiceError) as caught:
        client.call(Misbehave(how=how), context)
    assert (caught.value.code, "secret" in str(caught.value)) == ("internal", False)
    with pytest.raises(Unavailable):
        client.call(Misbehave(how="unavailable"), context)


def test_a_request_that_does_not_fit_is_refused(start: Start, client: RpcClient, context: Context) -> None:
    start("rpc")
    with pytest.raises(Invalid) as caught:
        client.call(AddSample(name=7), context)  # type: ignore[arg-type]  # that is the point
    assert "name" in caught.value.details


def test_an_unknown_service_is_told_at_once(client: RpcClient, context: Context) -> None:
    started = time.monotonic()
    with pytest.raises(RpcUnavailable):
        client.call(NobodysRequest(), context)
    assert time.monotonic() - started < 3


def test_a_service_that_is_away_costs_one_wait(start: Start, client: RpcClient, context: Context) -> None:
    running = start("rpc")
    client.call(AddSample(name="there"), context)
    running.stop()
    started = time.monotonic()
    with pytest.raises(RpcUnavailable):
        client.call(AddSample(name="gone"), context)
    assert time.monotonic() - started < 3
    started = time.monotonic()
    with pytest.raises(RpcUnavailable):
        client.call(AddSample(name="gone"), context)
    assert time.monotonic() - started < 0.2
    start("rpc")
    eventually(lambda: _answers(client, context))


def _answers(client: RpcClient, context: Context) -> bool:
    try:
        client.call(AddSample(name="back"), context)
    except Unavailable:
        return False
    return True


def test_a_time_limit_holds(start: Start, client: RpcClient, context: Context) -> None:
    start("rpc")
    started = time.monotonic()
    with pytest.raises(RpcTimeout):
        client.call(Dawdle(seconds=2), context, timeout=0.3)
    assert time.monotonic() - started < 1


def test_what_nobody_waits_for_is_not_carried_out(
    start: Start, broker: Broker, memory: Memory, context: Context
) -> None:
    start("rpc")
    late = context.child(deadline=clock.epoch() - 1)
    _send_raw(broker, b'{"args": [], "kwargs": {"request": {"seconds": 0}}}', "sample.dawdle", late.to_headers())
    eventlet.sleep(0.3)
    assert memory.calls["dawdle"] == 0


@pytest.mark.parametrize("body", [b"no json", b"[]", b'{"args": []}', b'{"kwargs": {"request": 1}}', b"\xff"])
def test_a_malformed_request_harms_nobody(
    start: Start, broker: Broker, client: RpcClient, context: Context, body: bytes
) -> None:
    running = start("rpc")
    _send_raw(broker, body, "sample.add_sample")
    _send_raw(broker, body, "sample.no_such_method")
    assert client.call(AddSample(name="well"), context).name == "well"
    eventually(lambda: sum(intake.in_hand for intake in running.intakes) == 0)


def _send_raw(broker: Broker, body: bytes, routing_key: str, headers: dict[str, str] | None = None) -> None:
    """Without a reply address, as a broken client might."""
    with broker.channel as channel:
        channel.basic_publish(amqp.Message(body, application_headers=headers or {}), "nameko-rpc", routing_key)


def test_many_callers_share_a_connection(start: Start, client: RpcClient, context: Context) -> None:
    start("rpc")
    pool = eventlet.GreenPool(30)
    answers = list(pool.imap(lambda number: client.call(AddSample(name=f"n{number}"), context).name, range(100)))
    assert answers == [f"n{number}" for number in range(100)]


def test_a_repeated_command_is_answered_from_memory(
    start: Start, client: RpcClient, memory: Memory, context: Context
) -> None:
    start("rpc")
    keyed = context.child(idempotency_key="k1")
    first = client.call(AddSample(name="once"), keyed)
    assert client.call(AddSample(name="once"), keyed) == first
    assert memory.calls["add_sample"] == 1
    with pytest.raises(Invalid) as caught:
        client.call(AddSample(name="other"), keyed)
    assert caught.value.code == "idempotency.key_reused"


def test_waiting_callers_are_let_go_when_the_client_closes(start: Start, client: RpcClient, context: Context) -> None:
    start("rpc")
    waiting = eventlet.spawn(client.call, Dawdle(seconds=5), context)
    eventlet.sleep(0.3)
    client.close()
    with eventlet.Timeout(3), pytest.raises(RpcUnavailable):
        waiting.wait()
