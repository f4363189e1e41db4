"""Whose a number is in truth: what the provider has accepted counts, and what was merely named gives way."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import (
    Channel,
    ChannelChanged,
    ChannelConnectedV1,
    ChannelStatus,
    CreateSalon,
    CredentialsRefused,
    GetChannel,
    NumberTaken,
    Settings,
    UpdateChannel,
    UpdateSettings,
    WhatsappChange,
)
from services.common.kit import ids
from services.common.kit.context import Context
from services.tenants import queries
from services.tenants.commands import create_salon, update_channel, update_settings
from tests.integration.tenants.desk import TOKEN, Desk
from tests.integration.tenants.test_channels import NEXT, change, connect, disconnect, sealed_token


def shown(desk: Desk, context: Context, channel: Channel) -> Channel:
    found: Channel = desk.ask(context, queries.get_channel, GetChannel(channel_id=channel.id))
    return found


def set_whatsapp(desk: Desk, context: Context, **values: Any) -> Settings:
    order = UpdateSettings(whatsapp_config=WhatsappChange(**values))
    made: Settings = desk.order_in_steps(context, update_settings.run, order)
    return made


def bot_token() -> str:
    return f"{int(ids.new_id()[-10:], 16)}:AAFakeTokenForOfflineTests-canary"


def test_a_number_that_was_only_named_goes_to_who_proves_it(desk: Desk, ours: Context, theirs: Context) -> None:
    theirs = Context.new(tenant_id=theirs.tenant_id, user_id=ids.new_id(), address="2001:db8::1")
    bystander = desk.channel(ours)
    named = desk.channel(ours)
    mine = desk.channel(theirs, phone_number_id=named.phone_number_id, is_active=False)
    assert (mine.status, mine.is_active) == (ChannelStatus.DISCONNECTED, False)
    assert connect(desk, theirs, mine).status is ChannelStatus.CONNECTED
    assert shown(desk, ours, bystander).is_active
    lost = shown(desk, ours, named)
    assert (lost.is_active, lost.last_error) == (False, "Another business has proved that this is its own.")
    told = desk.told(ours, ChannelConnectedV1)[-1]
    assert (told.is_active, told.credentials, told.version) == (False, None, 2)
    noted = desk.audit(ours)
    assert (noted.action, noted.actor_id, noted.address) == ("channel.disconnected", None, None)
    with pytest.raises(NumberTaken):
        connect(desk, ours, named)


def test_a_bot_that_was_only_named_goes_to_who_proves_it(desk: Desk, ours: Context, theirs: Context) -> None:
    token = bot_token()
    named = desk.channel(ours, bot_token=token)
    connect(desk, theirs, desk.channel(theirs, bot_token=token, is_active=False))
    assert not shown(desk, ours, named).is_active


def test_a_number_that_was_proved_is_not_taken_over(desk: Desk, ours: Context, theirs: Context) -> None:
    proved = connect(desk, ours, desk.channel(ours))
    with pytest.raises(NumberTaken):
        desk.channel(theirs, phone_number_id=proved.phone_number_id)
    mine = desk.channel(theirs, phone_number_id=proved.phone_number_id, is_active=False)
    with pytest.raises(NumberTaken):
        connect(desk, theirs, mine)
    assert shown(desk, ours, proved).status is ChannelStatus.CONNECTED


@pytest.mark.parametrize("is_bot", [False, True])
def test_what_was_proved_once_is_given_only_to_who_proves_it(
    desk: Desk, ours: Context, theirs: Context, *, is_bot: bool
) -> None:
    same: dict[str, Any] = {"bot_token": bot_token()} if is_bot else {"phone_number_id": ids.new_id()}
    disconnect(desk, ours, connect(desk, ours, desk.channel(ours, **same)))
    named = desk.channel(theirs, **same)
    assert not named.is_active
    assert not desk.told(theirs, ChannelConnectedV1)[-1].is_active
    desk.provider.refusal = CredentialsRefused("Not yours.")
    with pytest.raises(CredentialsRefused):
        connect(desk, theirs, named)
    assert not shown(desk, theirs, named).is_active
    desk.provider.refusal = None
    assert connect(desk, theirs, named).is_active


def test_neither_settings_nor_salon_name_what_somebody_else_has_proved(
    desk: Desk, ours: Context, theirs: Context
) -> None:
    proved = disconnect(desk, ours, connect(desk, ours, desk.channel(ours)))
    with pytest.raises(NumberTaken, match="connect"):
        set_whatsapp(desk, theirs, phone_number_id=proved.phone_number_id)
    salon = CreateSalon(name="Rosa", timezone="UTC", currency="EUR", phone_number_id=proved.phone_number_id)
    with pytest.raises(NumberTaken):
        desk.order(theirs, create_salon.run, salon)
    assert set_whatsapp(desk, ours, phone_number_id=proved.phone_number_id).whatsapp_config.channel_id == proved.id


def test_another_account_of_a_proved_channel_is_proved_too(desk: Desk, ours: Context) -> None:
    channel = connect(desk, ours, desk.channel(ours))
    desk.provider.asked.clear()
    desk.provider.refusal = CredentialsRefused("Not your account.")
    with pytest.raises(CredentialsRefused):
        change(desk, ours, channel, business_account_id="1234")
    with pytest.raises(CredentialsRefused):
        set_whatsapp(desk, ours, business_account_id="1234")
    assert shown(desk, ours, channel).business_account_id == channel.business_account_id
    desk.provider.refusal = None
    desk.provider.asked.clear()
    assert change(desk, ours, channel, business_account_id="1234").business_account_id == "1234"
    assert set_whatsapp(desk, ours, business_account_id="12345").whatsapp_config.business_account_id == "12345"
    assert desk.provider.asked == [("verify", TOKEN), ("register", TOKEN)] * 2
    change(desk, ours, channel, business_account_id="12345", name="The same account")
    assert len(desk.provider.asked) == 4


def test_what_changes_while_the_provider_is_asked_was_not_proved(desk: Desk, ours: Context) -> None:
    channel = desk.channel(ours)
    desk.provider.meanwhile = lambda: change(desk, ours, channel, access_token=NEXT)
    with pytest.raises(ChannelChanged):
        connect(desk, ours, channel)
    assert shown(desk, ours, channel).verified_at is None
    desk.provider.meanwhile = lambda: change(desk, ours, channel, business_account_id="1234")
    with pytest.raises(ChannelChanged):
        connect(desk, ours, channel)
    assert connect(desk, ours, channel).status is ChannelStatus.CONNECTED
    desk.provider.meanwhile = lambda: disconnect(desk, ours, channel)
    after = change(desk, ours, channel, access_token=NEXT)
    assert (after.status, after.access_token) == (ChannelStatus.DISCONNECTED, "••••9x9x")


def test_two_rotations_at_once_leave_the_one_that_was_proved(desk: Desk, ours: Context) -> None:
    channel = connect(desk, ours, desk.channel(ours))
    desk.provider.meanwhile = lambda: change(desk, ours, channel, access_token=NEXT)
    order = UpdateChannel(channel_id=channel.id, business_account_id="1234")
    with pytest.raises(ChannelChanged):
        desk.order_in_steps(ours, update_channel.run, order)
    desk.provider.meanwhile = lambda: change(desk, ours, channel, access_token=TOKEN)
    with pytest.raises(ChannelChanged):
        set_whatsapp(desk, ours, business_account_id="1234")
    assert sealed_token(desk, ours, channel) == TOKEN
    assert shown(desk, ours, channel).business_account_id == channel.business_account_id


def test_a_bot_has_no_account(desk: Desk, ours: Context) -> None:
    bot = desk.channel(ours, bot_token=bot_token())
    with pytest.raises(Invalid, match="businessAccountId"):
        change(desk, ours, bot, business_account_id="1234")
