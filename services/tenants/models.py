"""Tables of `tenants`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.common.kit.database import COLUMN_TYPES, TenantOwned, new_metadata


class Base(DeclarativeBase):
    """The models of this service."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES | {dict[str, Any]: JSONB}


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


class SalonRow(TenantOwned, Base):
    """A location."""

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


class ChannelRow(TenantOwned, Base):
    """A sending identity. `credentials` is sealed; `credentials_hint` is what may be shown of them."""

    __tablename__ = "channels"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.tenant_id"]),
        sa.ForeignKeyConstraint(["tenant_id", "salon_id"], ["salons.tenant_id", "salons.id"]),
        sa.Index(None, "tenant_id", "created_at", "id"),
        sa.Index(None, "tenant_id", "salon_id"),
        # A number belongs to one channel of the whole platform: what comes in for it must have one owner.
        sa.Index("channels_phone_number_id_key", "phone_number_id", unique=True, postgresql_where=sa.text("is_active")),
        sa.Index("channels_business_account_id_idx", "business_account_id", postgresql_where=sa.text("is_active")),
    )

    type: Mapped[str]
    name: Mapped[str]
    salon_id: Mapped[str | None] = mapped_column(sa.Uuid(as_uuid=False))
    phone_number_id: Mapped[str | None]
    business_account_id: Mapped[str | None]
    display_phone_number: Mapped[str | None]
    credentials: Mapped[str]
    credentials_hint: Mapped[str]
    is_active: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
