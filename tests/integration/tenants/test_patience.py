"""How long, and how many at once, wait for a provider."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

import eventlet
import pytest

from services.common.contracts.tenants import (
    ChannelStatus,
    ChannelType,
    ConnectChannel,
    DisconnectChannel,
    GetChannelStatus,
    ProviderAway,
)
from services.common.kit import clock
from services.common.kit.context import Context
from services.common.kit.settings import Secret
from services.tenants.adapters.provider import Providers
from services.tenants.commands import check_channel, connect_channel, disconnect_channel
from services.tenants.domain.identities import Identity
from tests.integration.tenants.desk import TOKEN, Desk
from tests.integration.tenants.providers import Pretender, providers_of


@pytest.fixture
def slow(desk: Desk) -> Desk:
    """A provider that needs a minute for the second question that it is asked."""
    desk.provider.meanwhile = lambda: setattr(desk.provider, "meanwhile", lambda: eventlet.sleep(60))
    return desk


def hurried(context: Context, seconds: float) -> Context:
    return context.child(deadline=clock.epoch() + seconds)


def test_a_slow_provider_is_given_up_before_the_caller_gives_us_up(slow: Desk, ours: Context) -> None:
    channel = slow.channel(ours)
    started = time.monotonic()
    with pytest.raises(ProviderAway, match="in time"):
        slow.order_in_steps(hurried(ours, 1.2), connect_channel.run, ConnectChannel(channel_id=channel.id))
    assert time.monotonic() - started < 1.2
    assert slow.provider.asked == [("verify", TOKEN), ("register", TOKEN)]


def test_a_slow_provider_holds_neither_a_look_nor_a_farewell_up(desk: Desk, ours: Context) -> None:
    channel = desk.channel(ours)
    for order, request in (
        (check_channel.run, GetChannelStatus(channel_id=channel.id)),
        (disconnect_channel.run, DisconnectChannel(channel_id=channel.id)),
    ):
        desk.provider.meanwhile = lambda: eventlet.sleep(60)
        answer: Any = desk.order_in_steps(hurried(ours, 1.2), order, request)
        assert answer.status in (ChannelStatus.UNVERIFIED, ChannelStatus.DISCONNECTED)


def test_only_some_wait_for_a_provider_at_once() -> None:
    providers, bot = providers_of(Pretender()), Identity("c", ChannelType.TELEGRAM, None, None, "7", Secret("t"))
    with ExitStack() as waiting:
        for _ in range(5):
            waiting.enter_context(providers.asked(bot, Context.new()))
        with pytest.raises(ProviderAway, match="Too many"):
            providers.prove(bot, Context.new(), register=True)
    assert providers.prove(bot, Context.new(), register=True)


def test_a_limit_of_somebody_else_is_not_mistaken_for_ours() -> None:
    providers, bot = providers_of(Pretender()), Identity("c", ChannelType.TELEGRAM, None, None, "7", Secret("t"))
    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.05), providers.asked(bot, Context.new()):
        eventlet.sleep(5)
    assert isinstance(providers, Providers)
