"""Integration tests run against a real PostgreSQL, under eventlet as the services do."""

import eventlet

eventlet.monkey_patch()

from collections.abc import Callable, Iterator

import pytest

from services.common.kit.database import Database
from tests.integration.databases import PrivateDatabase, PrivateServer


@pytest.fixture(scope="session")
def private_server() -> Iterator[PrivateServer]:
    """Makes databases that live as long as the run."""
    server = PrivateServer()
    yield server
    server.drop_all()


@pytest.fixture(scope="session")
def migrated(private_server: PrivateServer) -> Callable[[str], PrivateDatabase]:
    """`migrated("auth")`: the run's database of a service at its head. Tests share it and keep apart by tenant."""
    return private_server.migrated


@pytest.fixture
def open_database() -> Iterator[Callable[[PrivateDatabase], Database]]:
    """Connect to a private database as its service does; closed again after the test."""
    opened: list[Database] = []

    def connect(private: PrivateDatabase) -> Database:
        opened.append(Database(private.app_url, private.service))
        return opened[-1]

    yield connect
    for database in opened:
        database.close()
