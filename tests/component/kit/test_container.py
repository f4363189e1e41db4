"""The process around the entrypoints: broken parts, health, metrics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
import requests

from services.common.contracts.errors import ServiceError
from services.common.kit.context import Context
from services.common.kit.entrypoints import Provide, Runtime, command, on
from services.common.kit.ids import new_id
from services.common.kit.publisher import ConfirmedPublisher
from services.common.kit.rpc import RpcClient
from services.common.kit.uow import UnitOfWork
from tests.component.kit.broker import TOPOLOGY, Broker
from tests.component.kit.events import outgoing
from tests.component.kit.running import Running
from tests.component.kit.sample import AddSample, Memory, SampleAddedV1, SampleService, SampleSettings, SampleView
from tests.component.services import eventually

Start = Callable[..., Running]


def _break(settings: SampleSettings) -> Any:
    raise RuntimeError(f"no adapter for {settings.amqp_url}")


class BrokenService:
    name = "sample"
    runtime = Runtime(SampleSettings)
    adapter = Provide(_break)

    @command(AddSample)
    def add_sample(self, request: AddSample, uow: UnitOfWork) -> SampleView:  # noqa: ARG002
        return SampleView(name=request.name, times=1)

    @on(SampleAddedV1)
    def on_sample_added_v1(self, event: SampleAddedV1, uow: UnitOfWork) -> None:
        """Never reached."""


def test_a_broken_provider_costs_the_request_and_not_the_process(
    start: Start, client: RpcClient, publisher: ConfirmedPublisher, broker: Broker, context: Context
) -> None:
    running = start("all", service=BrokenService)
    for _ in range(2):
        with pytest.raises(ServiceError) as caught:
            client.call(AddSample(name="x"), context)
        assert caught.value.code == "internal"
    publisher.publish(outgoing(SampleAddedV1(name="x"), new_id()))
    eventually(lambda: broker.count(TOPOLOGY.dead_letters) == 1)
    assert running.ready


def test_a_provided_object_is_made_once(start: Start) -> None:
    running = start("rpc")
    provider = next(part for part in running.container.dependencies if part.attr_name == "adapter")
    assert provider.get_dependency(None) is provider.get_dependency(None)


def test_a_process_binds_the_entrypoints_of_its_role(start: Start, memory: Memory) -> None:
    roles = {role: {part.ROLE for part in start(role).container.entrypoints} for role in ("rpc", "events", "all")}
    assert roles == {"rpc": {"rpc"}, "events": {"events"}, "all": {"rpc", "events"}}
    assert SampleService.add_sample.__name__ == "add_sample"


def test_health_and_metrics(start: Start, client: RpcClient, context: Context, port: int) -> None:
    running = start("all", health_port=port)
    client.call(AddSample(name="x"), context)
    base = f"http://127.0.0.1:{port}"
    assert requests.get(f"{base}/live", timeout=5).status_code == 200
    eventually(lambda: requests.get(f"{base}/ready", timeout=5).status_code == 200)
    assert set(orjson.loads(requests.get(f"{base}/ready", timeout=5).content)) == {"consumer", "database", "relay"}
    metrics = requests.get(f"{base}/metrics", timeout=5).text
    assert 'entrypoint_runs_total{entrypoint="add_sample",outcome="ok",service="sample"}' in metrics
    assert 'dead_letters_waiting{service="sample"}' in metrics
    running.resources.database.ping = lambda: 1 / 0
    assert requests.get(f"{base}/ready", timeout=5).status_code == 503
    assert requests.get(f"{base}/else", timeout=5).status_code == 404
