"""Give a channel up for good."""

from __future__ import annotations

from services.common.contracts.tenants import DeleteChannel
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.adapters.provider import Providers
from services.tenants.domain import audit
from services.tenants.domain.identities import Identity
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_to_forget


def run(request: DeleteChannel, begin: Begin, providers: Providers, keys: KeyRing) -> None:
    """Record, then tell the provider. The row stays for what refers to it; the credentials don't."""
    with begin() as uow:
        identity = _record(request, uow, keys)
    providers.forget(identity, begin.context)


def _record(request: DeleteChannel, uow: UnitOfWork, keys: KeyRing) -> Identity | None:
    """Who is to be unregistered: a channel that took part until now."""
    channels = ChannelRepository(uow)
    row = channels.lock_channel(request.channel_id)
    before, identity = views.channel(row), identity_to_forget(row, keys) if row.is_active else None
    gone = {"is_active": False, "credentials": None, "credentials_hint": "", "deleted_at": uow.now}
    channels.change(row, gone)
    uow.publish(views.channel_connected(row))
    uow.publish(audit.entry(uow.context, "channel.removed", ("channel", row.id), before, None))
    return identity
