"""What a plan allows in a month, and channels that are disconnected: refused when a message is queued."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import eventlet
import pytest

from services.common.contracts.auth import TenantSuspended
from services.common.contracts.messaging import ChannelDisconnected, QuotaExceeded
from services.common.contracts.tenants import (
    PlanCode,
    PlanLimits,
    Tenant,
    TenantCreatedV1,
    TenantStatus,
    TenantUpdatedV1,
)
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.uow import TENANT
from services.messaging.commands import copy_plan
from tests.integration.messaging.post import Scripted, queue, sealed, send
from tests.integration.messaging.webhooks import Front, body_of, text_of, value_of

THEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def channel(front: Front, tenant: str) -> str:
    return front.connect(tenant, f"pn-{tenant}")


def allow(
    front: Front,
    tenant_id: str,
    messages: int,
    *,
    at: datetime = THEN,
    timezone: str = "UTC",
    status: TenantStatus = TenantStatus.ACTIVE,
) -> None:
    tenant = Tenant(
        id=tenant_id,
        name="Rosa",
        slug="rosa",
        plan=PlanCode.BASIC,
        status=status,
        timezone=timezone,
        locale="de",
        currency="EUR",
        created_at=THEN,
        updated_at=at,
    )
    kind = TenantCreatedV1 if at == THEN else TenantUpdatedV1
    event = kind(tenant=tenant, limits=PlanLimits(channels=5, messages_per_month=messages))
    with front.database.transaction(Context.new(tenant_id=tenant_id), TENANT) as uow:
        copy_plan.run(event, uow)


def counted(front: Front, tenant: str) -> list[tuple[str, int]]:
    rows = front.rows("select month, messages from outbound_months where tenant_id = :tenant", tenant=tenant)
    return [(row.month, row.messages) for row in rows]


@pytest.mark.usefixtures("channel")
def test_messages_up_to_the_limit_are_taken(front: Front, tenant: str) -> None:
    allow(front, tenant, 2)
    queue(front, tenant)
    queue(front, tenant, clientMessageId="c-2")
    with pytest.raises(QuotaExceeded) as caught:
        queue(front, tenant)
    assert caught.value.details == {"limit": "2"}
    queue(front, tenant, clientMessageId="c-2")  # no further message, but the second one again
    assert [count for _, count in counted(front, tenant)] == [2]
    assert front.value("select count(*) from messages where tenant_id = :tenant", tenant=tenant) == 2
    assert front.value("select count(*) from outbox where tenant_id = :tenant", tenant=tenant) == 2


@pytest.mark.usefixtures("channel")
def test_what_comes_in_is_never_refused(front: Front, tenant: str) -> None:
    allow(front, tenant, 0)
    with pytest.raises(QuotaExceeded):
        queue(front, tenant)
    front.post(body_of(value_of([text_of(new_id())], number=f"pn-{tenant}")))
    assert front.value("select count(*) from messages where tenant_id = :tenant", tenant=tenant) == 1


@pytest.mark.usefixtures("channel")
def test_thirty_at_once_stay_within_the_limit(front: Front, tenant: str) -> None:
    allow(front, tenant, 7)

    def outcome(number: int) -> str:
        try:
            queue(front, tenant, to=f"+165055512{number:02}")
        except QuotaExceeded:
            return "refused"
        return "taken"

    jobs = [eventlet.spawn(outcome, number) for number in range(30)]
    outcomes = [job.wait() for job in jobs]
    assert (outcomes.count("taken"), outcomes.count("refused")) == (7, 23)


@pytest.mark.usefixtures("channel")
def test_the_newest_plan_holds(front: Front, tenant: str) -> None:
    allow(front, tenant, 1)
    queue(front, tenant)
    allow(front, tenant, 3, at=THEN + timedelta(hours=2))
    allow(front, tenant, 1, at=THEN + timedelta(hours=1))
    queue(front, tenant)
    allow(front, tenant, 1, at=THEN + timedelta(hours=3))
    with pytest.raises(QuotaExceeded):
        queue(front, tenant)


@pytest.mark.usefixtures("channel")
def test_a_month_is_the_tenants_own(front: Front, tenant: str) -> None:
    for hours, timezone in ((1, "Pacific/Kiritimati"), (2, "Pacific/Pago_Pago")):
        allow(front, tenant, 5, at=THEN + timedelta(hours=hours), timezone=timezone)
        queue(front, tenant)
        expected = front.value(f"select to_char(now() at time zone '{timezone}', 'YYYY-MM')")
        assert expected in dict(counted(front, tenant))


@pytest.mark.usefixtures("channel")
def test_without_a_plan_nothing_is_limited(front: Front, tenant: str) -> None:
    queue(front, tenant)
    assert counted(front, tenant) == []


def test_a_limit_is_the_tenants_own(front: Front, tenant: str, channel: str) -> None:
    other = new_id()
    front.connect(other, new_id())
    allow(front, tenant, 0)
    allow(front, other, 1)
    queue(front, other)
    with pytest.raises(QuotaExceeded):
        queue(front, tenant, channelId=channel)


def test_a_disconnected_channel_takes_no_message(front: Front, tenant: str, channel: str) -> None:
    conversation = queue(front, tenant).conversation_id
    front.connect(tenant, f"pn-{tenant}", channel_id=channel, version=2, is_active=False)
    for way in (
        {"channelId": channel},
        {"phoneNumberId": f"pn-{tenant}"},
        {"to": None, "conversationId": conversation},
    ):
        with pytest.raises(ChannelDisconnected):
            queue(front, tenant, **way)
    front.connect(tenant, f"pn-{tenant}", channel_id=channel, version=3)
    assert queue(front, tenant, channelId=channel).conversation_id == conversation


def test_what_comes_in_goes_to_who_has_the_number_now(front: Front, tenant: str, channel: str) -> None:
    other = new_id()
    front.connect(tenant, f"pn-{tenant}", channel_id=channel, version=2, is_active=False)
    front.connect(other, f"pn-{tenant}")
    front.post(body_of(value_of([text_of(new_id())], number=f"pn-{tenant}")))
    assert front.value("select count(*) from messages where tenant_id = :tenant", tenant=other) == 1
    assert front.value("select count(*) from messages where tenant_id = :tenant", tenant=tenant) == 0


def test_nothing_goes_out_for_who_is_suspended(front: Front, tenant: str) -> None:
    channel_id = new_id()
    front.connect(tenant, f"pn-{tenant}", channel_id=channel_id, credentials=sealed(tenant, channel_id))
    allow(front, tenant, 5)
    waiting, sender = queue(front, tenant), Scripted()
    allow(front, tenant, 5, at=THEN + timedelta(hours=1), status=TenantStatus.SUSPENDED)
    with pytest.raises(TenantSuspended):
        queue(front, tenant)
    assert send(front, tenant, waiting.id, sender) is None
    assert sender.sent == []
    failed = front.rows("select status, error from messages where tenant_id = :tenant", tenant=tenant)
    assert [(row.status, row.error["code"]) for row in failed] == [("FAILED", "tenant_suspended")]
    front.post(body_of(value_of([text_of(new_id())], number=f"pn-{tenant}")))
    assert front.value("select count(*) from messages where tenant_id = :tenant", tenant=tenant) == 2
    allow(front, tenant, 5, at=THEN + timedelta(hours=2))
    assert send(front, tenant, queue(front, tenant).id, sender) is None
    assert len(sender.sent) == 1


def test_what_is_told_again_of_the_same_state_may_tell_more(front: Front, tenant: str, channel: str) -> None:
    allow(front, tenant, 5)
    allow(front, tenant, 5, status=TenantStatus.SUSPENDED)
    with pytest.raises(TenantSuspended):
        queue(front, tenant, channelId=channel)
