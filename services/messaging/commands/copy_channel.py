"""Take over a channel from `tenants`, and what has been waiting for its number or account."""

from __future__ import annotations

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import ChannelConnectedV1
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM
from services.messaging.adapters import meta_payload
from services.messaging.repository.channels import ChannelRepository, RoutingRepository
from services.messaging.repository.filing import Filing
from services.messaging.repository.stored_webhooks import FIRST, Place, StoredWebhookRepository

_MOST_ITEMS = 200
_MOST_BYTES = 4 * 1024 * 1024


def run(event: ChannelConnectedV1, begin: Begin) -> bool:
    """First the channel, in a transaction of its own: what comes in from then on finds it. An older version is no news.

    Then, in short transactions, what has been waiting. Safe to run again: whoever dies on the way is followed by the
    event's next delivery, which takes what is left. False when the process is to end before all is filed.
    """
    tenant_id = begin.envelope.tenant_id if begin.envelope is not None else None
    if tenant_id is None:
        raise Invalid("A channel of no tenant.")
    with begin(SYSTEM) as uow:
        RoutingRepository(uow).let_a_channel_appear()
        with uow.as_tenant(tenant_id):
            ChannelRepository(uow).store(event)
    last: Place | None = FIRST
    while last is not None and not begin.stopping:
        last = _file_some(event, last, begin)
    return last is None


def _file_some(event: ChannelConnectedV1, after: Place, begin: Begin) -> Place | None:
    """News of an account wait on for somebody who is connected to it."""
    account_id = event.business_account_id if event.is_active else None
    with begin(SYSTEM) as uow:
        stored, last = StoredWebhookRepository(uow).take_unrouted(
            event.phone_number_id, account_id, after, _MOST_ITEMS, _MOST_BYTES
        )
        Filing(uow).file_again((body, meta_payload.parse(body.raw)) for body in stored)
    return last
