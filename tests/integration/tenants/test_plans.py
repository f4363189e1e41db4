"""Plans and what is used of them; what a super admin does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from services.common.contracts.base import Envelope, Event
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.messaging import MessageQueuedV1, MessageReceivedV1, MessageType
from services.common.contracts.tenants import (
    AdminUpdateTenant,
    ChangePlan,
    ChannelConnectedV1,
    GetChannelStatus,
    ListTenants,
    PlanChangedV1,
    PlanCode,
    PlanTooSmall,
    PlatformAdminNeeded,
    Tenant,
    TenantResumedV1,
    TenantStatus,
    TenantSuspendedV1,
    TenantUnknown,
    TenantUpdatedV1,
    UsageMetric,
    UsageThresholdReachedV1,
)
from services.common.kit import clock, ids
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.uow import SYSTEM, TENANT
from services.tenants import queries
from services.tenants.commands import (
    administer_tenant,
    change_plan,
    check_channel,
    count_usage,
    note_traffic,
    tell_anew,
    watch_channels,
)
from tests.integration.databases import connected
from tests.integration.tenants.conftest import MakeTenant
from tests.integration.tenants.desk import Desk


def queued(context: Context, channel_id: str, at: datetime | None = None) -> Envelope:
    at = at or clock.now()
    event = MessageQueuedV1(
        message_id=ids.new_id(),
        conversation_id=ids.new_id(),
        contact_id=ids.new_id(),
        channel_id=channel_id,
        message_type=MessageType.TEXT,
        queued_at=at,
        is_new_conversation=False,
    )
    return enveloped(context, event, at)


def received(context: Context, channel_id: str, at: datetime) -> Envelope:
    event = MessageReceivedV1(
        message_id=ids.new_id(),
        conversation_id=ids.new_id(),
        contact_id=ids.new_id(),
        channel_id=channel_id,
        message_type=MessageType.TEXT,
        sent_at=at,
        is_new_conversation=False,
    )
    return enveloped(context, event, at)


def enveloped(context: Context, event: Event, at: datetime) -> Envelope:
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


def count(desk: Desk, command: Callable[..., Any], envelopes: list[Envelope]) -> None:
    with desk.database.transaction(Context.new(), SYSTEM) as uow:
        command(envelopes, uow)


def already_sent(desk: Desk, context: Context, messages: int) -> None:
    month = desk.ask(context, queries.get_usage).month
    with connected(desk.private.admin_url) as admin:
        admin.exec_driver_sql(
            "insert into usage_months values (%s, %s, %s)"
            " on conflict (tenant_id, month) do update set messages = excluded.messages",
            (context.tenant_id, month, messages),
        )
        admin.commit()


def administer(desk: Desk, tenant_id: str, role: str | None = "SUPER_ADMIN", **values: Any) -> Tenant:
    context = Context.new(role=role, user_id=ids.new_id())
    with desk.database.transaction(context, SYSTEM) as uow:
        return administer_tenant.run(AdminUpdateTenant(id=tenant_id, **values), uow)


def test_a_plan_is_changed_at_once_and_told(desk: Desk, ours: Context) -> None:
    assert desk.ask(ours, queries.get_subscription).plan is PlanCode.BASIC
    after = desk.order(ours, change_plan.run, ChangePlan(plan=PlanCode.PRO))
    assert (after.plan, after.limits.channels, after.limits.messages_per_month) == (PlanCode.PRO, 20, 50_000)
    assert [plan.code for plan in after.plans] == list(PlanCode)
    (changed,) = desk.told(ours, PlanChangedV1)
    assert (changed.previous, changed.plan) == (PlanCode.BASIC, PlanCode.PRO)
    updated = desk.told(ours, TenantUpdatedV1)[-1]
    assert (updated.tenant.plan, updated.limits.messages_per_month) == (PlanCode.PRO, 50_000)
    desk.order(ours, change_plan.run, ChangePlan(plan=PlanCode.PRO))
    assert len(desk.told(ours, PlanChangedV1)) == 1


def test_a_plan_below_the_present_use_names_what_is_in_the_way(desk: Desk, make_tenant: MakeTenant) -> None:
    ours = Context.new(tenant_id=make_tenant(plan=PlanCode.PRO).id)
    for _ in range(6):
        desk.channel(ours)
    already_sent(desk, ours, 10_001)
    with pytest.raises(PlanTooSmall) as caught:
        desk.order(ours, change_plan.run, ChangePlan(plan=PlanCode.BASIC))
    assert set(caught.value.details) == {"channels", "messages"}
    assert desk.ask(ours, queries.get_subscription).plan is PlanCode.PRO


def test_messages_are_counted_by_tenant_and_month(desk: Desk, ours: Context, theirs: Context) -> None:
    channel = desk.channel(ours)
    long_ago = datetime.fromisoformat("2020-01-01T00:00:00Z")
    count(desk, count_usage.run, [queued(ours, channel.id) for _ in range(3)] + [queued(theirs, ids.new_id())])
    count(desk, count_usage.run, [queued(ours, channel.id), queued(ours, channel.id, long_ago)])
    usage = desk.ask(ours, queries.get_usage)
    assert (usage.messages.used, usage.messages.limit, usage.channels.used) == (4, 10_000, 1)
    assert usage.from_ <= clock.now() < usage.to
    assert desk.ask(theirs, queries.get_usage).messages.used == 1


def test_each_threshold_is_told_once_in_a_month(desk: Desk, ours: Context) -> None:
    channel_id = ids.new_id()
    already_sent(desk, ours, 7_998)
    steps = []
    for batch in (1, 1, 1):
        count(desk, count_usage.run, [queued(ours, channel_id) for _ in range(batch)])
        steps.append(len(desk.told(ours, UsageThresholdReachedV1)))
    assert steps == [0, 1, 1]
    count(desk, count_usage.run, [queued(ours, channel_id) for _ in range(1_999)])
    count(desk, count_usage.run, [queued(ours, channel_id)])
    told = desk.told(ours, UsageThresholdReachedV1)
    assert [(event.metric, event.threshold, event.limit) for event in told] == [
        (UsageMetric.MESSAGES, 80, 10_000),
        (UsageMetric.MESSAGES, 100, 10_000),
    ]
    assert desk.ask(ours, queries.get_usage).messages.percent == 100


def test_channels_have_thresholds_too(desk: Desk, ours: Context) -> None:
    told = []
    for _ in range(5):
        desk.channel(ours)
        for _ in range(2):
            with desk.database.transaction(ours, TENANT) as uow:
                watch_channels.run(uow)
        told.append([event.threshold for event in desk.told(ours, UsageThresholdReachedV1)])
    assert told == [[], [], [], [80], [80, 100]]


def test_the_last_traffic_of_a_channel_is_the_latest(desk: Desk, ours: Context) -> None:
    channel = desk.channel(ours)
    early, late = (datetime.fromisoformat(f"2026-01-0{day}T00:00:00Z") for day in (1, 2))
    count(desk, note_traffic.run, [received(ours, channel.id, late), received(ours, channel.id, early)])
    count(desk, note_traffic.run, [received(ours, channel.id, early)])
    count(desk, count_usage.run, [queued(ours, channel.id, early)])
    health = desk.order_in_steps(ours, check_channel.run, GetChannelStatus(channel_id=channel.id))
    assert (health.last_inbound_at, health.last_outbound_at) == (late, early)


def test_a_tenant_is_suspended_and_resumed(desk: Desk, ours: Context) -> None:
    tenant_id = ours.tenant_id or ""
    assert administer(desk, tenant_id, status=TenantStatus.SUSPENDED).status is TenantStatus.SUSPENDED
    assert tenant_id in desk.ask_platform(queries.list_suspended_tenants).tenant_ids
    assert desk.told(ours, TenantUpdatedV1)[-1].tenant.status is TenantStatus.SUSPENDED
    assert len(desk.told(ours, TenantSuspendedV1)) == 1
    assert desk.audit(ours).after == {"status": "SUSPENDED"}
    administer(desk, tenant_id, status=TenantStatus.SUSPENDED)
    assert len(desk.told(ours, TenantSuspendedV1)) == 1
    administer(desk, tenant_id, status=TenantStatus.ACTIVE, plan=PlanCode.MAX)
    assert tenant_id not in desk.ask_platform(queries.list_suspended_tenants).tenant_ids
    assert (len(desk.told(ours, TenantResumedV1)), len(desk.told(ours, PlanChangedV1))) == (1, 1)
    assert desk.ask(ours, queries.get_subscription).plan is PlanCode.MAX


def test_only_a_super_admin_administers(desk: Desk, ours: Context) -> None:
    for role in ("OWNER", None):
        with pytest.raises(PlatformAdminNeeded):
            administer(desk, ours.tenant_id or "", role=role, status=TenantStatus.SUSPENDED)
        with pytest.raises(PlatformAdminNeeded):
            desk.ask_platform(queries.list_tenants, ListTenants(), role=role)
    with pytest.raises(TenantUnknown):
        administer(desk, ids.new_id(), status=TenantStatus.SUSPENDED)


def test_tenants_are_listed_and_filtered(desk: Desk, make_tenant: MakeTenant) -> None:
    word = f"w{ids.new_id()[-8:]}"
    made = [make_tenant(f"Salon {word} {plan.value}", plan) for plan in PlanCode]
    administer(desk, made[0].id, status=TenantStatus.SUSPENDED)

    def found(**filters: Any) -> list[str]:
        page = desk.ask_platform(queries.list_tenants, ListTenants(q=word.upper(), **filters), role="SUPER_ADMIN")
        return [tenant.id for tenant in page.tenants]

    assert found() == [tenant.id for tenant in made]
    assert found(plan=PlanCode.PRO) == [made[1].id]
    assert found(status=TenantStatus.SUSPENDED) == [made[0].id]
    assert found(limit=1) == [made[0].id]
    nothing = desk.ask_platform(queries.list_tenants, ListTenants(q="%"), role="SUPER_ADMIN")
    assert nothing.tenants == []


def thresholds(desk: Desk, context: Context) -> list[tuple[int, int]]:
    return [(event.threshold, event.limit) for event in desk.told(context, UsageThresholdReachedV1)]


def test_another_plan_has_thresholds_of_its_own(desk: Desk, ours: Context) -> None:
    channel_id = ids.new_id()
    already_sent(desk, ours, 9_999)
    count(desk, count_usage.run, [queued(ours, channel_id)])
    desk.order(ours, change_plan.run, ChangePlan(plan=PlanCode.PRO))
    assert thresholds(desk, ours) == [(80, 10_000), (100, 10_000)]
    already_sent(desk, ours, 39_999)
    count(desk, count_usage.run, [queued(ours, channel_id)])
    assert thresholds(desk, ours)[2:] == [(80, 50_000)]
    desk.order(ours, change_plan.run, ChangePlan(plan=PlanCode.MAX))
    count(desk, count_usage.run, [queued(ours, channel_id)])
    assert len(thresholds(desk, ours)) == 3


@pytest.mark.parametrize("by_admin", [True, False])
def test_who_takes_a_smaller_plan_is_warned_at_once(desk: Desk, make_tenant: MakeTenant, *, by_admin: bool) -> None:
    ours = Context.new(tenant_id=make_tenant(plan=PlanCode.PRO).id)
    for _ in range(4):
        desk.channel(ours)
    already_sent(desk, ours, 10_000)
    if by_admin:
        administer(desk, ours.tenant_id or "", plan=PlanCode.BASIC)
    else:
        desk.order(ours, change_plan.run, ChangePlan(plan=PlanCode.BASIC))
    assert thresholds(desk, ours) == [(80, 5), (80, 10_000), (100, 10_000)]


def test_others_are_told_anew_what_an_earlier_release_did_not_tell(desk: Desk, ours: Context) -> None:
    channel = desk.channel(ours)
    before = desk.ask(ours, queries.get_tenant)
    system = Begin(desk.database, Context.new(), SYSTEM)
    tell_anew.run(system)
    assert desk.told(ours, TenantUpdatedV1) == []
    with connected(desk.private.admin_url) as admin:
        admin.exec_driver_sql("update tenants set told = 0 where tenant_id = %s", (ours.tenant_id,))
        admin.commit()
    assert tell_anew.run(system) >= 1
    (told,) = desk.told(ours, TenantUpdatedV1)
    assert (told.tenant, told.limits.messages_per_month) == (before, 10_000)
    versions = [(event.channel_id, event.version) for event in desk.told(ours, ChannelConnectedV1)]
    assert versions == [(channel.id, 1), (channel.id, 2)]
    assert tell_anew.run(system) == 0
