"""Take over a channel from `tenants`, and what has been waiting for its number or account."""

from __future__ import annotations

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import ChannelConnectedV1
from services.common.kit.uow import UnitOfWork
from services.messaging.adapters import meta_payload
from services.messaging.repository.channels import ChannelRepository, RoutingRepository
from services.messaging.repository.filing import Filing
from services.messaging.repository.webhooks import Arrival, WebhookRepository

_AT_ONCE = 500


def run(event: ChannelConnectedV1, uow: UnitOfWork) -> None:
    """In `SYSTEM` scope; the tenant is the envelope's. An older version than the one that is here changes nothing."""
    tenant_id = uow.envelope.tenant_id if uow.envelope is not None else None
    if tenant_id is None:
        raise Invalid("A channel of no tenant.")
    RoutingRepository(uow).let_a_channel_appear()
    with uow.as_tenant(tenant_id):
        is_news = ChannelRepository(uow).store(event)
    if is_news:
        _route_what_waited(event, uow)


def _route_what_waited(event: ChannelConnectedV1, uow: UnitOfWork) -> None:
    webhooks, filing = WebhookRepository(uow), Filing(uow)
    while waiting := webhooks.take_unrouted(event.phone_number_id, event.business_account_id, _AT_ONCE):
        filing.file(
            [
                Arrival(event_id, item, received_at)
                for event_id, raw, received_at, paths in waiting
                for item in meta_payload.parse(raw)
                if item.path in paths
            ]
        )
