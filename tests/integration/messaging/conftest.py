"""A database of messaging for each test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.common.kit import migrations
from services.common.kit.database import Database
from services.common.kit.ids import new_id
from tests.integration.databases import PrivateServer
from tests.integration.messaging.webhooks import Front


@pytest.fixture(scope="module")
def front(private_server: PrivateServer) -> Iterator[Front]:
    """A database of its own, because some tests look at all of it."""
    private = private_server.create("messaging")
    migrations.upgrade("messaging", private.owner_url)
    database = Database(private.app_url, "messaging")
    yield Front(private, database)
    database.close()


@pytest.fixture
def tenant() -> str:
    """The id of a tenant nobody else has."""
    return new_id()
