"""`tenants` as a running container beside a provider: what is connected, counted and warned of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.messaging import MessageQueuedV1, MessageType
from services.common.contracts.tenants import (
    AdminUpdateTenant,
    AuditRecordedV1,
    Channel,
    ChannelStatus,
    ChannelType,
    ChannelUnknown,
    ConnectChannel,
    CreateChannel,
    CreateTenant,
    DeleteChannel,
    DisconnectChannel,
    GetChannel,
    GetChannelStatus,
    GetUsage,
    ListSalons,
    ListSuspendedTenants,
    PlatformAdminNeeded,
    TenantStatus,
    TenantUpdatedV1,
    UpdateSettings,
    UsageThresholdReachedV1,
    WhatsappChange,
)
from services.common.kit import clock, ids
from services.common.kit.context import Context
from services.common.kit.outbox import exchange_of
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from services.common.kit.rpc import RpcClient
from services.tenants.service import TenantsService
from services.tenants.settings import TenantsSettings
from tests.component.services import Ear, broker_url, eventually, running
from tests.integration.databases import PrivateServer
from tests.simulators.graph_api.launcher import RunningGraphApi, running_graph_api

TOKEN = "token-of-rosa-canary"
WABA = "102290129340398"


@pytest.fixture(scope="module")
def graph() -> Iterator[RunningGraphApi]:
    with running_graph_api(demo=False) as graph:
        yield graph


@pytest.fixture(scope="module")
def client(graph: RunningGraphApi) -> Iterator[RpcClient]:
    url, server = broker_url(), PrivateServer()
    try:
        settings = TenantsSettings.load(
            {
                "TENANTS_DATABASE_URL": server.migrated("tenants").app_url,
                "AMQP_URL": url,
                "ENVELOPE_KEYS": "k1:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
                "GRAPH_API_URL": graph.base_url,
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
    made = client.call(CreateTenant(id=ids.new_id(), name="Rosa"), Context.new())
    return Context.new(tenant_id=made.id, user_id=ids.new_id(), address="2001:db8::1")


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear(broker_url(), "tenants.events", TenantUpdatedV1.TYPE, UsageThresholdReachedV1.TYPE, AuditRecordedV1.TYPE)
    yield ear
    ear.close()


@pytest.fixture
def channel(client: RpcClient, graph: RunningGraphApi, ours: Context) -> Channel:
    """A channel whose number Meta knows."""
    number = str(int(ids.new_id()[-10:], 16))
    graph.control.reset()
    phone = {"id": number, "display_phone_number": "+1 555-078-3881"}
    graph.control.create_business(
        {"waba_id": WABA, "name": "Rosa", "phone_numbers": [phone], "tokens": [TOKEN], "subscribed": False}
    )
    request = CreateChannel(
        type=ChannelType.WHATSAPP_CLOUD,
        name="Main",
        phone_number_id=number,
        business_account_id=WABA,
        access_token=TOKEN,
    )
    return client.call(request, ours)


def test_a_channel_through_its_life(client: RpcClient, ours: Context, channel: Channel, ear: Ear) -> None:
    asked = ConnectChannel(channel_id=channel.id)
    assert client.call(asked, ours).status is ChannelStatus.CONNECTED
    health = client.call(GetChannelStatus(channel_id=channel.id), ours)
    assert (health.provider_status, health.webhook_registered, health.reachable) == ("CONNECTED", True, True)
    assert client.call(DisconnectChannel(channel_id=channel.id), ours).status is ChannelStatus.DISCONNECTED
    client.call(DeleteChannel(channel_id=channel.id), ours)
    with pytest.raises(ChannelUnknown):
        client.call(GetChannel(channel_id=channel.id), ours)
    bodies = ear.hear(str(ours.tenant_id), count=4, limit=2.0)
    actions = {AuditRecordedV1.from_wire(Envelope.from_bytes(body).data).action for body in bodies}
    assert actions >= {"channel.connected", "channel.disconnected", "channel.removed"}
    assert b"canary" not in b"".join(bodies)


def test_messages_of_the_month_are_counted_from_events(client: RpcClient, ours: Context, channel: Channel) -> None:
    publisher = ConfirmedPublisher(broker_url())
    for _ in range(5):
        envelope = _queued(ours, channel)
        exchange = exchange_of(envelope.source)
        for _ in range(2):  # at least once means sometimes twice
            publisher.publish(Outgoing(exchange, envelope.type, envelope.to_bytes(), {}, envelope.id))
    eventually(lambda: client.call(GetUsage(), ours).messages.used >= 5)
    assert client.call(GetUsage(), ours).messages.used == 5
    assert client.call(GetChannelStatus(channel_id=channel.id), ours).last_outbound_at is not None
    publisher.close()


def test_a_tenant_that_connects_much_is_warned(client: RpcClient, ours: Context, ear: Ear) -> None:
    for _ in range(4):
        client.call(UpdateSettings(whatsapp_config=WhatsappChange(phone_number_id=ids.new_id())), ours)
    warned: list[int] = []

    def heard() -> bool:
        envelopes = [Envelope.from_bytes(body) for body in ear.hear(str(ours.tenant_id), count=1, limit=0.2)]
        kind = UsageThresholdReachedV1
        warned.extend(kind.from_wire(found.data).threshold for found in envelopes if found.type == kind.TYPE)
        return bool(warned)

    eventually(heard)
    assert warned == [80]


def test_a_super_admin_suspends_and_sees_everything(client: RpcClient, ours: Context) -> None:
    admin = Context.new(user_id=ids.new_id(), role="SUPER_ADMIN")
    order = AdminUpdateTenant(id=str(ours.tenant_id), status=TenantStatus.SUSPENDED)
    with pytest.raises(PlatformAdminNeeded):
        client.call(order, ours)
    assert client.call(order, admin).status is TenantStatus.SUSPENDED
    assert ours.tenant_id in client.call(ListSuspendedTenants(), Context.new()).tenant_ids
    assert client.call(ListSalons(), admin).pagination.page == 1


def _queued(context: Context, channel: Channel) -> Envelope:
    at = clock.now()
    event = MessageQueuedV1(
        message_id=ids.new_id(),
        conversation_id=ids.new_id(),
        contact_id=ids.new_id(),
        channel_id=channel.id,
        message_type=MessageType.TEXT,
        queued_at=at,
        is_new_conversation=False,
    )
    return Envelope(
        id=ids.new_id(),
        type=event.TYPE,
        occurred_at=instant_to_wire(at),
        tenant_id=context.tenant_id,
        source=event.SOURCE,
        correlation_id=None,
        causation_id=None,
        data=event.to_wire(),
    )
