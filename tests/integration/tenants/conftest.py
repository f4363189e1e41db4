"""The database of `tenants`, with what a test usually starts from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.contracts.tenants import CreateSalon, CreateTenant, PlanCode, Salon, Tenant
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import SYSTEM, TENANT
from services.tenants.commands import create_salon, create_tenant
from services.tenants.settings import TenantsSettings
from tests.integration.databases import PrivateDatabase
from tests.integration.tenants.desk import Desk

MakeTenant = Callable[..., Tenant]

ENVELOPE_KEYS = "k1:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="


@pytest.fixture(scope="session")
def tenants_database(migrated: Callable[[str], PrivateDatabase]) -> PrivateDatabase:
    return migrated("tenants")


@pytest.fixture
def database(tenants_database: PrivateDatabase, open_database: Callable[[PrivateDatabase], Database]) -> Database:
    """Connected as the service; tests keep apart by tenant."""
    return open_database(tenants_database)


@pytest.fixture
def settings(tenants_database: PrivateDatabase) -> TenantsSettings:
    return TenantsSettings.load(
        {
            "TENANTS_DATABASE_URL": tenants_database.app_url,
            "AMQP_URL": "amqp://unused",
            "ENVELOPE_KEYS": ENVELOPE_KEYS,
        }
    )


@pytest.fixture
def make_tenant(database: Database, settings: TenantsSettings) -> MakeTenant:
    """A tenant of its own for each call."""

    def make(name: str = "", plan: PlanCode = PlanCode.BASIC) -> Tenant:
        tenant_id = ids.new_id()
        request = CreateTenant(id=tenant_id, name=name or f"Tenant {tenant_id[-12:]}", plan=plan)
        with database.transaction(Context.new(), SYSTEM) as uow:
            return create_tenant.run(request, uow, settings)

    return make


@pytest.fixture
def ours(make_tenant: MakeTenant) -> Context:
    """A caller of one tenant."""
    return Context.new(tenant_id=make_tenant().id)


@pytest.fixture
def theirs(make_tenant: MakeTenant) -> Context:
    """A caller of another."""
    return Context.new(tenant_id=make_tenant().id)


@pytest.fixture
def desk(database: Database, tenants_database: PrivateDatabase) -> Desk:
    """Where tests order."""
    return Desk(database, tenants_database, KeyRing.from_setting(ENVELOPE_KEYS))


def add_salon(database: Database, context: Context, **values: Any) -> Salon:
    """A salon of the context's tenant."""
    complete = {"name": "Rosa Mitte", "timezone": "Europe/Berlin", "currency": "EUR"} | values
    with database.transaction(context, TENANT) as uow:
        return create_salon.run(CreateSalon(**complete), uow)
