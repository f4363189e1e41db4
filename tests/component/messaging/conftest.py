"""A running `messaging` on a real broker and database, beside a stand-in for the Graph API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.common.kit import logging
from services.messaging.service import MessagingService
from services.messaging.settings import MessagingSettings
from tests.component.messaging.desk import ENVELOPE_KEYS, Desk
from tests.component.services import broker_url, running
from tests.integration.databases import PrivateDatabase, PrivateServer
from tests.simulators.graph_api.launcher import RunningGraphApi, running_graph_api


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """JSON lines as in production: the coloured tracebacks of a terminal take seconds."""
    logging.configure("tests", "WARNING")


@pytest.fixture(scope="session")
def graph() -> Iterator[RunningGraphApi]:
    """With the demo's two companies."""
    with running_graph_api() as started:
        yield started


@pytest.fixture(scope="session")
def private() -> Iterator[PrivateDatabase]:
    server = PrivateServer()
    yield server.migrated("messaging")
    server.drop_all()


@pytest.fixture(scope="session")
def settings(private: PrivateDatabase, graph: RunningGraphApi) -> MessagingSettings:
    return MessagingSettings.load(
        {
            "MESSAGING_DATABASE_URL": private.app_url,
            "AMQP_URL": broker_url(),
            "ENVELOPE_KEYS": ENVELOPE_KEYS,
            "GRAPH_API_URL": graph.base_url,
            "GRAPH_CONNECT_SECONDS": "1",
            "GRAPH_READ_SECONDS": "1",
        }
    )


@pytest.fixture
def desk(settings: MessagingSettings, private: PrivateDatabase, graph: RunningGraphApi) -> Iterator[Desk]:
    """The running service with the demo company's channel; the world of the stand-in is new."""
    graph.control.reset()
    graph.control.create_demo_businesses()
    with running(MessagingService, settings):
        desk = Desk(settings.amqp_url, private, graph)
        desk.connect()
        yield desk
        desk.close()
