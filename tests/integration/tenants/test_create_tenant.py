"""Making tenants: once for each id, with a slug of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import CreateTenant, PlanCode, Tenant, TenantCreatedV1
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import SYSTEM
from services.tenants.commands import create_tenant
from services.tenants.settings import TenantsSettings
from tests.integration.databases import PrivateDatabase
from tests.integration.tenants.outbox import published

Create = Callable[..., Tenant]


@pytest.fixture
def create(database: Database, settings: TenantsSettings) -> Create:
    def run(**values: Any) -> Tenant:
        with database.transaction(Context.new(), SYSTEM) as uow:
            return create_tenant.run(CreateTenant(**values), uow, settings)

    return run


def test_a_tenant_is_made_and_told(create: Create, tenants_database: PrivateDatabase) -> None:
    tenant_id = ids.new_id()
    made = create(id=tenant_id, name="Rosa Told", plan=PlanCode.PRO, timezone="Europe/Berlin", locale="de")
    assert (made.id, made.name, made.slug, made.plan) == (tenant_id, "Rosa Told", "rosa-told", PlanCode.PRO)
    assert (made.timezone, made.locale, made.currency) == ("Europe/Berlin", "de", "EUR")
    (event,) = published(tenants_database, tenant_id)
    assert event.type == TenantCreatedV1.TYPE
    assert TenantCreatedV1.from_wire(event.data).tenant == made


def test_what_is_not_said_comes_from_the_settings(create: Create) -> None:
    made = create(id=ids.new_id(), name="Rosa Silent")
    assert (made.plan, made.timezone, made.locale) == (PlanCode.BASIC, "UTC", "en")


def test_the_same_id_again_returns_the_tenant_as_it_is(create: Create, tenants_database: PrivateDatabase) -> None:
    tenant_id = ids.new_id()
    first = create(id=tenant_id, name="Rosa Once", timezone="Europe/Berlin")
    assert create(id=tenant_id, name="Rosa Twice", plan=PlanCode.MAX) == first
    assert len(published(tenants_database, tenant_id)) == 1


def test_an_unknown_zone_is_refused(create: Create) -> None:
    with pytest.raises(Invalid) as caught:
        create(id=ids.new_id(), name="Rosa Nowhere", timezone="Mars/Base")
    assert "timezone" in caught.value.details


def test_twenty_of_one_name_at_once_get_slugs_of_their_own(create: Create) -> None:
    wanted = [ids.new_id() for _ in range(20)]
    jobs = [eventlet.spawn(create, id=tenant_id, name="Rosa Crowd") for tenant_id in wanted]
    made = [job.wait() for job in jobs]
    assert [tenant.id for tenant in made] == wanted
    slugs = {tenant.slug for tenant in made}
    assert len(slugs) == len(wanted)
    assert {"rosa-crowd", "rosa-crowd-2", "rosa-crowd-9"} <= slugs


def test_one_id_twenty_times_at_once_is_one_tenant(create: Create, tenants_database: PrivateDatabase) -> None:
    tenant_id = ids.new_id()
    jobs = [eventlet.spawn(create, id=tenant_id, name="Rosa Repeated") for _ in range(20)]
    made = [job.wait() for job in jobs]
    assert set(map(repr, made)) == {repr(made[0])}
    assert len(published(tenants_database, tenant_id)) == 1
