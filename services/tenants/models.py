"""Tables of `tenants`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.common.kit.database import COLUMN_TYPES, TenantOwned, new_metadata


class Base(DeclarativeBase):
    """The models of this service."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES | {dict[str, Any]: JSONB, list[int]: ARRAY(sa.BigInteger())}


class TenantRow(Base):
    """A tenant. Its id is the tenant id that all other tables begin with."""

    __tablename__ = "tenants"

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    plan: Mapped[str]
    status: Mapped[str]
    timezone: Mapped[str]
    locale: Mapped[str]
    currency: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    told: Mapped[int] = mapped_column(index=True, server_default="0")
    """The edition of `TenantUpdatedV1` that others have had of it, at least."""


class SettingsRow(Base):
    """How a tenant wants things done; a tenant without a row has not said anything yet."""

    __tablename__ = "tenant_settings"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.Index(
            "tenant_settings_verify_token_hash_idx", "verify_token_hash", postgresql_where=sa.text("webhook_enabled")
        ),
    )

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    verify_token_hash: Mapped[str | None]
    webhook_enabled: Mapped[bool]
    quiet_from: Mapped[str | None]
    quiet_to: Mapped[str | None]
    reminder_times: Mapped[list[int]]
    require_mfa: Mapped[bool]
    updated_at: Mapped[datetime]


class SalonRow(TenantOwned, Base):
    """A location. One with `deleted_at` is closed for good and shown to nobody."""

    __tablename__ = "salons"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.UniqueConstraint("tenant_id", "slug"),
        sa.Index(None, "tenant_id", "created_at", "id"),
    )

    name: Mapped[str]
    slug: Mapped[str]
    timezone: Mapped[str]
    currency: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    address: Mapped[dict[str, Any] | None]
    opening_hours: Mapped[dict[str, Any]]
    slot_alignment: Mapped[int]
    confirmation: Mapped[str]
    is_active: Mapped[bool]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class ChannelRow(TenantOwned, Base):
    """A sending identity. `credentials` is sealed; `credentials_hint` is what may be shown of them.

    One with `deleted_at` has no credentials any more and is shown to nobody.
    """

    __tablename__ = "channels"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.ForeignKeyConstraint(["tenant_id", "salon_id"], ["salons.tenant_id", "salons.id"]),
        sa.Index(None, "tenant_id", "created_at", "id"),
        sa.Index(None, "tenant_id", "salon_id"),
        # A number belongs to one channel of the whole platform: what comes in for it must have one owner.
        sa.Index("channels_phone_number_id_key", "phone_number_id", unique=True, postgresql_where=sa.text("is_active")),
        sa.Index("channels_business_account_id_idx", "business_account_id", postgresql_where=sa.text("is_active")),
        # A bot delivers to one address: what comes in for it must have one owner too.
        sa.Index("channels_bot_id_key", "bot_id", unique=True, postgresql_where=sa.text("is_active")),
        sa.Index("channels_credentials_key_idx", "credentials_key"),
        sa.Index("channels_proved_number_idx", "phone_number_id", postgresql_where=sa.text("verified_at is not null")),
        sa.Index("channels_proved_bot_idx", "bot_id", postgresql_where=sa.text("verified_at is not null")),
    )

    type: Mapped[str]
    name: Mapped[str]
    salon_id: Mapped[str | None] = mapped_column(sa.Uuid(as_uuid=False))
    phone_number_id: Mapped[str | None]
    business_account_id: Mapped[str | None]
    display_phone_number: Mapped[str | None]
    credentials: Mapped[str | None]
    credentials_hint: Mapped[str]
    credentials_key: Mapped[str | None] = mapped_column(sa.Computed("split_part(credentials, '.'::text, 2)"))
    """The id of the key that wraps the credentials: so that those under an old one are found without being read."""
    bot_id: Mapped[str | None]
    bot_username: Mapped[str | None]
    is_active: Mapped[bool]
    salon_default_at: Mapped[datetime | None]
    """When it was named as its salon's default; of several, the latest holds, and without any the oldest channel."""
    tenant_default_at: Mapped[datetime | None]
    """Likewise for the tenant."""
    verified_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class ChannelTrafficRow(Base):
    """When something last went through a channel, by the events of `messaging`, which may be ahead of the channel."""

    __tablename__ = "channel_traffic"

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    channel_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    last_inbound_at: Mapped[datetime | None]
    last_outbound_at: Mapped[datetime | None]


class UsageRow(Base):
    """Messages of a tenant in a month of its own time zone."""

    __tablename__ = "usage_months"

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int]


class UsageWarningRow(Base):
    """A threshold of a limit that was reached in a month: told once."""

    __tablename__ = "usage_warnings"

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    threshold: Mapped[int] = mapped_column(primary_key=True)
    most: Mapped[int] = mapped_column(primary_key=True, server_default="0")
    """The limit that it is a part of: another plan has another one."""
    reached_at: Mapped[datetime]
