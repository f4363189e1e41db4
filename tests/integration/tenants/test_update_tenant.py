"""Changing the tenant itself: told whole, newest wins, in the audit log."""

from __future__ import annotations

import eventlet
import pytest

from services.common.contracts.audit import ActorType
from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import SlugTaken, TenantUpdatedV1, UpdateTenant
from services.common.kit import ids
from services.common.kit.context import Context
from services.tenants import queries
from services.tenants.commands import update_tenant
from tests.integration.tenants.conftest import MakeTenant
from tests.integration.tenants.desk import Desk


def test_what_is_sent_changes_and_the_rest_stays(desk: Desk, make_tenant: MakeTenant) -> None:
    before = make_tenant("Rosa")
    owner = Context.new(tenant_id=before.id, user_id=ids.new_id(), address="2001:db8::1")
    after = desk.order(owner, update_tenant.run, UpdateTenant(name="Rosa & Co", currency="CHF"))
    assert (after.name, after.currency, after.slug, after.timezone) == ("Rosa & Co", "CHF", before.slug, "UTC")
    assert desk.ask(owner, queries.get_tenant) == after
    (event,) = desk.told(owner, TenantUpdatedV1)
    assert (event.tenant, event.mfa_required, event.limits.channels) == (after, False, 5)
    entry = desk.audit(owner)
    assert (entry.actor_type, entry.actor_id, entry.action) == (ActorType.USER, owner.user_id, "tenant.updated")
    assert (entry.address, entry.request_id) == ("2001:db8::1", owner.request_id)
    assert entry.before == {"name": "Rosa", "currency": "EUR"}
    assert entry.after == {"name": "Rosa & Co", "currency": "CHF"}


def test_what_is_the_same_is_no_change(desk: Desk, ours: Context) -> None:
    tenant = desk.ask(ours, queries.get_tenant)
    assert desk.order(ours, update_tenant.run, UpdateTenant(name=tenant.name)) == tenant
    assert desk.order(ours, update_tenant.run, UpdateTenant()) == tenant
    assert desk.everything_told(ours) == ["tenant.created.v1"]


def test_a_slug_is_one_tenants_in_the_platform(desk: Desk, ours: Context, theirs: Context) -> None:
    slug = f"s-{ids.new_id()}"
    assert desk.order(ours, update_tenant.run, UpdateTenant(slug=slug)).slug == slug
    with pytest.raises(SlugTaken):
        desk.order(theirs, update_tenant.run, UpdateTenant(slug=slug))


def test_no_such_zone_language_currency_or_slug(desk: Desk, ours: Context) -> None:
    for request, field in (
        (UpdateTenant(timezone="Mars/Base"), "timezone"),
        (UpdateTenant(locale="?"), "locale"),
        (UpdateTenant(currency="ZZZ"), "currency"),
        (UpdateTenant(slug="admin"), "slug"),
    ):
        with pytest.raises(Invalid) as caught:
            desk.order(ours, update_tenant.run, request)
        assert set(caught.value.details) == {field}


def test_each_change_is_newer_than_the_one_before_whoever_began_first(desk: Desk, ours: Context) -> None:
    jobs = [
        eventlet.spawn(desk.order, ours, update_tenant.run, UpdateTenant(name=f"Rosa {number}")) for number in range(8)
    ]
    names = {job.wait().updated_at: job.wait().name for job in jobs}
    assert len(names) == 8
    assert desk.ask(ours, queries.get_tenant).name == names[max(names)]
