"""Take part with a channel, once its provider has accepted the credentials."""

from __future__ import annotations

from services.common.contracts.tenants import Channel, ConnectChannel, CredentialsRefused, PlanCode
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.adapters.provider import Facts, Providers
from services.tenants.domain import audit, plans
from services.tenants.domain.identities import Identity
from services.tenants.domain.refusals import refused
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_of, opened
from services.tenants.repository.tenants import TenantRepository


def run(request: ConnectChannel, begin: Begin, providers: Providers, keys: KeyRing) -> Channel:
    """Look, ask the provider, record. What the provider refuses is noted at the channel and raised."""
    with begin(read_only=True) as uow:
        identity = _identity(request, uow, keys)
    provider = providers[identity.type]
    try:
        facts = provider.verify(identity)
        provider.register(identity)
    except CredentialsRefused as refusal:
        with begin() as uow:
            _note(request, uow, refusal.message)
        raise
    with begin() as uow:
        return _record(request, uow, facts)


def _identity(request: ConnectChannel, uow: UnitOfWork, keys: KeyRing) -> Identity:
    row = ChannelRepository(uow).get_channel(request.channel_id)
    token = opened(row, keys)
    if token is None:
        raise refused("accessToken", "The channel has no credentials yet.")
    if row.phone_number_id is not None and row.business_account_id is None:
        raise refused("businessAccountId", "The channel has none yet.")
    return identity_of(row, token)


def _note(request: ConnectChannel, uow: UnitOfWork, words: str) -> None:
    channels = ChannelRepository(uow)
    channels.change(channels.lock_channel(request.channel_id), {"last_error": words})


def _record(request: ConnectChannel, uow: UnitOfWork, facts: Facts) -> Channel:
    plan = PlanCode(TenantRepository(uow).lock_tenant().plan)
    channels = ChannelRepository(uow)
    row = channels.lock_channel(request.channel_id)
    before = views.channel(row)
    if not row.is_active:
        plans.check_channel_limit(plan, channels.count_active())
    values = {"is_active": True, "verified_at": uow.now, "last_error": None}
    told = {"display_phone_number": facts.display_phone_number, "bot_username": facts.bot_username}
    channels.change(row, values | {name: value for name, value in told.items() if value is not None})
    after = views.channel(row)
    uow.publish(views.channel_connected(row))
    uow.publish(audit.entry(uow.context, "channel.connected", ("channel", row.id), before, after))
    return after
