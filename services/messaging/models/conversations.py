"""What was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.kit.database import TenantOwned
from services.messaging.models.base import UUID, Base, trigrams

_ODD_STATUS = sa.text("status in ('QUEUED', 'SENDING', 'UNCERTAIN', 'FAILED')")
_ODD_TYPE = sa.text("type <> 'TEXT'")
_UNREAD, _ASSIGNED = sa.text("unread_count > 0"), sa.text("assigned_to is not null")
_UNFINISHED = sa.text("status in ('QUEUED', 'SENDING')")


class ConversationRow(TenantOwned, Base):
    """The thread of one contact on one channel, for ever."""

    __tablename__ = "conversations"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "contact_id", "channel_id"),
        sa.ForeignKeyConstraint(["tenant_id", "contact_id"], ["contacts.tenant_id", "contacts.id"]),
        sa.ForeignKeyConstraint(["tenant_id", "channel_id"], ["channels.tenant_id", "channels.id"]),
        sa.Index(None, "tenant_id", "last_activity_at", "id"),
        sa.Index(None, "tenant_id", "status", "last_activity_at", "id"),
        sa.Index(None, "tenant_id", "channel_id", "last_activity_at", "id"),
        sa.Index(
            "conversations_assigned_idx",
            "tenant_id",
            "assigned_to",
            "last_activity_at",
            "id",
            postgresql_where=_ASSIGNED,
        ),
        sa.Index("conversations_unread_idx", "tenant_id", "last_activity_at", "id", postgresql_where=_UNREAD),
    )

    contact_id: Mapped[str] = mapped_column(UUID)
    channel_id: Mapped[str] = mapped_column(UUID)
    status: Mapped[str]
    assigned_to: Mapped[str | None] = mapped_column(UUID)
    tags: Mapped[list[str]]
    priority: Mapped[str]
    unread_count: Mapped[int]
    message_count: Mapped[int]
    last_message_at: Mapped[datetime | None]
    last_message_key: Mapped[str | None]
    """Decides between messages of the same second."""
    last_message_preview: Mapped[str | None]
    last_activity_at: Mapped[datetime]
    """`last_message_at`, or the making of the conversation: the order of lists."""
    window_expires_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MessageRow(TenantOwned, Base):
    """One item of a conversation."""

    __tablename__ = "messages"
    __table_args__ = (
        sa.UniqueConstraint("tenant_id", "channel_id", "external_id"),
        sa.ForeignKeyConstraint(["tenant_id", "conversation_id"], ["conversations.tenant_id", "conversations.id"]),
        sa.Index(None, "tenant_id", "conversation_id", "occurred_at", "id"),
        sa.Index(None, "tenant_id", "occurred_at", "id"),
        sa.Index(None, "tenant_id", "channel_id", "occurred_at", "id"),
        sa.Index(
            "messages_client_message_id_key",
            "tenant_id",
            "client_message_id",
            unique=True,
            postgresql_where=sa.text("client_message_id is not null"),
        ),
        trigrams("messages_text_idx", "text"),
        # Most messages are texts that went well: the others are the ones that somebody looks for.
        sa.Index("messages_odd_status_idx", "tenant_id", "status", "occurred_at", "id", postgresql_where=_ODD_STATUS),
        sa.Index("messages_odd_type_idx", "tenant_id", "type", "occurred_at", "id", postgresql_where=_ODD_TYPE),
        sa.Index("messages_unfinished_idx", "tenant_id", "claimed_until", postgresql_where=_UNFINISHED),
        sa.Index("messages_next_idx", "tenant_id", "conversation_id", "created_at", "id", postgresql_where=_UNFINISHED),
    )

    conversation_id: Mapped[str] = mapped_column(UUID)
    channel_id: Mapped[str] = mapped_column(UUID)
    direction: Mapped[str]
    type: Mapped[str]
    status: Mapped[str]
    content: Mapped[dict[str, Any]]
    text: Mapped[str | None]
    external_id: Mapped[str | None]
    digest: Mapped[str | None]
    sender: Mapped[str | None]
    recipient: Mapped[str | None]
    reply_to: Mapped[str | None]
    """The provider's id of the quoted message."""
    opens_window: Mapped[bool]
    client_message_id: Mapped[str | None]
    fingerprint: Mapped[str | None]
    """Of what was asked with the client's id."""
    attempts: Mapped[int]
    claimed_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    """When a send may be tried again or, while it runs, is given up for lost."""
    error: Mapped[dict[str, Any] | None]
    pricing: Mapped[dict[str, Any] | None]
    occurred_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class MessageStatusRow(Base):
    """One step that the provider told of, also of messages that are not known (yet)."""

    __tablename__ = "message_statuses"

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    channel_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    digest: Mapped[str]
    error: Mapped[dict[str, Any] | None]
    pricing: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
