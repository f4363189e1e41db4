"""`tenants` as a running container: asked by RPC, heard by its events."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.common.contracts.base import Envelope
from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import (
    ChannelConnectedV1,
    ChannelType,
    CreateChannel,
    CreateSalon,
    CreateTenant,
    FindChannels,
    GetChannel,
    GetSalon,
    GetTenant,
    ListChannels,
    ListSalons,
    NumberTaken,
    SalonCreatedV1,
    TenantCreatedV1,
    TenantUnknown,
)
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.rpc import RpcClient
from services.tenants.service import TenantsService
from services.tenants.settings import TenantsSettings
from tests.component.services import Ear, broker_url, running
from tests.integration.databases import PrivateServer

TOKEN = "EAAG-example-token-1f3a"


@pytest.fixture(scope="module")
def client() -> Iterator[RpcClient]:
    """Calls the one container that all tests here share."""
    url, server = broker_url(), PrivateServer()
    try:
        settings = TenantsSettings.load(
            {
                "TENANTS_DATABASE_URL": server.migrated("tenants").app_url,
                "AMQP_URL": url,
                "ENVELOPE_KEYS": "k1:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
            }
        )
        with running(TenantsService, settings):
            client = RpcClient(url, "tests")
            yield client
            client.close()
    finally:
        server.drop_all()


@pytest.fixture
def ours(client: RpcClient) -> Context:
    """A caller of a tenant of its own."""
    made = client.call(CreateTenant(id=ids.new_id(), name="Rosa"), Context.new())
    return Context.new(tenant_id=made.id, caller="user-1")


def channel_of(number: str) -> CreateChannel:
    return CreateChannel(
        type=ChannelType.WHATSAPP_CLOUD,
        name="Main",
        phone_number_id=number,
        business_account_id=f"waba-{number}",
        access_token=TOKEN,
    )


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear(broker_url(), "tenants.events", TenantCreatedV1.TYPE, SalonCreatedV1.TYPE, ChannelConnectedV1.TYPE)
    yield ear
    ear.close()


def test_a_tenant_is_made_once_read_and_told(client: RpcClient, ear: Ear) -> None:
    request = CreateTenant(id=ids.new_id(), name="Rosa Told", timezone="Europe/Berlin")
    made = client.call(request, Context.new())
    assert client.call(request, Context.new()) == made
    assert client.call(GetTenant(), Context.new(tenant_id=made.id)) == made
    (body,) = ear.hear(made.id, count=2, limit=1.0)
    envelope = Envelope.from_bytes(body)
    assert (envelope.tenant_id, envelope.source) == (made.id, "tenants")
    assert TenantCreatedV1.from_wire(envelope.data).tenant == made


def test_salons_and_channels_are_made_read_and_told(client: RpcClient, ours: Context, ear: Ear) -> None:
    salon = client.call(CreateSalon(name="Mitte", timezone="Europe/Berlin", currency="EUR"), ours)
    channel = client.call(channel_of("pn-component"), ours)
    assert client.call(GetSalon(salon_id=salon.id), ours) == salon
    assert client.call(ListSalons(), ours).salons == [salon]
    assert client.call(GetChannel(channel_id=channel.id), ours) == channel
    assert client.call(ListChannels(), ours).pagination.total == 1
    (route,) = client.call(FindChannels(business_account_id="waba-pn-component"), Context.new()).routes
    assert (route.tenant_id, route.channel_id) == (ours.tenant_id, channel.id)
    bodies = ear.hear(str(ours.tenant_id), count=4, limit=1.0)
    assert {Envelope.from_bytes(body).type for body in bodies} >= {SalonCreatedV1.TYPE, ChannelConnectedV1.TYPE}
    assert TOKEN.encode() not in b"".join(bodies)


def test_refusals_arrive_as_themselves(client: RpcClient, ours: Context) -> None:
    client.call(channel_of("pn-refused"), ours)
    with pytest.raises(NumberTaken):
        client.call(channel_of("pn-refused"), ours)
    with pytest.raises(Invalid) as caught:
        client.call(CreateSalon(name="Mitte", timezone="Mars/Base", currency="EUR"), ours)
    assert set(caught.value.details) == {"timezone"}
    with pytest.raises(TenantUnknown):
        client.call(GetTenant(), Context.new(tenant_id=ids.new_id()))


def test_a_repeated_call_is_answered_from_memory(client: RpcClient, ours: Context) -> None:
    keyed = ours.child(idempotency_key="once")
    first = client.call(channel_of("pn-once"), keyed)
    assert client.call(channel_of("pn-once"), keyed) == first
    registering = Context.new(caller="registration", idempotency_key="once")
    request = CreateTenant(id=ids.new_id(), name="Rosa Keyed")
    assert client.call(request, registering) == client.call(request, registering)
