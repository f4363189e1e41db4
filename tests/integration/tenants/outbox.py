"""What a service has put into its outbox."""

from __future__ import annotations

import sqlalchemy as sa

from services.common.contracts.base import Envelope
from tests.integration.databases import PrivateDatabase, connected


def published(database: PrivateDatabase, tenant_id: str) -> list[Envelope]:
    """The events of a tenant, oldest first."""
    asked = sa.text("select payload from outbox where tenant_id = :tenant_id order by id")
    with connected(database.admin_url) as admin:
        payloads = admin.execute(asked, {"tenant_id": tenant_id}).scalars().all()
    return [Envelope.from_bytes(payload.encode()) for payload in payloads]
