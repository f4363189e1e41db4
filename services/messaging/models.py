"""Tables of `messaging`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.common.kit.database import COLUMN_TYPES, TenantOwned, new_metadata

UUID = sa.Uuid(as_uuid=False)
_ODD_STATUS = sa.text("status in ('QUEUED', 'SENDING', 'UNCERTAIN', 'FAILED')")
_ODD_TYPE = sa.text("type <> 'TEXT'")
_UNREAD, _ASSIGNED = sa.text("unread_count > 0"), sa.text("assigned_to is not null")
_WORDS = "coalesce(name, '') || ' ' || coalesce(username, '') || ' ' || coalesce(phone_number, '')"
_HAS_FAILED = sa.text('remarks @> \'[{"outcome": "FAILED"}]\'')
_UNFINISHED = sa.text("status in ('QUEUED', 'SENDING')")


def _trigrams(name: str, column: str) -> sa.Index:
    return sa.Index(name, "tenant_id", column, postgresql_using="gin", postgresql_ops={column: "gin_trgm_ops"})


class Base(DeclarativeBase):
    """The models of this service."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES | {dict[str, Any]: JSONB, list[Any]: JSONB, list[str]: ARRAY(sa.Text())}


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


class ChannelRow(TenantOwned, Base):
    """A copy of the tenant's channel; `tenants` owns it. `credentials` is sealed."""

    __tablename__ = "channels"
    __table_args__ = (sa.Index(None, "phone_number_id"), sa.Index(None, "business_account_id"))

    type: Mapped[str]
    name: Mapped[str]
    salon_id: Mapped[str | None] = mapped_column(UUID)
    phone_number_id: Mapped[str | None]
    business_account_id: Mapped[str | None]
    display_phone_number: Mapped[str | None]
    credentials: Mapped[str | None]
    is_active: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ContactRow(TenantOwned, Base):
    """A person. Of each part that the provider shows, the newest by the provider's clock is kept."""

    __tablename__ = "contacts"
    __table_args__ = (_trigrams("contacts_words_idx", "words"),)

    name: Mapped[str | None]
    name_at: Mapped[datetime | None]
    username: Mapped[str | None]
    username_at: Mapped[datetime | None]
    user_id: Mapped[str | None]
    user_id_at: Mapped[datetime | None]
    wa_id: Mapped[str | None]
    wa_id_at: Mapped[datetime | None]
    phone: Mapped[str | None]
    """The matching key of `wa_id`, for finding who holds a number."""
    phone_number: Mapped[str | None]
    words: Mapped[str | None] = mapped_column(sa.Computed(_WORDS, persisted=True))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ContactIdentityRow(Base):
    """An address and the contact that it belongs to. `kind` is `USER` or `PHONE`."""

    __tablename__ = "contact_identities"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id", "contact_id"], ["contacts.tenant_id", "contacts.id"]),
        sa.Index(None, "tenant_id", "contact_id"),
    )

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(UUID)
    proof_at: Mapped[datetime]
    proof_user_id: Mapped[str]


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
        _trigrams("messages_text_idx", "text"),
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


class PlanRow(Base):
    """A copy of what the tenant's plan allows; `tenants` owns it. Without a row nothing is limited yet."""

    __tablename__ = "plans"

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    messages_per_month: Mapped[int]
    timezone: Mapped[str]
    changed_at: Mapped[datetime]
    """Of the tenant, by the clock of `tenants`: the newest holds."""


class OutboundMonthRow(Base):
    """The business's own messages of a calendar month in its time zone, counted as they are queued."""

    __tablename__ = "outbound_months"

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int]
