"""Settings: a way to the default channel, write-only secrets, what others keep a copy of."""

from __future__ import annotations

import hashlib
from typing import Any

import eventlet
import pytest

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import (
    AuditRecordedV1,
    ChannelConnectedV1,
    CheckVerifyToken,
    ConnectChannel,
    CredentialsRefused,
    NumberTaken,
    PlanLimit,
    QuietHours,
    Settings,
    SettingsUpdatedV1,
    TenantUpdatedV1,
    UpdateChannel,
    UpdateSettings,
    WebhookChange,
    WhatsappChange,
)
from services.common.kit import ids
from services.common.kit.context import Context
from services.tenants import queries
from services.tenants.commands import connect_channel, update_channel, update_settings
from tests.integration.databases import connected
from tests.integration.tenants.desk import TOKEN, Desk

VERIFY_TOKEN = "verify-canary-7Zk1n3oV"


def change(desk: Desk, context: Context, **values: Any) -> Settings:
    settings: Settings = desk.order_in_steps(context, update_settings.run, UpdateSettings(**values))
    return settings


def accepted(desk: Desk, token: str) -> bool:
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    answer = desk.ask_platform(queries.check_verify_token, CheckVerifyToken(token_hash=token_hash))
    return bool(answer.accepted)


def test_a_tenant_that_has_said_nothing_has_plain_settings(desk: Desk, ours: Context) -> None:
    shown = desk.ask(ours, queries.get_settings)
    assert (shown.quiet_hours, shown.reminder_times, shown.require_mfa) == (None, [], False)
    assert (shown.whatsapp_config.channel_id, shown.webhook_config.verify_token) == (None, None)


def test_what_is_sent_is_kept_and_told(desk: Desk, ours: Context) -> None:
    hours = QuietHours(from_="21:00", to="08:00")
    made = change(desk, ours, quiet_hours=hours, reminder_times=[120, 1440, 120], require_mfa=True, locale="de")
    assert (made.quiet_hours, made.reminder_times, made.require_mfa) == (hours, [1440, 120], True)
    assert desk.ask(ours, queries.get_settings) == made
    assert desk.told(ours, TenantUpdatedV1)[-1].mfa_required
    assert desk.told(ours, TenantUpdatedV1)[-1].tenant.locale == "de"
    assert desk.told(ours, SettingsUpdatedV1)[-1].reminder_times == [1440, 120]
    again = change(desk, ours, quiet_hours=None)
    assert (again.quiet_hours, again.reminder_times, again.locale) == (None, [1440, 120], "de")
    assert desk.audit(ours).before == {"quietHours.from": "21:00", "quietHours.to": "08:00"}


def test_hours_without_length_are_refused(desk: Desk, ours: Context) -> None:
    with pytest.raises(Invalid) as caught:
        change(desk, ours, quiet_hours=QuietHours(from_="21:00", to="21:00"))
    assert set(caught.value.details) == {"quietHours.to"}


def test_a_number_makes_the_default_channel(desk: Desk, ours: Context, theirs: Context) -> None:
    number = ids.new_id()
    wanted = WhatsappChange(phone_number_id=number, business_account_id="1", access_token=TOKEN)
    config = change(desk, ours, whatsapp_config=wanted).whatsapp_config
    assert (config.phone_number_id, config.business_account_id, config.access_token) == (number, "1", "••••1f3a")
    event = desk.told(ours, ChannelConnectedV1)[-1]
    assert (event.channel_id, event.phone_number_id, event.is_active) == (config.channel_id, number, True)
    with pytest.raises(NumberTaken):
        change(desk, theirs, whatsapp_config=wanted)
    assert desk.provider.asked == []


def test_the_named_number_is_the_default_though_older_ones_are_there(desk: Desk, ours: Context) -> None:
    first, second = desk.channel(ours), desk.channel(ours)
    assert desk.ask(ours, queries.get_settings).whatsapp_config.channel_id == first.id
    named = WhatsappChange(phone_number_id=second.phone_number_id or "")
    assert change(desk, ours, whatsapp_config=named).whatsapp_config.channel_id == second.id


def test_without_a_channel_there_is_nothing_to_give_a_token_to(desk: Desk, ours: Context) -> None:
    with pytest.raises(Invalid) as caught:
        change(desk, ours, whatsapp_config=WhatsappChange(access_token=TOKEN))
    assert set(caught.value.details) == {"whatsappConfig.phoneNumberId"}


def test_numbers_stay_within_the_plan(desk: Desk, ours: Context) -> None:
    for _ in range(5):
        desk.channel(ours)
    with pytest.raises(PlanLimit):
        change(desk, ours, whatsapp_config=WhatsappChange(phone_number_id=ids.new_id()))


def test_a_token_as_it_is_shown_stays_as_it_is(desk: Desk, ours: Context) -> None:
    channel = desk.channel(ours)
    before = desk.told(ours, ChannelConnectedV1)[-1].credentials
    masked = WhatsappChange(phone_number_id=channel.phone_number_id or "", access_token="••••1f3a")
    change(desk, ours, whatsapp_config=masked)
    assert desk.told(ours, ChannelConnectedV1)[-1].credentials == before


def test_a_token_that_replaces_a_good_one_must_be_good(desk: Desk, ours: Context) -> None:
    channel = desk.channel(ours)
    desk.order_in_steps(ours, connect_channel.run, ConnectChannel(channel_id=channel.id))
    desk.provider.refusal = CredentialsRefused("Error validating access token.")
    with pytest.raises(CredentialsRefused):
        change(desk, ours, whatsapp_config=WhatsappChange(access_token="EAAG-another-9x9x"))
    assert desk.ask(ours, queries.get_settings).whatsapp_config.access_token == "••••1f3a"
    desk.provider.refusal = None
    config = change(desk, ours, whatsapp_config=WhatsappChange(access_token="EAAG-another-9x9x")).whatsapp_config
    assert config.access_token == "••••9x9x"


def test_a_verify_token_is_accepted_while_it_is_enabled(desk: Desk, ours: Context) -> None:
    token = f"{VERIFY_TOKEN}-{ids.new_id()}"
    assert not accepted(desk, token)
    shown = change(desk, ours, webhook_config=WebhookChange(verify_token=token, enabled=True)).webhook_config
    assert (shown.verify_token, shown.enabled) == ("••••", True)
    assert accepted(desk, token)
    change(desk, ours, webhook_config=WebhookChange(enabled=False, verify_token="••••"))
    assert not accepted(desk, token)
    change(desk, ours, webhook_config=WebhookChange(enabled=True))
    assert accepted(desk, token)
    assert change(desk, ours, webhook_config=WebhookChange(verify_token=None)).webhook_config.verify_token is None
    assert not accepted(desk, token)


@pytest.mark.parametrize("token", ["short", "with a space", "é" * 10])
def test_a_verify_token_must_be_one_that_can_be_sent(desk: Desk, ours: Context, token: str) -> None:
    with pytest.raises(Invalid) as caught:
        change(desk, ours, webhook_config=WebhookChange(verify_token=token))
    assert set(caught.value.details) == {"webhookConfig.verifyToken"}


def test_no_secret_is_anywhere_in_the_database(desk: Desk, ours: Context) -> None:
    wanted = WhatsappChange(phone_number_id=ids.new_id(), business_account_id="1", access_token=TOKEN)
    change(desk, ours, whatsapp_config=wanted, webhook_config=WebhookChange(verify_token=VERIFY_TOKEN, enabled=True))
    assert "canary" not in str(desk.audit(ours).to_wire())
    with connected(desk.private.admin_url) as admin:
        tables = "select table_name from information_schema.tables where table_schema = 'public'"
        for table in admin.exec_driver_sql(tables).scalars().all():
            rows = admin.exec_driver_sql(f'select t::text from "{table}" t').scalars()
            assert [row for row in rows if "canary" in row] == [], table


def test_settings_are_the_tenants_own(desk: Desk, ours: Context, theirs: Context) -> None:
    change(desk, ours, reminder_times=[60], whatsapp_config=WhatsappChange(phone_number_id=ids.new_id()))
    shown = desk.ask(theirs, queries.get_settings)
    assert (shown.reminder_times, shown.whatsapp_config.channel_id) == ([], None)


def test_the_log_tells_of_a_secret_that_looks_the_same(desk: Desk, ours: Context) -> None:
    change(desk, ours, webhook_config=WebhookChange(verify_token=VERIFY_TOKEN))
    change(desk, ours, webhook_config=WebhookChange(verify_token=f"{VERIFY_TOKEN}-next"))
    entry = desk.audit(ours)
    assert entry.before == entry.after == {"webhookConfig.verifyToken": "secret"}
    change(desk, ours, webhook_config=WebhookChange(verify_token="••••"))
    change(desk, ours, webhook_config=WebhookChange(verify_token=f"{VERIFY_TOKEN}-next"))
    assert len(desk.told(ours, AuditRecordedV1)) == 2


def test_settings_and_channel_changed_at_once_are_two_versions(desk: Desk, ours: Context) -> None:
    channel = desk.channel(ours)
    number = str(channel.phone_number_id)
    jobs = []
    for turn in range(5):
        named = WhatsappChange(phone_number_id=number, business_account_id=f"1{turn}")
        renamed = UpdateChannel(channel_id=channel.id, name=f"Reception {turn}")
        jobs.append(eventlet.spawn(change, desk, ours, whatsapp_config=named))
        jobs.append(eventlet.spawn(change, desk, ours, whatsapp_config=WhatsappChange(business_account_id=f"2{turn}")))
        jobs.append(eventlet.spawn(desk.order_in_steps, ours, update_channel.run, renamed))
    for job in jobs:
        job.wait()
    versions = [event.version for event in desk.told(ours, ChannelConnectedV1)]
    assert sorted(versions) == list(range(1, 17))


def test_settings_that_are_the_same_are_no_change(desk: Desk, ours: Context) -> None:
    before = desk.ask(ours, queries.get_settings)
    plain: dict[str, Any] = {"quiet_hours": None, "reminder_times": [], "require_mfa": False}
    assert change(desk, ours) == change(desk, ours, **plain, currency=before.currency) == before
    assert desk.everything_told(ours) == ["tenant.created.v1"]
    config = WhatsappChange(phone_number_id=ids.new_id(), business_account_id="1", access_token=TOKEN)
    said: dict[str, Any] = plain | {"reminder_times": [60, 30], "require_mfa": True}
    change(desk, ours, **said, whatsapp_config=config, webhook_config=WebhookChange(verify_token=VERIFY_TOKEN))
    before, told = desk.ask(ours, queries.get_settings), desk.everything_told(ours)
    shown = WhatsappChange(phone_number_id=config.phone_number_id, business_account_id="1", access_token="••••1f3a")
    again = WebhookChange(verify_token=VERIFY_TOKEN, enabled=False)
    assert change(desk, ours, **said, timezone="UTC", whatsapp_config=shown, webhook_config=again) == before
    assert desk.everything_told(ours) == told


def test_a_number_that_becomes_another_default_is_told_as_a_setting_alone(desk: Desk, ours: Context) -> None:
    desk.channel(ours)
    second = desk.channel(ours)
    told = desk.told(ours, ChannelConnectedV1)
    change(desk, ours, whatsapp_config=WhatsappChange(phone_number_id=str(second.phone_number_id)))
    assert desk.told(ours, ChannelConnectedV1) == told
    assert (desk.audit(ours).after or {})["whatsappConfig.channelId"] == second.id


def test_no_such_currency(desk: Desk, ours: Context) -> None:
    with pytest.raises(Invalid, match="currency"):
        change(desk, ours, currency="ZZZ")
