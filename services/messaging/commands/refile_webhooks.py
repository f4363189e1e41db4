"""File once more what failed, after the reason is mended."""

from __future__ import annotations

from services.common.contracts.messaging import RefileWebhooks, WebhookReports
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM
from services.messaging import views
from services.messaging.adapters import meta_payload
from services.messaging.repository.filing import Filing
from services.messaging.repository.stored_webhooks import StoredWebhookRepository
from services.messaging.repository.webhooks import WebhookRepository

_AT_ONCE = 100


def run(request: RefileWebhooks, begin: Begin) -> WebhookReports:
    """Each body in a transaction of its own. Items that have another outcome are left alone, so it may be repeated."""
    hashes = [body_hash.lower() for body_hash in request.body_hashes or ()]
    if request.body_hashes is None:
        with begin(SYSTEM, read_only=True) as uow:
            hashes = StoredWebhookRepository(uow).list_failed(_AT_ONCE)
    for body_hash in hashes:
        with begin(SYSTEM) as uow:
            stored = StoredWebhookRepository(uow).take_failed(body_hash)
            if stored is not None:
                Filing(uow).file_again([(stored, meta_payload.parse(stored.raw))])
    with begin(SYSTEM, read_only=True) as uow:
        found = WebhookRepository(uow).report(hashes)
    return WebhookReports(reports=[views.webhook_report(body, items) for body, items in found])
