"""Reads: whole pages, one's own rows, routes across tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.contracts.errors import Invalid, NotFound
from services.common.contracts.tenants import (
    Channel,
    ChannelRoute,
    ChannelType,
    CreateChannel,
    FindChannels,
    GetChannel,
    GetSalon,
    ListChannels,
    ListSalons,
    TenantUnknown,
)
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import SYSTEM, TENANT
from services.tenants import queries
from services.tenants.commands import create_channel
from tests.integration.tenants.conftest import ENVELOPE_KEYS, MakeTenant, add_salon

Ask = Callable[..., Any]


@pytest.fixture
def ask(database: Database) -> Ask:
    """Ask in the name of a tenant."""

    def run(context: Context, query: Callable[..., Any], *arguments: object) -> Any:
        with database.transaction(context, TENANT, read_only=True) as uow:
            return query(*arguments, uow)

    return run


@pytest.fixture
def routes(database: Database) -> Callable[..., list[ChannelRoute]]:
    """Ask in the name of nobody."""

    def run(**wanted: str) -> list[ChannelRoute]:
        with database.transaction(Context.new(), SYSTEM, read_only=True) as uow:
            return queries.find_channels(FindChannels(**wanted), uow).routes

    return run


def add_channel(database: Database, context: Context, **values: Any) -> Channel:
    complete: dict[str, Any] = {"type": ChannelType.WHATSAPP_CLOUD, "name": "Number", "phone_number_id": ids.new_id()}
    complete |= {"business_account_id": ids.new_id(), "access_token": "EAAG-example-token"} | values
    with database.transaction(context, TENANT) as uow:
        return create_channel.run(CreateChannel(**complete), uow, KeyRing.from_setting(ENVELOPE_KEYS))


def test_a_tenant_reads_itself(ask: Ask, make_tenant: MakeTenant) -> None:
    made = make_tenant()
    assert ask(Context.new(tenant_id=made.id), queries.get_tenant) == made


def test_a_tenant_that_is_not_there_is_unknown(ask: Ask) -> None:
    with pytest.raises(TenantUnknown):
        ask(Context.new(tenant_id=ids.new_id()), queries.get_tenant)


def test_a_salon_shows_the_number_of_its_oldest_channel(ask: Ask, database: Database, ours: Context) -> None:
    salon = add_salon(database, ours)
    first = add_channel(database, ours, salon_id=salon.id)
    add_channel(database, ours, salon_id=salon.id)
    assert ask(ours, queries.get_salon, GetSalon(salon_id=salon.id)).phone_number_id == first.phone_number_id
    (listed,) = ask(ours, queries.list_salons, ListSalons()).salons
    assert listed.phone_number_id == first.phone_number_id


def test_another_tenants_rows_are_not_found(ask: Ask, database: Database, ours: Context, theirs: Context) -> None:
    salon, channel = add_salon(database, ours), add_channel(database, ours)
    for query, request in [
        (queries.get_salon, GetSalon(salon_id=salon.id)),
        (queries.get_channel, GetChannel(channel_id=channel.id)),
    ]:
        assert ask(ours, query, request).id
        with pytest.raises(NotFound):
            ask(theirs, query, request)
    assert ask(theirs, queries.list_salons, ListSalons()).salons == []
    assert ask(theirs, queries.list_channels, ListChannels()).pagination.total == 0


def test_pages_by_number(ask: Ask, database: Database, ours: Context) -> None:
    made = [add_salon(database, ours, name=f"Rosa {number}").id for number in range(5)]
    pages = [ask(ours, queries.list_salons, ListSalons(page=number, limit=2)) for number in (1, 2, 3, 4)]
    assert [[salon.id for salon in page.salons] for page in pages] == [made[:2], made[2:4], made[4:], []]
    assert [page.pagination.page for page in pages] == [1, 2, 3, 4]
    assert {(page.pagination.total, page.pagination.total_pages) for page in pages} == {(5, 3)}
    assert [page.pagination.next_cursor is not None for page in pages] == [True, True, False, False]


def test_pages_by_cursor_skip_nothing_while_rows_are_inserted(ask: Ask, database: Database, ours: Context) -> None:
    made = [add_salon(database, ours, name=f"Rosa {number}").id for number in range(7)]
    seen, cursor = [], None
    for _ in range(20):
        page = ask(ours, queries.list_salons, ListSalons(limit=2, cursor=cursor))
        seen += [salon.id for salon in page.salons]
        cursor = page.pagination.next_cursor
        if cursor is None:
            break
        if len(made) < 12:
            made.append(add_salon(database, ours, name="Rosa late").id)
    assert seen == made
    assert page.pagination.page is None


def test_pages_of_channels(ask: Ask, database: Database, ours: Context) -> None:
    made = [add_channel(database, ours).id for _ in range(3)]
    first = ask(ours, queries.list_channels, ListChannels(limit=2))
    second = ask(ours, queries.list_channels, ListChannels(limit=2, cursor=first.pagination.next_cursor))
    assert [channel.id for channel in first.channels + second.channels] == made
    assert ask(ours, queries.get_channel, GetChannel(channel_id=made[0])) == first.channels[0]


def test_a_made_up_cursor_is_refused(ask: Ask, ours: Context) -> None:
    with pytest.raises(Invalid) as caught:
        ask(ours, queries.list_channels, ListChannels(cursor="made-up"))
    assert set(caught.value.details) == {"cursor"}


def test_a_number_is_found_across_tenants(
    routes: Callable[..., list[ChannelRoute]], database: Database, ours: Context
) -> None:
    channel = add_channel(database, ours)
    (route,) = routes(phone_number_id=channel.phone_number_id)
    assert (route.tenant_id, route.channel_id, route.type) == (ours.tenant_id, channel.id, ChannelType.WHATSAPP_CLOUD)
    assert routes(phone_number_id="nobody's") == []


def test_a_business_account_may_have_several_numbers(
    routes: Callable[..., list[ChannelRoute]], database: Database, ours: Context, theirs: Context
) -> None:
    account = ids.new_id()
    made = [add_channel(database, context, business_account_id=account).id for context in (ours, ours, theirs)]
    assert [route.channel_id for route in routes(business_account_id=account)] == made


def test_a_route_is_asked_by_exactly_one_id(routes: Callable[..., list[ChannelRoute]]) -> None:
    with pytest.raises(Invalid):
        routes()
    with pytest.raises(Invalid):
        routes(phone_number_id="1", business_account_id="2")
