"""The tables are what the models say, and keep tenants apart."""

from __future__ import annotations

from services.common.kit import migrations
from services.common.kit.catalogue import AllowList, catalogue_problems
from tests.integration.databases import PrivateDatabase, PrivateServer, connected

ALLOWED = AllowList(
    tenantless=frozenset({"login_failures"}),
    system={
        "users": "select, insert, update",
        "registrations": "select, insert, update, delete",
        "tenants": "select, insert, update",
        "sessions": "select, insert, update, delete",
        "refresh_tokens": "select, insert, update, delete",
        "login_failures": "select, insert, update, delete",
    },
    platform_unique=frozenset({"users_email_key_key", "registrations_email_key_key", "refresh_tokens_pkey"}),
)


def test_the_tables_are_what_the_models_say(auth_database: PrivateDatabase) -> None:
    migrations.check("auth", auth_database.owner_url)


def test_the_catalogue_keeps_tenants_apart(auth_database: PrivateDatabase) -> None:
    with connected(auth_database.admin_url) as admin:
        assert catalogue_problems(admin, auth_database.roles, ALLOWED) == []


def test_the_way_back_and_forth(private_server: PrivateServer) -> None:
    database = private_server.create("auth")
    migrations.upgrade("auth", database.owner_url)
    migrations.downgrade("auth", database.owner_url)
    migrations.upgrade("auth", database.owner_url)
    migrations.check("auth", database.owner_url)
