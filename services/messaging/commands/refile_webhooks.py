"""File once more what failed: `python -m services.messaging.commands.refile_webhooks [HASH …]`, after the fix.

Without hashes, the hundred oldest bodies with a failed item. Prints one JSON line for each body.
"""

from __future__ import annotations

import sys

import orjson

from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import SERVICE, RefileWebhooks, WebhookReports
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import SYSTEM
from services.messaging import views
from services.messaging.adapters import meta_payload
from services.messaging.domain.items import FAILED
from services.messaging.repository.filing import Filing
from services.messaging.repository.stored_webhooks import StoredWebhookRepository
from services.messaging.repository.webhooks import WebhookRepository
from services.messaging.settings import MessagingSettings

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


def main(arguments: list[str]) -> int:
    """Run from the command line: 0 when nothing has failed again."""
    try:
        request = RefileWebhooks.from_wire({"bodyHashes": arguments} if arguments else {})
    except Invalid as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    database = Database(MessagingSettings.load().database_url, SERVICE)
    try:
        reports = run(request, Begin(database, Context.new(), SYSTEM)).reports
    finally:
        database.close()
    for report in reports:
        sys.stdout.write(orjson.dumps(report.to_wire()).decode() + "\n")
    return 1 if any(item.outcome == FAILED for report in reports for item in report.items) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
