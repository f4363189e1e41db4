"""`bookings` as a running container: it holds its place on the broker and answers for its health."""

from __future__ import annotations

from collections.abc import Iterator

import amqp
import pytest

from services.bookings.service import BookingsService
from services.bookings.settings import BookingsSettings
from services.common.contracts.health import health_request
from services.common.kit.amqp_connection import connection_arguments
from services.common.kit.context import Context
from services.common.kit.rpc import RpcClient
from tests.component.kit.running import Running
from tests.component.services import broker_url, running
from tests.integration.databases import PrivateServer


@pytest.fixture(scope="module")
def container() -> Iterator[Running]:
    url, server = broker_url(), PrivateServer()
    try:
        settings = BookingsSettings.load(
            {"BOOKINGS_DATABASE_URL": server.migrated("bookings").app_url, "AMQP_URL": url}
        )
        with running(BookingsService, settings) as started:
            yield started
    finally:
        server.drop_all()


def test_it_answers_for_itself_and_its_database(container: Running) -> None:
    client = RpcClient(broker_url(), "tests")
    try:
        assert client.call(health_request("bookings"), Context.new()).database == "up"
    finally:
        client.close()


def test_its_dead_letters_have_a_queue(container: Running) -> None:
    with amqp.Connection(**connection_arguments(broker_url())) as connection, connection.channel() as channel:
        assert channel.queue_declare("bookings.dlq", passive=True).message_count == 0
