"""Logins by Telegram: checked with the salon's bot, whose token stays here."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from services.common.contracts.tenants import (
    CheckTelegramLogin,
    DisconnectChannel,
    SalonUnknown,
    TelegramLoginRefused,
    TelegramPerson,
)
from services.common.kit import clock, ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.tenants import queries
from services.tenants.commands import disconnect_channel
from tests.integration.tenants.conftest import add_salon
from tests.integration.tenants.desk import Desk


def token_of_a_bot() -> str:
    return f"{int(clock.epoch() * 1_000_000)}:AAFakeTokenForOfflineTests-{ids.new_id()[-8:]}"


def signed(bot_token: str, **fields: Any) -> dict[str, Any]:
    """What the Login Widget sends."""
    complete = {"id": 987654321, "first_name": "Anna", "auth_date": int(clock.epoch())} | fields
    lines = "\n".join(f"{name}={complete[name]}" for name in sorted(complete))
    key = hashlib.sha256(bot_token.encode()).digest()
    return {**complete, "hash": hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()}


def check(desk: Desk, **values: Any) -> TelegramPerson:
    person: TelegramPerson = desk.ask_platform(
        lambda request, uow: queries.check_telegram_login(request, uow, desk.keys), CheckTelegramLogin(**values)
    )
    return person


def test_the_salons_own_bot_is_asked_before_the_tenants(desk: Desk, database: Database, ours: Context) -> None:
    slug, own, shared = f"s-{ids.new_id()}", token_of_a_bot(), token_of_a_bot()
    salon = add_salon(database, ours, slug=slug)
    general = desk.channel(ours, bot_token=shared)
    person = check(desk, salon_slug=slug, widget=signed(shared))
    assert (person.telegram_id, person.channel_id, person.salon_id) == ("987654321", general.id, salon.id)
    assert person.tenant.id == ours.tenant_id
    bot = desk.channel(ours, bot_token=own, salon_id=salon.id)
    assert check(desk, salon_slug=slug, widget=signed(own)).channel_id == bot.id
    with pytest.raises(TelegramLoginRefused):
        check(desk, salon_slug=slug, widget=signed(shared))
    assert own not in str(person.to_wire())


def test_a_salon_without_a_bot_has_no_login(desk: Desk, database: Database, ours: Context, theirs: Context) -> None:
    slug, token = f"s-{ids.new_id()}", token_of_a_bot()
    add_salon(database, ours, slug=slug)
    desk.channel(theirs, bot_token=token)
    for wanted in (slug, "nowhere"):
        with pytest.raises(SalonUnknown):
            check(desk, salon_slug=wanted, widget=signed(token))
    bot = desk.channel(ours, bot_token=token_of_a_bot())
    desk.order_in_steps(ours, disconnect_channel.run, DisconnectChannel(channel_id=bot.id))
    with pytest.raises(SalonUnknown):
        check(desk, salon_slug=slug, widget=signed(token))
