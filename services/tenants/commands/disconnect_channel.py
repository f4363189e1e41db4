"""Stop taking part with a channel, for a while."""

from __future__ import annotations

from services.common.contracts.tenants import Channel, DisconnectChannel
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.adapters.provider import Providers
from services.tenants.domain import audit
from services.tenants.domain.identities import Identity
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_to_forget


def run(request: DisconnectChannel, begin: Begin, providers: Providers, keys: KeyRing) -> Channel:
    """Record, then tell the provider. It is over whether the provider listens or not."""
    with begin() as uow:
        channel, identity = _record(request, uow, keys)
    providers.forget(identity, begin.context)
    return channel


def _record(request: DisconnectChannel, uow: UnitOfWork, keys: KeyRing) -> tuple[Channel, Identity | None]:
    channels = ChannelRepository(uow)
    row = channels.lock_channel(request.channel_id)
    before = views.channel(row)
    if not row.is_active:
        return before, None
    identity = identity_to_forget(row, keys)
    channels.change(row, {"is_active": False, "last_error": None})
    after = views.channel(row)
    uow.publish(views.channel_connected(row))
    uow.publish(audit.entry(uow.context, "channel.disconnected", ("channel", row.id), before, after))
    return after, identity
