"""Ask a provider how a channel stands."""

from __future__ import annotations

from services.common.contracts.tenants import (
    ChannelHealth,
    ChannelStatus,
    CredentialsRefused,
    GetChannelStatus,
    ProviderAway,
)
from services.common.kit import clock
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.envelope import KeyRing
from services.tenants import views
from services.tenants.adapters.provider import Delivery, Facts, Providers
from services.tenants.domain.identities import Identity
from services.tenants.models import ChannelRow, ChannelTrafficRow
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import identity_of, opened

_NO_CREDENTIALS = "The channel has no credentials yet."


def run(request: GetChannelStatus, begin: Begin, providers: Providers, keys: KeyRing) -> ChannelHealth:
    """Look, then ask. Nothing is recorded: whoever wants that connects the channel anew."""
    with begin(read_only=True) as uow:
        channels = ChannelRepository(uow)
        row = channels.get_channel(request.channel_id)
        traffic, token = channels.find_traffic(row.id), opened(row, keys)
    if token is None:
        return _health(row, traffic, Facts(), None, _NO_CREDENTIALS)
    identity = identity_of(row, token)
    return _asked(row, traffic, identity, begin.context, providers)


def _asked(
    row: ChannelRow, traffic: ChannelTrafficRow | None, identity: Identity, context: Context, providers: Providers
) -> ChannelHealth:
    facts = Facts()
    try:
        with providers.asked(identity, context) as provider:
            facts = provider.verify(identity)
            delivery = provider.delivery(identity)
    except CredentialsRefused as refusal:
        return _health(row, traffic, facts, None, refusal.message, is_refused=True)
    except ProviderAway as failure:
        return _health(row, traffic, facts, None, failure.message, is_reachable=False)
    return _health(row, traffic, facts, delivery, delivery.problem)


def _health(
    row: ChannelRow,
    traffic: ChannelTrafficRow | None,
    facts: Facts,
    delivery: Delivery | None,
    problem: str | None,
    *,
    is_refused: bool = False,
    is_reachable: bool = True,
) -> ChannelHealth:
    shown = views.channel(row)
    return ChannelHealth(
        channel_id=row.id,
        type=shown.type,
        status=ChannelStatus.FAILING if is_refused and row.is_active else shown.status,
        is_active=row.is_active,
        checked_at=clock.now(),
        reachable=is_reachable and problem != _NO_CREDENTIALS,
        provider_status=facts.provider_status,
        quality=facts.quality,
        throughput=facts.throughput,
        messaging_limit=facts.messaging_limit,
        verified_name=facts.verified_name,
        webhook_registered=None if delivery is None else delivery.is_registered,
        pending_updates=None if delivery is None else delivery.pending,
        problem=problem,
        last_inbound_at=None if traffic is None else traffic.last_inbound_at,
        last_outbound_at=None if traffic is None else traffic.last_outbound_at,
    )
