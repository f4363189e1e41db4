"""Connecting channels: within the plan, one owner for each number, credentials sealed at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import (
    Channel,
    ChannelConnectedV1,
    ChannelType,
    CreateChannel,
    NumberTaken,
    PlanCode,
    PlanLimit,
    SalonUnknown,
    TenantUnknown,
)
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.envelope import KeyRing, Place, SealError
from services.common.kit.uow import TENANT
from services.tenants.commands import create_channel
from tests.integration.databases import PrivateDatabase, connected
from tests.integration.tenants.conftest import ENVELOPE_KEYS, MakeTenant, add_salon
from tests.integration.tenants.outbox import published

TOKEN = "EAAGm0PX4ZCpsBA-canary-1f3a"
KEYS = KeyRing.from_setting(ENVELOPE_KEYS)

Connect = Callable[..., Channel]


@pytest.fixture
def connect(database: Database) -> Connect:
    def run(context: Context, **values: Any) -> Channel:
        complete = {
            "type": ChannelType.WHATSAPP_CLOUD,
            "name": "Main number",
            "phone_number_id": ids.new_id(),
            "business_account_id": "102290129340398",
            "access_token": TOKEN,
        }
        with database.transaction(context, TENANT) as uow:
            return create_channel.run(CreateChannel(**complete | values), uow, KEYS)

    return run


def test_a_channel_shows_the_end_of_its_token_only(connect: Connect, ours: Context) -> None:
    made = connect(ours, phone_number_id="pn-shown", display_phone_number="+15550783881")
    assert (made.type, made.name, made.is_active) == (ChannelType.WHATSAPP_CLOUD, "Main number", True)
    assert (made.phone_number_id, made.display_phone_number) == ("pn-shown", "+15550783881")
    assert made.access_token == "••••1f3a"


def test_it_is_told_with_sealed_credentials(connect: Connect, ours: Context, tenants_database: PrivateDatabase) -> None:
    made = connect(ours)
    (told,) = [
        envelope
        for envelope in published(tenants_database, ours.tenant_id or "")
        if envelope.type == ChannelConnectedV1.TYPE
    ]
    event = ChannelConnectedV1.from_wire(told.data)
    assert (event.channel_id, event.phone_number_id, event.version) == (made.id, made.phone_number_id, 1)
    place = Place(ours.tenant_id or "", "channels", "credentials", made.id)
    assert KEYS.open(event.credentials or "", place) == TOKEN
    with pytest.raises(SealError):
        KEYS.open(event.credentials or "", Place(ids.new_id(), "channels", "credentials", made.id))


def test_the_token_is_nowhere_in_the_database(
    connect: Connect, ours: Context, tenants_database: PrivateDatabase
) -> None:
    connect(ours)
    with connected(tenants_database.admin_url) as admin:
        for table in "channels", "outbox":
            rows = admin.exec_driver_sql(f"select t::text from {table} t").scalars()
            assert not [row for row in rows if "canary" in row]


def test_a_bot_has_one_owner_too(connect: Connect, ours: Context, theirs: Context) -> None:
    bot = {"type": ChannelType.TELEGRAM, "phone_number_id": None, "business_account_id": None, "access_token": None}
    token = "7000000001:AAFakeTokenForOfflineTests-canary"
    made = connect(ours, **bot, bot_token=token)
    assert (made.type, made.bot_token, made.access_token) == (ChannelType.TELEGRAM, "••••nary", None)
    with pytest.raises(NumberTaken):
        connect(theirs, **bot, bot_token=token)


def test_incomplete_credentials_are_refused(connect: Connect, ours: Context) -> None:
    with pytest.raises(Invalid) as caught:
        connect(ours, phone_number_id=None, access_token=None)
    assert set(caught.value.details) == {"phoneNumberId", "accessToken"}


def test_a_number_has_one_owner_in_the_platform(connect: Connect, ours: Context, theirs: Context) -> None:
    connect(ours, phone_number_id="pn-one-owner")
    with pytest.raises(NumberTaken) as caught:
        connect(theirs, phone_number_id="pn-one-owner")
    assert str(ours.tenant_id) not in str(caught.value.to_wire())
    with pytest.raises(NumberTaken):
        connect(ours, phone_number_id="pn-one-owner")


def test_one_number_wanted_by_twenty_at_once_has_one_owner(connect: Connect, make_tenant: MakeTenant) -> None:
    contexts = [Context.new(tenant_id=make_tenant().id) for _ in range(20)]
    jobs = [eventlet.spawn(_outcome, connect, context, phone_number_id="pn-wanted") for context in contexts]
    assert sorted(job.wait() for job in jobs) == ["Channel"] + ["NumberTaken"] * 19


@pytest.mark.parametrize(("plan", "limit"), [(PlanCode.BASIC, 5), (PlanCode.PRO, 20)])
def test_twenty_at_once_stay_within_the_plan(
    connect: Connect, make_tenant: MakeTenant, plan: PlanCode, limit: int
) -> None:
    context = Context.new(tenant_id=make_tenant(plan=plan).id)
    before = 0 if limit == 5 else limit - 3
    for _ in range(before):
        connect(context)
    jobs = [eventlet.spawn(_outcome, connect, context) for _ in range(20)]
    outcomes = [job.wait() for job in jobs]
    assert outcomes.count("Channel") == limit - before
    assert outcomes.count("PlanLimit") == 20 - (limit - before)


def test_the_limit_is_the_tenants_own(connect: Connect, ours: Context, theirs: Context) -> None:
    for _ in range(5):
        connect(ours)
    with pytest.raises(PlanLimit):
        connect(ours)
    assert connect(theirs).is_active


def test_a_channel_may_belong_to_a_salon(connect: Connect, database: Database, ours: Context) -> None:
    salon = add_salon(database, ours)
    assert connect(ours, salon_id=salon.id).salon_id == salon.id


def test_another_tenants_salon_is_unknown(connect: Connect, database: Database, ours: Context, theirs: Context) -> None:
    salon = add_salon(database, theirs)
    for salon_id in salon.id, ids.new_id():
        with pytest.raises(SalonUnknown):
            connect(ours, salon_id=salon_id)


def test_a_tenant_that_is_not_there_connects_nothing(connect: Connect) -> None:
    with pytest.raises(TenantUnknown):
        connect(Context.new(tenant_id=ids.new_id()))


def _outcome(connect: Connect, context: Context, **values: Any) -> str:
    try:
        return type(connect(context, **values)).__name__
    except (NumberTaken, PlanLimit) as refusal:
        return type(refusal).__name__
