"""The tables are what the models say, and keep tenants apart."""

from __future__ import annotations

from services.common.kit import migrations
from services.common.kit.catalogue import AllowList, catalogue_problems
from tests.integration.databases import PrivateDatabase, PrivateServer, connected

ALLOWED = AllowList(
    system={"tenants": "select, insert", "channels": "select"},
    platform_unique=frozenset({"tenants_slug_key", "channels_phone_number_id_key"}),
)


def test_the_tables_are_what_the_models_say(tenants_database: PrivateDatabase) -> None:
    migrations.check("tenants", tenants_database.owner_url)


def test_the_catalogue_keeps_tenants_apart(tenants_database: PrivateDatabase) -> None:
    with connected(tenants_database.admin_url) as admin:
        assert catalogue_problems(admin, tenants_database.roles, ALLOWED) == []


def test_the_way_back_and_forth(private_server: PrivateServer) -> None:
    database = private_server.create("tenants")
    migrations.upgrade("tenants", database.owner_url)
    migrations.downgrade("tenants", database.owner_url)
    migrations.upgrade("tenants", database.owner_url)
    migrations.check("tenants", database.owner_url)
