"""A running `auth` on a real broker and database, beside a small `tenants`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from nameko.containers import ServiceContainer
from nameko.rpc import rpc

from services.auth.service import AuthService
from services.auth.settings import AuthSettings
from services.common.contracts.tenants import CreateTenant
from services.common.kit import logging
from services.common.kit.publisher import ConfirmedPublisher
from services.common.kit.rpc import RpcClient
from tests.component.kit.running import Running
from tests.integration.auth.keys import envelope_keys, signing_keys
from tests.integration.auth.tenants_stand_in import tenant_of
from tests.integration.databases import PrivateDatabase, PrivateServer
from tests.simulators.smtp_sink import running_sink
from tests.simulators.smtp_sink.server import RunningSink

AMQP_URL = os.environ.get("AMQP_URL", "")


class TenantsService:
    """A stock Nameko service that makes tenants out of nothing."""

    name = "tenants"

    @rpc
    def create_tenant(self, request: dict[str, Any]) -> dict[str, Any]:
        """Parse and answer in the contract's words."""
        return tenant_of(CreateTenant.from_wire(request)).to_wire()


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """JSON lines as in production: the coloured tracebacks of a terminal take seconds."""
    logging.configure("tests", "WARNING")


@pytest.fixture(scope="session")
def auth_database() -> Iterator[PrivateDatabase]:
    server = PrivateServer()
    yield server.migrated("auth")
    server.drop_all()


@pytest.fixture(scope="session")
def sink() -> Iterator[RunningSink]:
    """A mail server."""
    with running_sink() as running:
        yield running


@pytest.fixture(scope="session")
def settings(auth_database: PrivateDatabase, sink: RunningSink) -> AuthSettings:
    """As in production, hashes included."""
    if not AMQP_URL:
        pytest.skip("AMQP_URL names no broker")
    return AuthSettings.load(
        {
            "AUTH_DATABASE_URL": auth_database.app_url,
            "AMQP_URL": AMQP_URL,
            "AUTH_SIGNING_KEYS": signing_keys(),
            "AUTH_ENVELOPE_KEYS": envelope_keys(),
            "SMTP_URL": sink.smtp_url,
        }
    )


@pytest.fixture
def start(settings: AuthSettings) -> Iterator[Callable[[str], Running]]:
    """`start("rpc")`: a running container of that role."""
    started: list[Running] = []

    def run(role: str) -> Running:
        started.append(Running.started(cast("Any", settings), role, AuthService))
        return started[-1]

    yield run
    for running in started:
        running.stop()


@pytest.fixture
def tenants(settings: AuthSettings) -> Iterator[ServiceContainer]:
    container = ServiceContainer(TenantsService, {"AMQP_URI": settings.amqp_url})
    container.start()
    yield container
    container.stop()


@pytest.fixture
def client(settings: AuthSettings) -> Iterator[RpcClient]:
    """An RPC client such as the gateway's."""
    client = RpcClient(settings.amqp_url, "tests")
    yield client
    client.close()


@pytest.fixture
def publisher(settings: AuthSettings) -> Iterator[ConfirmedPublisher]:
    """What `tenants` publishes with."""
    publisher = ConfirmedPublisher(settings.amqp_url)
    yield publisher
    publisher.close()
