"""`analytics` as a running container: figures from events that come over the broker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random
from types import SimpleNamespace

import pytest

from services.analytics.service import AnalyticsService
from services.analytics.settings import AnalyticsSettings
from services.common.contracts.analytics import GetOverview, Overview
from services.common.contracts.base import Envelope
from services.common.contracts.messaging import MessageStatus
from services.common.contracts.tenants import PlanCode, Tenant, TenantCreatedV1, TenantStatus
from services.common.kit import clock, ids
from services.common.kit.context import Context
from services.common.kit.outbox import exchange_of
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from services.common.kit.rpc import RpcClient
from tests.component.services import broker_url, eventually, running
from tests.integration.analytics.conftest import changed, queued, received, wrap
from tests.integration.databases import PrivateServer

QUEUED, SENT, DELIVERED, READ = (
    MessageStatus.QUEUED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
)


class Bus(SimpleNamespace):
    """Publishes events as a relay would, and asks for figures as the gateway would."""

    client: RpcClient
    publisher: ConfirmedPublisher

    def publish(self, envelopes: Sequence[Envelope]) -> None:
        """All confirmed."""
        messages = [
            Outgoing(exchange_of(envelope.source), envelope.type, envelope.to_bytes(), {}, envelope.id)
            for envelope in envelopes
        ]
        assert len(self.publisher.publish_many(messages, 10.0)) == len(messages)

    def overview(self, tenant_id: str) -> Overview:
        """Of the last 30 days."""
        return self.client.call(GetOverview(days=30), Context.new(tenant_id=tenant_id))


@pytest.fixture(scope="module")
def bus() -> Iterator[Bus]:
    url, server = broker_url(), PrivateServer()
    try:
        settings = AnalyticsSettings.load(
            {"ANALYTICS_DATABASE_URL": server.migrated("analytics").app_url, "AMQP_URL": url}
        )
        with running(AnalyticsService, settings):
            bus = Bus(client=RpcClient(url, "tests"), publisher=ConfirmedPublisher(url))
            yield bus
            bus.client.close()
            bus.publisher.close()
    finally:
        server.drop_all()


def test_events_become_figures_whatever_their_order(bus: Bus) -> None:
    tenant_id, now, random = ids.new_id(), clock.now(), Random(5)
    told = [received(tenant_id, now) for _ in range(300)]
    for number in range(400):
        message_id = ids.new_id()
        told.append(queued(tenant_id, now, message_id))
        told.append(changed(tenant_id, now, message_id, SENT, QUEUED))
        if number % 2:
            told.append(changed(tenant_id, now, message_id, DELIVERED, SENT))
        if number % 4 == 3:
            told.append(changed(tenant_id, now, message_id, READ, DELIVERED))
    told += random.choices(told, k=200)
    random.shuffle(told)
    bus.publish(told)

    def is_complete() -> bool:
        seen = bus.overview(tenant_id)
        by_status = seen.messages_by_status
        counted = (by_status.sent, by_status.delivered, by_status.read, by_status.failed)
        return seen.overview.total_messages == 700 and counted == (200, 100, 100, 0)

    eventually(is_complete, 20)
    assert bus.overview(tenant_id).overview.delivery_rate == 0.5


def test_a_tenants_zone_arrives_by_event(bus: Bus) -> None:
    tenant_id, now = ids.new_id(), clock.now()
    tenant = Tenant(
        id=tenant_id,
        name="Rosa",
        slug="rosa",
        plan=PlanCode.BASIC,
        status=TenantStatus.ACTIVE,
        timezone="Pacific/Kiritimati",
        locale="en",
        currency="EUR",
        created_at=now,
        updated_at=now,
    )
    bus.publish([wrap(TenantCreatedV1(tenant=tenant), tenant_id, now)])
    ahead = (now + timedelta(hours=14)).date()
    eventually(lambda: bus.overview(tenant_id).daily_activity[-1].date == ahead)


def test_one_bad_event_takes_no_other_with_it(bus: Bus) -> None:
    tenant_id, now = ids.new_id(), clock.now()
    good = [received(tenant_id, now) for _ in range(20)]
    bad = received(tenant_id, now)
    del bad.data["sentAt"]
    bus.publish([*good[:10], bad, *good[10:]])
    eventually(lambda: bus.overview(tenant_id).overview.total_messages == 20)
