"""The database of `auth`, a stand-in for `tenants`, and people who register and log in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from services.auth.adapters.security import Security
from services.auth.settings import AuthSettings
from services.common.kit.database import Database
from services.common.kit.tenancy import NO_TENANT
from tests.integration.auth.desk import Desk
from tests.integration.auth.keys import envelope_keys, signing_keys
from tests.integration.auth.people import People
from tests.integration.auth.tenants_stand_in import TenantsStandIn
from tests.integration.databases import PrivateDatabase, connected


@pytest.fixture(scope="session")
def auth_database(migrated: Callable[[str], PrivateDatabase]) -> PrivateDatabase:
    return migrated("auth")


@pytest.fixture
def database(auth_database: PrivateDatabase, open_database: Callable[[PrivateDatabase], Database]) -> Database:
    """Connected as the service; tests keep apart by e-mail address."""
    return open_database(auth_database)


@pytest.fixture(scope="session")
def settings(auth_database: PrivateDatabase) -> AuthSettings:
    """As in production, but for a hash that costs nothing."""
    return AuthSettings.load(
        {
            "AUTH_DATABASE_URL": auth_database.app_url,
            "AMQP_URL": "amqp://unused",
            "AUTH_SIGNING_KEYS": signing_keys(),
            "AUTH_ENVELOPE_KEYS": envelope_keys(),
            "AUTH_PASSWORD_MEMORY_KIB": "64",
            "AUTH_PASSWORD_PASSES": "1",
        }
    )


@pytest.fixture(scope="session")
def security(settings: AuthSettings) -> Security:
    return Security.from_settings(settings)


@pytest.fixture
def tenants() -> TenantsStandIn:
    return TenantsStandIn()


@pytest.fixture
def people(database: Database, security: Security, tenants: TenantsStandIn) -> People:
    return People(database, security, tenants)


@pytest.fixture
def rows(auth_database: PrivateDatabase) -> Callable[..., list[Any]]:
    """`rows("select …", name=value)`: what is stored, seen past row-level security; also to change it."""

    def ask(statement: str, **parameters: Any) -> list[Any]:
        with connected(auth_database.admin_url) as admin:
            result = admin.execute(sa.text(statement), parameters)
            return list(result.mappings()) if result.returns_rows else []

    return ask


@pytest.fixture
def desk(database: Database, security: Security, tenants: TenantsStandIn) -> Desk:
    return Desk(database, security, tenants)


@pytest.fixture
def post_office(desk: Desk, rows: Callable[..., list[Any]]) -> Callable[[], list[str]]:
    """Deliver every letter that waits, but those of earlier tests; says the subjects of those that left."""
    rows("update letters set done_at = now(), sealed_token = null, email = null where done_at is null")

    def deliver() -> list[str]:
        before = len(desk.tray.sent)
        for row in rows("select tenant_id, id from letters where done_at is null order by created_at, id"):
            tenant_id = str(row.tenant_id)
            desk.deliver(str(row.id), None if tenant_id == NO_TENANT else tenant_id)
        return [draft.subject for draft in desk.tray.sent[before:]]

    return deliver
