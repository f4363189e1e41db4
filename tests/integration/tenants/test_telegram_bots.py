"""The way to the Bot API, against its stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from services.common.contracts.telegram_webhooks import is_secret_of
from services.common.contracts.tenants import (
    Channel,
    ChannelStatus,
    ChannelType,
    ConnectChannel,
    CredentialsRefused,
    DeleteChannel,
    DisconnectChannel,
    GetChannelStatus,
    ProviderAway,
)
from services.common.kit import ids
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.settings import Secret
from services.common.kit.uow import TENANT
from services.tenants.adapters.http import JsonClient
from services.tenants.adapters.provider import Providers
from services.tenants.adapters.telegram import BotApi
from services.tenants.commands import check_channel, connect_channel, delete_channel, disconnect_channel
from tests.integration.tenants.desk import Desk
from tests.simulators.telegram_bot_api.launcher import RunningBotApi, running_bot_api

KEY = Secret("a-key-of-the-platform")


@pytest.fixture(scope="module")
def world() -> Iterator[RunningBotApi]:
    with running_bot_api() as bots:
        yield bots


@pytest.fixture
def token(world: RunningBotApi) -> str:
    world.control.reset()
    token = f"{int(ids.new_id()[-12:], 16)}7:AAFakeTokenForOfflineTests-{ids.new_id()[-8:]}"
    world.control.add_bot(token, "Rosa", "rosa_bot")
    return token


def order(world: RunningBotApi, desk: Desk, context: Context, run: Any, request: Any, *, key: Secret = KEY) -> Any:
    bots = BotApi(world.base_url, "https://desk.example/", key, JsonClient((1.0, 1.0)))
    return run(request, Begin(desk.database, context, TENANT), Providers({ChannelType.TELEGRAM: bots}), desk.keys)


@pytest.fixture
def bot(desk: Desk, ours: Context, token: str) -> Channel:
    return desk.channel(ours, bot_token=token)


def test_a_bot_is_connected_with_a_secret_of_ours(
    world: RunningBotApi, desk: Desk, ours: Context, token: str, bot: Channel
) -> None:
    made = order(world, desk, ours, connect_channel.run, ConnectChannel(channel_id=bot.id))
    assert (made.status, made.bot_username) == (ChannelStatus.CONNECTED, "rosa_bot")
    webhook = world.control.bot(token)["webhook"]
    assert webhook["url"] == f"https://desk.example/api/v1/telegram/webhook/{bot.id}"
    assert is_secret_of(bot.id, KEY, webhook["secret_token"].encode())
    assert not is_secret_of(ids.new_id(), KEY, webhook["secret_token"].encode())
    assert "callback_query" in webhook["allowed_updates"]
    order(world, desk, ours, delete_channel.run, DeleteChannel(channel_id=bot.id))
    assert world.control.bot(token)["webhook"]["url"] == ""


def test_its_state_says_whose_webhook_it_has(world: RunningBotApi, desk: Desk, ours: Context, bot: Channel) -> None:
    def health() -> Any:
        return order(world, desk, ours, check_channel.run, GetChannelStatus(channel_id=bot.id))

    assert (health().webhook_registered, health().problem) == (False, "The bot's webhook is not ours.")
    order(world, desk, ours, connect_channel.run, ConnectChannel(channel_id=bot.id))
    assert (health().webhook_registered, health().pending_updates, health().problem) == (True, 0, None)
    order(world, desk, ours, disconnect_channel.run, DisconnectChannel(channel_id=bot.id))
    assert health().webhook_registered is False


def test_a_revoked_token_is_refused(world: RunningBotApi, desk: Desk, ours: Context, token: str, bot: Channel) -> None:
    world.control.set_token(token, "revoked")
    with pytest.raises(CredentialsRefused, match="Unauthorized") as caught:
        order(world, desk, ours, connect_channel.run, ConnectChannel(channel_id=bot.id))
    assert token not in str(caught.value.to_wire())


@pytest.mark.parametrize("fault", ["server_error", "cut", "hang", "error"])
def test_a_broken_provider_is_away(world: RunningBotApi, desk: Desk, ours: Context, bot: Channel, fault: str) -> None:
    world.control.add_fault(fault, method="setWebhook", seconds=2.0)
    with pytest.raises(ProviderAway) as caught:
        order(world, desk, ours, connect_channel.run, ConnectChannel(channel_id=bot.id))
    assert "bot" not in caught.value.message


def test_without_a_key_no_bot_is_connected(world: RunningBotApi, desk: Desk, ours: Context, bot: Channel) -> None:
    with pytest.raises(ProviderAway):
        order(world, desk, ours, connect_channel.run, ConnectChannel(channel_id=bot.id), key=Secret())
    assert [call["method"] for call in world.control.calls()] == ["getMe"]
