"""Tables of `analytics`: what was counted, and just enough of each message to count it once."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.common.kit.database import COLUMN_TYPES, TenantOwned, new_metadata


class Base(DeclarativeBase):
    """The models of this service."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


class TenantZoneRow(Base):
    """A copy of a tenant's time zone."""

    __tablename__ = "tenant_zones"

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    timezone: Mapped[str]
    as_of: Mapped[datetime]


class ActivityRow(Base):
    """What happened in a quarter of an hour. The last four columns count by furthest stage, under the hour of queueing.

    Not by day: days are the tenant's own, and its zone may become known after its first messages, or change.
    """

    __tablename__ = "activity"

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True)
    bucket_at: Mapped[datetime] = mapped_column(primary_key=True)
    received: Mapped[int] = mapped_column(server_default="0")
    queued: Mapped[int] = mapped_column(server_default="0")
    sent: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    delivered: Mapped[int] = mapped_column(server_default="0")
    read: Mapped[int] = mapped_column(server_default="0")


class OutboundMessageRow(TenantOwned, Base):
    """A message of the business: when it was queued, once that is known, and how far it came.

    `former_*` is what the row said before its last change, so that the statement which changes it can tell both.
    """

    __tablename__ = "outbound_messages"

    queued_bucket: Mapped[datetime | None]
    stage: Mapped[int] = mapped_column(sa.SmallInteger)
    former_bucket: Mapped[datetime | None]
    former_stage: Mapped[int] = mapped_column(sa.SmallInteger, server_default="0")


class ConversationRow(TenantOwned, Base):
    """When a conversation was last written in."""

    __tablename__ = "conversations"
    __table_args__ = (sa.Index(None, "tenant_id", "last_message_at"),)

    last_message_at: Mapped[datetime]
