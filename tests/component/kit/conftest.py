"""A broker vhost, a database and a running container of the sample service for each test."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.common.kit import logging
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.publisher import ConfirmedPublisher
from services.common.kit.rpc import RpcClient
from services.common.kit.tenancy import allow_app, create_kit_tables, enable_tenant_security
from tests.component.kit.broker import Broker
from tests.component.kit.running import Running
from tests.component.kit.sample import MEMORY, Memory, SampleSettings
from tests.integration.databases import PrivateDatabase, PrivateServer, migrating

AMQP_URL = os.environ.get("AMQP_URL", "")


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """JSON lines as in production: the coloured tracebacks of a terminal take seconds."""
    logging.configure("tests", "WARNING")


@pytest.fixture(scope="session")
def sample_database() -> Iterator[PrivateDatabase]:
    """A database with the kit's tables and one of the sample's own."""
    server = PrivateServer()
    database = server.create("sample")
    with migrating(database) as op:
        create_kit_tables(op)
        op.execute("create table samples (tenant_id uuid not null, name text not null)")
        enable_tenant_security(op, "samples")
        allow_app(op, "samples", "select, insert")
    yield database
    server.drop_all()


@pytest.fixture
def broker() -> Iterator[Broker]:
    """The broker of `AMQP_URL`, emptied of the sample's queues."""
    if not AMQP_URL:
        pytest.skip("AMQP_URL names no broker")
    broker = Broker(AMQP_URL)
    broker.forget("sample")
    yield broker
    broker.forget("sample")
    broker.close()


@pytest.fixture
def memory() -> Memory:
    """A fresh memory."""
    MEMORY.__init__()  # type: ignore[misc]  # the service methods hold this one object
    return MEMORY


@pytest.fixture
def start(broker: Broker, memory: Memory, sample_database: PrivateDatabase) -> Iterator[Callable[..., Running]]:
    """`start("rpc")`: a running container of that role."""
    settings = SampleSettings(database_url=sample_database.app_url, amqp_url=broker.url)
    started: list[Running] = []

    def run(role: str = "all", **config: Any) -> Running:
        running = Running.started(settings, role, **config)
        started.append(running)
        return running

    yield run
    for running in started:
        running.stop()


@pytest.fixture
def client(broker: Broker) -> Iterator[RpcClient]:
    """An RPC client such as the gateway's."""
    client = RpcClient(broker.url, "tests")
    yield client
    client.close()


@pytest.fixture
def publisher(broker: Broker) -> Iterator[ConfirmedPublisher]:
    """A publisher such as the gateway's."""
    publisher = ConfirmedPublisher(broker.url)
    yield publisher
    publisher.close()


@pytest.fixture
def context() -> Context:
    """A request of some tenant."""
    return Context.new(tenant_id=new_id(), caller="user-1")


@pytest.fixture
def port() -> int:
    """One that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
