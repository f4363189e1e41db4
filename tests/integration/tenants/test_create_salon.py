"""Opening salons: a slug unique in the tenant, times and zones that make sense."""

from __future__ import annotations

from collections.abc import Callable

import eventlet
import pytest

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import Address, Confirmation, Salon, SalonCreatedV1, SlugTaken, TenantUnknown
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from tests.integration.databases import PrivateDatabase
from tests.integration.tenants.conftest import add_salon
from tests.integration.tenants.outbox import published

Add = Callable[..., Salon]

HOURS = {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], "sun": []}
ADDRESS = Address(line1="Torstraße 1", city="Berlin", country="DE", postal_code="10119", latitude=52.5, longitude=13.4)


@pytest.fixture
def add(database: Database) -> Add:
    return lambda context, **values: add_salon(database, context, **values)


def test_a_salon_is_opened_and_told(add: Add, ours: Context, tenants_database: PrivateDatabase) -> None:
    made = add(ours, name="Rosa Mitte", phone="+4930123456", address=ADDRESS, opening_hours=HOURS)
    assert (made.slug, made.timezone, made.currency, made.is_active) == ("rosa-mitte", "Europe/Berlin", "EUR", True)
    assert (made.address, made.opening_hours, made.confirmation) == (ADDRESS, HOURS, Confirmation.AUTO)
    assert made.phone_number_id is None
    event = SalonCreatedV1.from_wire(published(tenants_database, ours.tenant_id or "")[1].data)
    assert (event.salon_id, event.name, event.timezone, event.salon) == (made.id, "Rosa Mitte", "Europe/Berlin", made)


def test_a_salon_without_address_or_hours_has_none(add: Add, ours: Context) -> None:
    made = add(ours)
    assert (made.address, made.opening_hours) == (None, {})


def test_a_slug_asked_for_is_had_or_refused(add: Add, ours: Context) -> None:
    assert add(ours, slug="mitte").slug == "mitte"
    with pytest.raises(SlugTaken):
        add(ours, slug="mitte")


def test_a_slug_not_asked_for_is_found(add: Add, ours: Context) -> None:
    assert [add(ours, name="Rosa").slug for _ in range(3)] == ["rosa", "rosa-2", "rosa-3"]


def test_twenty_of_one_name_at_once_get_slugs_of_their_own(add: Add, ours: Context) -> None:
    jobs = [eventlet.spawn(add, ours, name="Rosa Crowd") for _ in range(20)]
    assert len({job.wait().slug for job in jobs}) == 20


def test_tenants_may_use_the_same_slug(add: Add, ours: Context, theirs: Context) -> None:
    assert add(ours, slug="same").slug == add(theirs, slug="same").slug


def test_an_unknown_zone_is_refused(add: Add, ours: Context) -> None:
    with pytest.raises(Invalid) as caught:
        add(ours, timezone="Berlin")
    assert set(caught.value.details) == {"timezone"}


def test_overlapping_hours_are_refused_by_their_path(add: Add, ours: Context) -> None:
    with pytest.raises(Invalid) as caught:
        add(ours, opening_hours={"mon": [["09:00", "13:00"], ["12:00", "18:00"]]})
    assert set(caught.value.details) == {"openingHours.mon.1"}


def test_a_tenant_that_is_not_there_opens_nothing(add: Add) -> None:
    with pytest.raises(TenantUnknown):
        add(Context.new(tenant_id=ids.new_id()))
