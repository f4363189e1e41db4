"""What came in by webhook, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.kit.database import TenantOwned
from services.messaging.models.base import UUID, Base

_HAS_FAILED = sa.text('remarks @> \'[{"outcome": "FAILED"}]\'')


class WebhookEventRow(Base):
    """A webhook's body, once by its hash. It can hold several tenants' items, so no tenant sees it."""

    __tablename__ = "webhook_events"
    __table_args__ = (sa.Index("webhook_events_failed_idx", "received_at", postgresql_where=_HAS_FAILED),)

    id: Mapped[str] = mapped_column(UUID, primary_key=True)
    body_hash: Mapped[str] = mapped_column(unique=True)
    provider: Mapped[str]
    body: Mapped[bytes] = mapped_column(sa.LargeBinary)
    repeats: Mapped[int]
    remarks: Mapped[list[Any]]
    """What became of the items that belong to nobody."""
    received_at: Mapped[datetime] = mapped_column(index=True)
    processed_at: Mapped[datetime]


class WebhookItemRow(Base):
    """What became of one item of a webhook, for the tenant that it concerns."""

    __tablename__ = "webhook_items"
    __table_args__ = (
        sa.Index(None, "tenant_id", "created_at"),
        sa.Index("webhook_items_failed_idx", "event_id", postgresql_where=sa.text("outcome = 'FAILED'")),
    )

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    event_id: Mapped[str] = mapped_column(UUID, primary_key=True, index=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    outcome: Mapped[str]
    detail: Mapped[str | None]
    raw: Mapped[dict[str, Any] | None]
    """Of an item that failed."""
    created_at: Mapped[datetime]


class UnroutedItemRow(Base):
    """An item for a number or account that no channel has yet. Its content is in the webhook's body."""

    __tablename__ = "unrouted_items"
    __table_args__ = (
        sa.Index(None, "phone_number_id"),
        sa.Index("unrouted_items_account_ids_idx", "account_ids", postgresql_using="gin"),
    )

    event_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    phone_number_id: Mapped[str | None]
    account_ids: Mapped[list[str]]
    created_at: Mapped[datetime]


class ProviderEventRow(TenantOwned, Base):
    """News of an account, a number or a template, and whatever has no meaning here yet, as it came."""

    __tablename__ = "provider_events"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "digest"),
        sa.Index(None, "tenant_id", "field", "created_at"),
    )

    digest: Mapped[str]
    field: Mapped[str]
    event: Mapped[str]
    phone_number_id: Mapped[str | None]
    account_ids: Mapped[list[str]]
    value: Mapped[dict[str, Any]]
    occurred_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(index=True)
