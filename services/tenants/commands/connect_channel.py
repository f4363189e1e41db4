"""Take part with a channel, once its provider has accepted the credentials."""

from __future__ import annotations

from services.common.contracts.tenants import Channel, ChannelChanged, ConnectChannel, CredentialsRefused, PlanCode
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import SYSTEM, UnitOfWork
from services.tenants import views
from services.tenants.adapters.provider import Facts, Providers
from services.tenants.domain import audit, plans
from services.tenants.domain.identities import Identity
from services.tenants.domain.refusals import refused
from services.tenants.models import ChannelRow
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_of, opened
from services.tenants.repository.platform import PlatformRepository
from services.tenants.repository.tenants import TenantRepository

_LOST = "Another business has proved that this is its own."


def run(request: ConnectChannel, begin: Begin, providers: Providers, keys: KeyRing) -> Channel:
    """Look, ask the provider, record. What the provider refuses is noted at the channel and raised."""
    with begin(read_only=True) as uow:
        identity = _identity(ChannelRepository(uow).get_channel(request.channel_id), keys)
    try:
        facts = providers.prove(identity, begin.context, register=True)
    except CredentialsRefused as refusal:
        with begin() as uow:
            _note(request, uow, refusal.message)
        raise
    with begin(SYSTEM) as uow:
        _release(identity, uow)
        with uow.as_tenant(str(begin.context.tenant_id)):
            return _record(identity, uow, facts, keys)


def _identity(row: ChannelRow, keys: KeyRing) -> Identity:
    token = opened(row, keys)
    if token is None:
        raise refused("accessToken", "The channel has no credentials yet.")
    if row.phone_number_id is not None and row.business_account_id is None:
        raise refused("businessAccountId", "The channel has none yet.")
    return identity_of(row, token)


def _note(request: ConnectChannel, uow: UnitOfWork, words: str) -> None:
    channels = ChannelRepository(uow)
    channels.change(channels.lock_channel(request.channel_id), {"last_error": words})


def _release(identity: Identity, uow: UnitOfWork) -> None:
    """A number or a bot that somebody else holds without having proved it is no longer theirs."""
    pretender = PlatformRepository(uow).find_pretender(identity, str(uow.context.tenant_id))
    if pretender is None:
        return
    tenant_id, channel_id = pretender
    with uow.as_tenant(tenant_id):
        channels = ChannelRepository(uow)
        row = channels.lock_channel(channel_id)
        if not row.is_active or row.verified_at is not None:
            return
        before = views.channel(row)
        channels.change(row, {"is_active": False, "last_error": _LOST})
        uow.publish(views.channel_connected(row))
        nobody = Context.new(request_id=uow.context.request_id)  # who took it is none of their business
        uow.publish(audit.entry(nobody, "channel.disconnected", ("channel", row.id), before, views.channel(row)))


def _record(identity: Identity, uow: UnitOfWork, facts: Facts, keys: KeyRing) -> Channel:
    plan = PlanCode(TenantRepository(uow).lock_tenant().plan)
    channels = ChannelRepository(uow)
    row = channels.lock_channel(identity.channel_id)
    if _identity(row, keys) != identity:
        raise ChannelChanged
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
