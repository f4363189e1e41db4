"""The overview: in the tenant's days, of the tenant's own messages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from services.analytics.commands import copy_tenant
from services.common.contracts.analytics import MessagesByStatus, OverviewTotals
from services.common.contracts.messaging import MessageStatus
from services.common.contracts.tenants import PlanCode, Tenant, TenantCreatedV1, TenantStatus
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import TENANT
from tests.integration.analytics.conftest import changed, count, overview_of, queued, received

NOW = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)  # a Wednesday
SENT, DELIVERED, READ, FAILED = (
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)


@pytest.fixture(autouse=True)
def _wednesday() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def keep_zone(database: Database, tenant_id: str, timezone: str, updated_at: datetime = NOW) -> None:
    tenant = Tenant(
        id=tenant_id,
        name="Rosa",
        slug="rosa",
        plan=PlanCode.BASIC,
        status=TenantStatus.ACTIVE,
        timezone=timezone,
        locale="de",
        currency="EUR",
        created_at=NOW,
        updated_at=updated_at,
    )
    with database.transaction(Context.new(tenant_id=tenant_id), TENANT) as uow:
        copy_tenant.run(TenantCreatedV1(tenant=tenant), uow)


def test_a_tenant_without_messages_has_days_of_zeros(database: Database) -> None:
    seen = overview_of(database, ids.new_id(), days=3)
    assert seen.overview == OverviewTotals(
        total_messages=0,
        total_conversations=0,
        delivery_rate=0.0,
        sent_today=0,
        sent_this_week=0,
        sent_this_month=0,
    )
    assert [(day.date, day.sent, day.received) for day in seen.daily_activity] == [
        (date(2026, 3, 9), 0, 0),
        (date(2026, 3, 10), 0, 0),
        (date(2026, 3, 11), 0, 0),
    ]


def test_messages_are_counted_by_day_week_and_month(database: Database) -> None:
    tenant_id = ids.new_id()
    ages = [0, 0, 1, 2, 3, 9, 10, 11, 40]  # today, yesterday, Monday, Sunday, 2 March, 1 March, 28 February, January
    count(database, [queued(tenant_id, NOW - timedelta(days=age), ids.new_id()) for age in ages])
    count(database, [received(tenant_id, NOW - timedelta(days=age)) for age in (0, 1, 1)])
    seen = overview_of(database, tenant_id, days=2)
    totals = seen.overview
    assert (totals.sent_today, totals.sent_this_week, totals.sent_this_month) == (2, 4, 7)
    assert (totals.total_messages, totals.total_conversations) == (6, 6)
    assert [(day.sent, day.received) for day in seen.daily_activity] == [(1, 2), (2, 1)]
    assert overview_of(database, tenant_id, days=60).overview.total_messages == 12


def test_a_conversation_counts_once_while_it_is_written_in(database: Database) -> None:
    tenant_id, conversation_id = ids.new_id(), ids.new_id()
    count(database, [received(tenant_id, NOW - timedelta(days=age), conversation_id) for age in (0, 5, 20)])
    count(database, [queued(tenant_id, NOW - timedelta(days=6), ids.new_id(), conversation_id)])
    count(database, [received(tenant_id, NOW - timedelta(days=10))])
    assert overview_of(database, tenant_id, days=7).overview.total_conversations == 1
    assert overview_of(database, tenant_id, days=30).overview.total_conversations == 2


def test_messages_stand_under_their_furthest_status_and_their_own_day(database: Database) -> None:
    tenant_id = ids.new_id()
    yesterday = NOW - timedelta(days=1)
    told = {ids.new_id(): steps for steps in [[SENT], [SENT, DELIVERED], [SENT, DELIVERED, READ], [SENT, FAILED], []]}
    count(database, [queued(tenant_id, yesterday, message_id) for message_id in told])
    for message_id, steps in told.items():
        for status in steps:
            count(database, [changed(tenant_id, NOW, message_id, status, MessageStatus.QUEUED)])
    seen = overview_of(database, tenant_id, days=2)
    assert seen.messages_by_status == MessagesByStatus(sent=1, delivered=1, read=1, failed=1)
    assert seen.overview.delivery_rate == 0.5
    assert overview_of(database, tenant_id, days=1).messages_by_status == MessagesByStatus(
        sent=0, delivered=0, read=0, failed=0
    )


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("Europe/Berlin", datetime(2026, 3, 9, 23, 0, tzinfo=UTC), date(2026, 3, 10)),
        ("Europe/Berlin", datetime(2026, 3, 9, 22, 59, 59, tzinfo=UTC), date(2026, 3, 9)),
        ("America/New_York", datetime(2026, 3, 10, 3, 59, 59, tzinfo=UTC), date(2026, 3, 9)),
        ("America/New_York", datetime(2026, 3, 10, 4, 0, tzinfo=UTC), date(2026, 3, 10)),
        ("Asia/Kathmandu", datetime(2026, 3, 9, 18, 14, 59, tzinfo=UTC), date(2026, 3, 9)),
        ("Asia/Kathmandu", datetime(2026, 3, 9, 18, 15, tzinfo=UTC), date(2026, 3, 10)),
        ("Asia/Kolkata", datetime(2026, 3, 9, 18, 30, tzinfo=UTC), date(2026, 3, 10)),
    ],
)
@pytest.mark.parametrize("is_known_first", [True, False])
def test_days_are_the_tenants_own(
    database: Database, zone: str, instant: datetime, day: date, *, is_known_first: bool
) -> None:
    tenant_id = ids.new_id()
    if is_known_first:
        keep_zone(database, tenant_id, zone)
    count(database, [queued(tenant_id, instant, ids.new_id())])
    if not is_known_first:
        keep_zone(database, tenant_id, zone)
    seen = overview_of(database, tenant_id)
    assert [activity.date for activity in seen.daily_activity if activity.sent] == [day]


def test_an_older_copy_of_the_zone_is_ignored(database: Database) -> None:
    tenant_id = ids.new_id()
    keep_zone(database, tenant_id, "Asia/Tokyo")
    keep_zone(database, tenant_id, "Europe/Berlin", updated_at=NOW - timedelta(days=1))
    count(database, [queued(tenant_id, datetime(2026, 3, 10, 15, 0, tzinfo=UTC), ids.new_id())])
    assert overview_of(database, tenant_id).overview.sent_today == 1


def test_another_tenants_messages_are_not_counted(database: Database) -> None:
    ours, theirs = ids.new_id(), ids.new_id()
    shared = ids.new_id()  # even an id that both use
    count(database, [queued(ours, NOW, shared), queued(theirs, NOW, shared), queued(theirs, NOW, ids.new_id())])
    count(database, [changed(theirs, NOW, shared, READ, SENT)])
    count(database, [received(theirs, NOW)])
    seen = overview_of(database, ours)
    assert (seen.overview.total_messages, seen.overview.total_conversations) == (1, 1)
    assert seen.messages_by_status.read == 0
    assert overview_of(database, theirs).overview.total_messages == 3
