"""The tables are what the models say, and keep tenants apart."""

from __future__ import annotations

from collections.abc import Callable

from services.common.kit import migrations
from services.common.kit.catalogue import AllowList, catalogue_problems
from tests.integration.databases import PrivateDatabase, PrivateServer, connected

COUNTING = "select, insert, update"
ALLOWED = AllowList(system={"activity": COUNTING, "outbound_messages": COUNTING, "conversations": COUNTING})


def test_the_tables_are_what_the_models_say(migrated: Callable[[str], PrivateDatabase]) -> None:
    migrations.check("analytics", migrated("analytics").owner_url)


def test_the_catalogue_keeps_tenants_apart(migrated: Callable[[str], PrivateDatabase]) -> None:
    database = migrated("analytics")
    with connected(database.admin_url) as admin:
        assert catalogue_problems(admin, database.roles, ALLOWED) == []


def test_the_way_back_and_forth(private_server: PrivateServer) -> None:
    database = private_server.create("analytics")
    migrations.upgrade("analytics", database.owner_url)
    migrations.downgrade("analytics", database.owner_url)
    migrations.upgrade("analytics", database.owner_url)
    migrations.check("analytics", database.owner_url)
