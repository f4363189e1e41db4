"""A database of messaging for each test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.common.kit import migrations
from services.common.kit.database import Database
from services.common.kit.ids import new_id
from tests.integration.databases import PrivateServer, connected
from tests.integration.messaging.shop import POISON, Shop
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


@pytest.fixture
def shop(front: Front) -> Shop:
    """A tenant with one number."""
    return Shop(front)


@pytest.fixture
def poisoned(front: Front) -> Iterator[None]:
    """A message that says so fails, for a reason that no parser could know."""
    with connected(front.private.admin_url) as admin:
        admin.exec_driver_sql(
            "create function refuse() returns trigger language plpgsql as"
            f" $$ begin if new.text = '{POISON}' then raise 'refused' using errcode = '54000'; end if;"
            " return new; end $$"
        )
        admin.exec_driver_sql("create trigger poison before insert on messages for each row execute function refuse()")
    yield
    with connected(front.private.admin_url) as admin:
        admin.exec_driver_sql("drop function refuse cascade")
