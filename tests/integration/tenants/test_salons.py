"""Changing and closing locations; their numbers; who sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import (
    Address,
    ChannelConnectedV1,
    DeleteSalon,
    FindSalon,
    GetChannel,
    GetSalon,
    ListSalons,
    NumberTaken,
    PlatformAdminNeeded,
    Salon,
    SalonRemovedV1,
    SalonUnknown,
    SalonUpdatedV1,
    SlugTaken,
    UpdateSalon,
)
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.tenants import queries
from services.tenants.commands import delete_salon, update_salon
from tests.integration.tenants.conftest import add_salon
from tests.integration.tenants.desk import Desk

ADDRESS = Address(line1="Torstraße 1", city="Berlin", country="DE")


def change(desk: Desk, context: Context, salon_id: str, **values: Any) -> Salon:
    salon: Salon = desk.order(context, update_salon.run, UpdateSalon(salon_id=salon_id, **values))
    return salon


def test_what_is_sent_changes_and_is_told(desk: Desk, database: Database, ours: Context) -> None:
    salon = add_salon(database, ours, address=ADDRESS, phone="+4930123456")
    after = change(desk, ours, salon.id, name="Rosa Ost", opening_hours={"mon": [["09:00", "18:00"]]}, is_active=False)
    assert (after.name, after.is_active, after.address, after.phone) == ("Rosa Ost", False, ADDRESS, "+4930123456")
    assert desk.told(ours, SalonUpdatedV1)[-1].salon == after
    assert desk.audit(ours).action == "salon.updated"
    emptied = change(desk, ours, salon.id, address=None, phone=None)
    assert (emptied.address, emptied.phone, emptied.name) == (None, None, "Rosa Ost")
    assert desk.ask(ours, queries.get_salon, GetSalon(salon_id=salon.id)) == emptied


def test_what_is_the_same_is_no_change(desk: Desk, database: Database, ours: Context) -> None:
    hours, number = {"mon": [["09:00", "18:00"]]}, ids.new_id()
    salon = add_salon(database, ours, address=ADDRESS, opening_hours=hours, phone_number_id=number)
    told = desk.everything_told(ours)
    same: dict[str, Any] = {"name": salon.name, "slug": salon.slug, "address": ADDRESS, "opening_hours": hours}
    same |= {"phone": None, "is_active": True, "confirmation": salon.confirmation, "phone_number_id": number}
    assert change(desk, ours, salon.id) == change(desk, ours, salon.id, **same) == salon
    without = add_salon(database, ours)
    assert change(desk, ours, without.id, address=None, phone_number_id=None) == without
    assert desk.everything_told(ours) == [*told, "salon.created.v1", "audit.recorded.v1"]


def test_bad_values_change_nothing(desk: Desk, database: Database, ours: Context) -> None:
    salon = add_salon(database, ours)
    for values in (
        {"timezone": "Mars/Base"},
        {"opening_hours": {"mon": [["9", "18:00"]]}},
        {"currency": "ZZZ"},
        {"slug": "admin"},
    ):
        with pytest.raises(Invalid):
            change(desk, ours, salon.id, **values)
    assert desk.ask(ours, queries.get_salon, GetSalon(salon_id=salon.id)) == salon


def test_a_slug_is_one_salons_of_the_tenant(desk: Desk, database: Database, ours: Context, theirs: Context) -> None:
    first, second = add_salon(database, ours, slug="mitte"), add_salon(database, ours, slug="ost")
    with pytest.raises(SlugTaken):
        change(desk, ours, second.id, slug="mitte")
    assert change(desk, theirs, add_salon(database, theirs).id, slug="mitte").slug == "mitte"
    desk.order(ours, delete_salon.run, DeleteSalon(salon_id=first.id))
    assert change(desk, ours, second.id, slug="mitte").slug == "mitte"


def test_a_number_is_made_or_moved_for_the_salon(desk: Desk, database: Database, ours: Context) -> None:
    first, second, number = add_salon(database, ours), add_salon(database, ours), ids.new_id()
    assert change(desk, ours, first.id, phone_number_id=number).phone_number_id == number
    event = desk.told(ours, ChannelConnectedV1)[-1]
    assert (event.phone_number_id, event.salon_id, event.credentials) == (number, first.id, None)
    assert change(desk, ours, second.id, phone_number_id=number).phone_number_id == number
    assert desk.ask(ours, queries.get_salon, GetSalon(salon_id=first.id)).phone_number_id is None
    assert desk.told(ours, ChannelConnectedV1)[-1].version > event.version
    assert change(desk, ours, second.id, phone_number_id=None).phone_number_id is None
    assert desk.ask(ours, queries.get_channel, GetChannel(channel_id=event.channel_id)).salon_id is None


def test_the_named_number_is_the_default_among_several(desk: Desk, database: Database, ours: Context) -> None:
    salon = add_salon(database, ours)
    desk.channel(ours, salon_id=salon.id)
    second = desk.channel(ours, salon_id=salon.id)
    assert (
        change(desk, ours, salon.id, phone_number_id=second.phone_number_id).phone_number_id == second.phone_number_id
    )


def test_a_number_is_unique_in_the_platform(desk: Desk, database: Database, ours: Context, theirs: Context) -> None:
    number = ids.new_id()
    assert add_salon(database, ours, phone_number_id=number).phone_number_id == number
    with pytest.raises(NumberTaken):
        add_salon(database, theirs, phone_number_id=number)
    with pytest.raises(NumberTaken):
        change(desk, theirs, add_salon(database, theirs).id, phone_number_id=number)


def test_a_closed_salon_is_gone_and_its_channels_are_the_tenants(desk: Desk, database: Database, ours: Context) -> None:
    salon = add_salon(database, ours)
    channel = desk.channel(ours, salon_id=salon.id)
    desk.order(ours, delete_salon.run, DeleteSalon(salon_id=salon.id))
    assert desk.told(ours, SalonRemovedV1)[-1].salon_id == salon.id
    assert desk.told(ours, ChannelConnectedV1)[-1].salon_id is None
    assert desk.ask(ours, queries.get_channel, GetChannel(channel_id=channel.id)).salon_id is None
    assert desk.ask(ours, queries.list_salons, ListSalons()).salons == []
    for order in (
        lambda: desk.ask(ours, queries.get_salon, GetSalon(salon_id=salon.id)),
        lambda: change(desk, ours, salon.id, name="Again"),
        lambda: desk.order(ours, delete_salon.run, DeleteSalon(salon_id=salon.id)),
        lambda: desk.channel(ours, salon_id=salon.id),
    ):
        with pytest.raises(SalonUnknown):
            order()


def test_another_tenants_salon_is_neither_changed_nor_closed(
    desk: Desk, database: Database, ours: Context, theirs: Context
) -> None:
    salon = add_salon(database, ours)
    with pytest.raises(SalonUnknown):
        change(desk, theirs, salon.id, name="Mine")
    with pytest.raises(SalonUnknown):
        desk.order(theirs, delete_salon.run, DeleteSalon(salon_id=salon.id))
    assert desk.ask(ours, queries.get_salon, GetSalon(salon_id=salon.id)) == salon


def test_a_super_admin_sees_all_salons_and_nobody_else_without_a_tenant(
    desk: Desk, database: Database, ours: Context, theirs: Context
) -> None:
    made = [add_salon(database, context, name="Admin sees") for context in (ours, theirs)]
    for salon in made:
        assert desk.ask_platform(queries.get_salon, GetSalon(salon_id=salon.id), role="SUPER_ADMIN") == salon
    assert {salon.tenant_id for salon in made} == {ours.tenant_id, theirs.tenant_id}
    page = desk.ask_platform(queries.list_salons, ListSalons(limit=1), role="SUPER_ADMIN")
    assert page.pagination.total >= 2
    for role in ("OWNER", None):
        with pytest.raises(PlatformAdminNeeded):
            desk.ask_platform(queries.list_salons, ListSalons(), role=role)


def test_a_salon_is_found_by_its_slug_while_it_is_open(desk: Desk, database: Database, ours: Context) -> None:
    slug = f"s-{ids.new_id()}"
    salon = add_salon(database, ours, slug=slug)
    found = desk.ask_platform(queries.find_salon, FindSalon(slug=slug))
    assert (found.salon_id, found.tenant.id) == (salon.id, ours.tenant_id)
    change(desk, ours, salon.id, is_active=False)
    with pytest.raises(SalonUnknown):
        desk.ask_platform(queries.find_salon, FindSalon(slug=slug))


@pytest.mark.parametrize("values", [{"currency": "ZZZ"}, {"slug": "xn--80ak6aa92e"}, {"timezone": "Mars/Base"}])
def test_bad_values_open_nothing(database: Database, ours: Context, values: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        add_salon(database, ours, **values)
    assert caught.value.details.keys() == values.keys()


def test_orders_for_one_slug_and_number_wait_in_no_ring(desk: Desk, database: Database, ours: Context) -> None:
    salons = [add_salon(database, ours) for _ in range(6)]

    def outcome(order: Callable[[], Salon]) -> str:
        try:
            return type(order()).__name__
        except SlugTaken:
            return "SlugTaken"

    wanted: dict[str, str] = {"slug": "wanted", "phone_number_id": ids.new_id()}
    jobs = []
    for salon in salons:
        jobs.append(eventlet.spawn(outcome, lambda: add_salon(database, ours, **wanted)))
        jobs.append(eventlet.spawn(outcome, lambda chosen=salon.id: change(desk, ours, chosen, slug="wanted")))
    assert sorted(job.wait() for job in jobs) == ["Salon"] + ["SlugTaken"] * 11
